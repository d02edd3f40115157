import {
  catalog,
  type ServiceDefinition,
  type TopicDefinition,
  topics as topicList,
} from "../../services/catalog.ts";
import { either } from "../schema-tree.ts";
import { type Check, type CheckContext, duplicates, type Finding } from "./check.ts";

/**
 * The tightest limits of what carries the stack's name, so that a name stays whole and readable everywhere. The
 * first is the one that counts: `llm-marketplace-<stack>-redis` in 40 characters.
 */
const tightestNames = [
  { what: "an ElastiCache replication group", limit: 40, suffix: "-redis" },
  { what: "an S3 bucket with account and region", limit: 63, suffix: "-velero" },
  { what: "an EKS cluster", limit: 100, suffix: "" },
] as const;

/** IAM role names, `llm-marketplace-<stack>-<service>`. */
const roleNameLimit = 64;
const longestStack = 18;
/** Kafka's own limit is 249; metrics and consumer groups carry the name too. */
const longestTopic = 100;

export const nameChecks: readonly Check[] = [
  { reads: [], findings: (_config, context) => stackFindings(context) },
  { reads: [], findings: (_config, context) => catalogFindings(catalog, topicList, context.project) },
];

function stackFindings({ stack, project }: CheckContext): Finding[] {
  const findings: Finding[] = [];
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(stack)) {
    findings.push({
      path: "name of the stack",
      got: JSON.stringify(stack),
      allowed: "lower-case letters, digits and hyphens, starting with a letter",
      fix: "rename the stack and its file: buckets and DNS names carry its name",
    });
  }
  for (const { what, limit, suffix } of tightestNames) {
    const room = limit - project.length - 1 - suffix.length;
    if (stack.length <= room) continue;
    findings.push({
      path: "name of the stack",
      got: `${JSON.stringify(stack)}, ${stack.length} characters`,
      allowed: `at most ${room}: ${what} is called ${project}-<stack>${suffix}, in ${limit} characters`,
      fix: "choose a shorter name for the stack",
    });
    break;
  }
  return findings;
}

/** What is wrong with the catalogue itself. It is code, but whoever adds a service edits it as data. */
export function catalogFindings(
  services: readonly ServiceDefinition[],
  topics: readonly TopicDefinition[],
  project: string,
): Finding[] {
  return [
    ...uniqueFindings(services, topics),
    ...services.flatMap((service) => serviceNameFindings(service, project)),
    ...topics.filter((topic) => topic.name.length > longestTopic).map(longTopic),
    ...services.flatMap((service) => referenceFindings(service, services, topics)),
  ];
}

const file = "services/catalog.ts";

function uniqueFindings(
  services: readonly ServiceDefinition[],
  topics: readonly TopicDefinition[],
): Finding[] {
  const lists = {
    "name of a service": services.map((service) => service.name),
    "port of a service": services.map((service) => String(service.port)),
    "path prefix of a service": services.map((service) => service.pathPrefix),
    "database of a service": services.flatMap((service) => service.postgres?.database ?? []),
    "name of a topic": topics.map((topic) => topic.name),
  };
  return Object.entries(lists).flatMap(([path, values]) =>
    duplicates(values).map((value) => ({
      file,
      path,
      got: `${JSON.stringify(value)} twice`,
      allowed: "each once",
      fix: `change one ${JSON.stringify(value)}`,
    })),
  );
}

function serviceNameFindings(service: ServiceDefinition, project: string): Finding[] {
  const { name } = service;
  const room = roleNameLimit - project.length - 1 - longestStack - 1;
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    return [
      {
        file,
        path: "name of a service",
        got: JSON.stringify(name),
        allowed: "lower-case letters, digits and hyphens, starting with a letter",
        fix: "rename the service: it is a DNS label in the cluster",
      },
    ];
  }
  if (name.length <= room) return [];
  return [
    {
      file,
      path: "name of a service",
      got: `${JSON.stringify(name)}, ${name.length} characters`,
      allowed: `at most ${room}: its IAM role is called ${project}-<stack>-<service>, in ${roleNameLimit} characters`,
      fix: "choose a shorter name for the service",
    },
  ];
}

function longTopic(topic: TopicDefinition): Finding {
  return {
    file,
    path: "name of a topic",
    got: `${JSON.stringify(topic.name)}, ${topic.name.length} characters`,
    allowed: `at most ${longestTopic}`,
    fix: "choose a shorter name for the topic",
  };
}

function referenceFindings(
  service: ServiceDefinition,
  services: readonly ServiceDefinition[],
  topics: readonly TopicDefinition[],
): Finding[] {
  const topicNames = topics.map((topic) => topic.name);
  const callerNames = ["gateway", ...services.map((candidate) => candidate.name)];
  const unknownTopics = service.topics.map((use) => use.topic).filter((name) => !topicNames.includes(name));
  const unknownCallers = service.callers.filter((name) => !callerNames.includes(name));
  return [
    ...unknownTopics.map((name) => unknownReference(`${service.name}.topics`, name, topicNames)),
    ...unknownCallers.map((name) => unknownReference(`${service.name}.callers`, name, callerNames)),
  ];
}

function unknownReference(path: string, name: string, known: readonly string[]): Finding {
  return {
    file,
    path,
    got: JSON.stringify(name),
    allowed: either(known),
    fix: `add ${JSON.stringify(name)}, or correct the reference`,
  };
}
