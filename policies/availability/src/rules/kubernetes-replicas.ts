import { matches } from "../../../shared/exceptions.ts";
import { nist, wellArchitected } from "../../../shared/frameworks.ts";
import { objectName } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, Rule, RuleContext, Setting } from "../../../shared/rule.ts";
import { textOf, textsOf } from "../../../shared/settings.ts";
import { finding, isObject, isUnknown, read } from "../../../shared/value.ts";
import { type Environment, environments, perEnvironment } from "../environments.ts";
import {
  autoscalerOf,
  autoscalerTypes,
  boundsOf,
  hasHiddenPods,
  leastReplicas,
  scales,
  workloadsOf,
} from "../workloads.ts";

/** Replicas of each service in each environment: the status summary's scaling table, and what others must keep. */
type ServiceTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

const serviceMinimums: ServiceTable = {
  production: { publishing: 3, discovery: 5, consumption: 10, admin: 2 },
  staging: { publishing: 2, discovery: 2, consumption: 2, admin: 2 },
  dev: { publishing: 1, discovery: 1, consumption: 1, admin: 1 },
  local: { publishing: 1, discovery: 1, consumption: 1, admin: 1 },
};

const replicaBounds = { minimum: 0, maximum: 1000 };
const replicaCount = { type: "integer", ...replicaBounds };

function isServiceTable(table: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(table).every(
    ([environment, row]) =>
      environments.includes(environment as Environment) &&
      isObject(row) &&
      Object.values(row).every(
        (count) =>
          Number.isInteger(count) &&
          Number(count) >= replicaBounds.minimum &&
          Number(count) <= replicaBounds.maximum,
      ),
  );
}

const minimumSettings: Readonly<Record<string, Setting>> = {
  ...perEnvironment(
    "others",
    { local: 1, dev: 1, staging: 1, production: 2 },
    {
      ...replicaBounds,
      description: "Replicas of every workload that minimums does not name, by environment.",
    },
  ),
  minimums: {
    type: "object",
    schema: {
      propertyNames: { enum: environments },
      additionalProperties: { type: "object", additionalProperties: replicaCount },
    },
    problem: (table) =>
      isServiceTable(table)
        ? undefined
        : `an object of environments (${environments.join(", ")}), each an object of services with a whole number from ${replicaBounds.minimum} to ${replicaBounds.maximum}`,
    default: serviceMinimums,
    description: "Replicas by environment and service; replaces the pack's own table.",
  },
  singletons: {
    type: "strings",
    default: ["*exporter*"],
    description:
      "Names of workloads that may run once, * for any characters: nobody waits for them, and two would do everything twice.",
  },
};

/** What a workload must keep, and in whose name. */
function minimumOf(workload: GuardedResource, context: RuleContext): number {
  const environment = textOf(context, "environment") as Environment;
  const table = (context.settings.minimums as ServiceTable)[environment] ?? {};
  const label = read(workload.props, 'metadata.labels["app.kubernetes.io/name"]');
  const names = [objectName(workload), ...(label.state === "value" ? [String(label.value)] : [])];
  for (const name of names) {
    const minimum = Object.hasOwn(table, name) ? table[name] : undefined;
    if (minimum !== undefined) return minimum;
  }
  const isSingleton = textsOf(context, "singletons").some((one) => names.some((name) => matches(one, name)));
  const others = context.settings.others as Readonly<Record<Environment, number>>;
  return isSingleton ? Math.min(1, others[environment]) : others[environment];
}

const minimumRule: Rule = {
  name: "kubernetes-workload-replica-minimum",
  kind: "stack",
  description:
    "A workload must keep as many replicas as its service needs, so that the loss of a pod, a node or a zone is not noticed.",
  severity: "high",
  frameworks: [nist("SC-5(2)"), wellArchitected("REL11")],
  remediation:
    "Raise minReplicas of the HPA (minReplicaCount of the ScaledObject) that scales the workload, or its own replicas where nothing does. The change is made in place.",
  settings: minimumSettings,
  check: (resources, context) =>
    workloadsOf(resources).flatMap((workload) => {
      const minimum = minimumOf(workload, context);
      const { source, property, found } = leastReplicas(workload, resources);
      if (found.state === "value" && Number(found.value) >= minimum) return [];
      return [
        finding(source, property, {
          required: `at least ${minimum} for ${objectName(workload)} in ${textOf(context, "environment")}`,
          fix: `set ${property} to ${minimum} or more`,
        }),
      ];
    }),
};

const orderRule: Rule = {
  name: "kubernetes-autoscaler-bounds-order",
  kind: "resource",
  types: autoscalerTypes,
  description:
    "An autoscaler must have a maximum that is not under its minimum, because Kubernetes refuses it or stops scaling.",
  severity: "high",
  frameworks: [nist("SC-5(2)")],
  remediation: "Set a maximum that is at least the minimum. The change is made in place.",
  check: (autoscaler) => {
    const { minimum, maximum } = boundsOf(autoscaler);
    const [least, most] = [read(autoscaler.props, minimum), read(autoscaler.props, maximum)];
    if (least.state === "unknown") {
      return [
        finding(autoscaler, minimum, {
          required: `no more than ${maximum}`,
          fix: `set ${minimum} to a known number`,
        }),
      ];
    }
    const floor = least.state === "value" ? Number(least.value) : 1;
    if (most.state === "value" && Number(most.value) >= floor) return [];
    return [
      finding(autoscaler, maximum, {
        required: `at least ${floor}, which ${minimum} asks for`,
        fix: `set ${maximum} to ${floor} or more`,
      }),
    ];
  },
};

const targetRule: Rule = {
  name: "kubernetes-autoscaler-target-exists",
  kind: "stack",
  description:
    "An autoscaler must name a workload that exists, because one without a target scales nothing and says so only in its status.",
  severity: "high",
  frameworks: [nist("SC-5(2)")],
  remediation:
    "Name the Deployment, StatefulSet or Rollout of the same namespace in scaleTargetRef. Targets that a Helm chart or an operator makes in the namespace cannot be seen and are not judged. The change is made in place.",
  check: (resources) =>
    resources
      .filter(({ type }) => autoscalerTypes.includes(type))
      .filter((autoscaler) => !hasHiddenPods(autoscaler, resources))
      .filter((autoscaler) => !workloadsOf(resources).some((workload) => scales(autoscaler, workload)))
      .map((autoscaler) =>
        finding(autoscaler, "spec.scaleTargetRef.name", {
          required: "a workload of the same kind, name and namespace",
          fix: "name the workload with its kind in spec.scaleTargetRef",
        }),
      ),
};

const unmanagedRule: Rule = {
  name: "kubernetes-workload-replicas-unset",
  kind: "stack",
  description:
    "A workload that an autoscaler scales must not set replicas itself, because each deployment would throw the autoscaler's number away.",
  severity: "medium",
  frameworks: [nist("SC-5(2)")],
  remediation:
    "Remove replicas from the workload and leave the number to the autoscaler. The change is made in place.",
  check: (resources) =>
    workloadsOf(resources)
      .filter((workload) => autoscalerOf(workload, resources) !== undefined && declaresReplicas(workload))
      .map((workload) =>
        finding(workload, "spec.replicas", {
          required: "absent, because an autoscaler sets it",
          fix: "remove spec.replicas",
        }),
      ),
};

/**
 * Whether the program itself sets replicas. A live object's outputs hold the autoscaler's number too: the arguments
 * that the provider keeps beside it, or else the owner of the field, tell the two apart.
 */
function declaresReplicas({ props }: GuardedResource): boolean {
  if (isObject(props.__inputs)) return read(props.__inputs, "spec.replicas").state !== "absent";
  const managed = read(props, "metadata.managedFields");
  if (managed.state === "value" && Array.isArray(managed.value) && !isUnknown(props.__fieldManager)) {
    return managed.value.some(
      (entry: unknown) =>
        isObject(entry) &&
        entry.manager === props.__fieldManager &&
        read(entry, 'fieldsV1["f:spec"]["f:replicas"]').state !== "absent",
    );
  }
  return read(props, "spec.replicas").state !== "absent";
}

/** How many pods there are at the least, and who decides. */
export const replicaRules: readonly Rule[] = [minimumRule, orderRule, targetRule, unmanagedRule];

/** Finding about a number of replicas that is not known yet. */
export function unknownReplicas(workload: GuardedResource, resources: readonly GuardedResource[]): Finding[] {
  const { source, property, count } = leastReplicas(workload, resources);
  if (count !== undefined) return [];
  return [
    finding(source, property, { required: "a known number", fix: `set ${property} to a known number` }),
  ];
}
