import { nist } from "../../../shared/frameworks.ts";
import { type Container, containers, workloadTypes } from "../../../shared/kubernetes.ts";
import type { Rule } from "../../../shared/rule.ts";
import { expectProperty, isObject } from "../../../shared/value.ts";
import { capital } from "../forms.ts";

/** Kinds that run until they are told to stop. */
const services = workloadTypes.filter((type) => /:(Deployment|StatefulSet|DaemonSet|Rollout)$/.test(type));
/** Kinds that end by themselves. */
const jobs = /:(Job|CronJob)$/;

interface ContainerForm {
  readonly name: string;
  readonly types: readonly string[];
  readonly roles: readonly Container["role"][];
  /** Path in the container. */
  readonly property: string;
  readonly holds: (value: unknown) => boolean;
  readonly must: string;
  readonly required: string;
  readonly advice: string;
}

function containerRule(form: ContainerForm): Rule {
  const { name, types, roles, property, holds, must, required, advice } = form;
  return {
    name,
    kind: "resource",
    types,
    description: `A container ${must}.`,
    severity: "medium",
    frameworks: [nist(property.endsWith("Probe") ? "SI-13(5)" : "SC-6")],
    remediation: `${capital(advice)}. Pods are replaced one after the other.`,
    check: (resource) =>
      containers(resource)
        .filter(({ role }) => roles.includes(role))
        .flatMap(({ path }) =>
          expectProperty(resource, `${path}.${property}`, holds, { required, fix: advice }),
        ),
  };
}

const handlers = ["exec", "grpc", "httpGet", "tcpSocket"];
const hasHandler = (probe: unknown) => isObject(probe) && handlers.some((one) => probe[one] !== undefined);
/** A quantity that is not zero. */
const isAmount = (value: unknown) => /^[0-9.]*[1-9][0-9.]*[a-zA-Z]*$/.test(String(value));
const every = ["main", "init", "sidecar"] as const;

/** What each container says of itself: whether it lives, whether it serves, what it takes. */
export const containerRules: readonly Rule[] = [
  containerRule({
    name: "kubernetes-container-liveness-probe",
    types: services,
    roles: ["main"],
    property: "livenessProbe",
    holds: hasHandler,
    must: "of a service must have a liveness probe, because one that hangs is never restarted otherwise",
    required: `a probe with one of ${handlers.join(", ")}`,
    advice: "add a livenessProbe that asks the process itself, not what it depends on",
  }),
  containerRule({
    name: "kubernetes-container-readiness-probe",
    types: services,
    roles: ["main"],
    property: "readinessProbe",
    holds: hasHandler,
    must: "of a service must have a readiness probe, because it gets requests before it can answer otherwise",
    required: `a probe with one of ${handlers.join(", ")}`,
    advice: "add a readinessProbe that tells whether the container can serve",
  }),
  containerRule({
    name: "kubernetes-container-cpu-request",
    types: workloadTypes,
    roles: every,
    property: "resources.requests.cpu",
    holds: isAmount,
    must: "must request CPU, because the scheduler would pack any number of them on a node",
    required: "a quantity above 0",
    advice: "set resources.requests.cpu to what the container uses at its usual load",
  }),
  containerRule({
    name: "kubernetes-container-memory-request",
    types: workloadTypes,
    roles: every,
    property: "resources.requests.memory",
    holds: isAmount,
    must: "must request memory, because it is the first to be evicted from a full node otherwise",
    required: "a quantity above 0",
    advice: "set resources.requests.memory to what the container uses at its usual load",
  }),
  containerRule({
    name: "kubernetes-container-memory-limit",
    types: workloadTypes.filter((type) => !jobs.test(type)),
    roles: every,
    property: "resources.limits.memory",
    holds: isAmount,
    must: "that runs for long must limit its memory, because a leak takes the node and its neighbours down otherwise",
    required: "a quantity above 0",
    advice: "set resources.limits.memory to the most that the container may use",
  }),
];
