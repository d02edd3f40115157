import { nist, wellArchitected } from "../../../shared/frameworks.ts";
import { podMetadataPath } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, Rule } from "../../../shared/rule.ts";
import { finding, read, type Wording } from "../../../shared/value.ts";
import { areNeighbours, hasHiddenPods, leastReplicas, podLabels, takes, workloadsOf } from "../workloads.ts";
import { unknownReplicas } from "./kubernetes-replicas.ts";

const budgetType = "kubernetes:policy/v1:PodDisruptionBudget";
const selectorPath = "spec.selector";

function budgetsOf(resources: readonly GuardedResource[]): GuardedResource[] {
  return resources.filter(({ type }) => type === budgetType);
}

function isFor(budget: GuardedResource, workload: GuardedResource): boolean {
  return areNeighbours(budget, workload) && takes(read(budget.props, selectorPath), workload);
}

const existsRule: Rule = {
  name: "kubernetes-workload-disruption-budget",
  kind: "stack",
  description:
    "A workload of two replicas or more must have a PodDisruptionBudget, because a drained node may otherwise take all of them at once.",
  severity: "high",
  frameworks: [nist("SC-5(2)"), wellArchitected("REL11")],
  remediation:
    "Add a PodDisruptionBudget in the workload's namespace whose selector matches the labels of its pods. The change is made in place.",
  check: (resources) =>
    workloadsOf(resources).flatMap((workload) => {
      const { count } = leastReplicas(workload, resources);
      if (count !== undefined && count < 2) return [];
      if (budgetsOf(resources).some((budget) => isFor(budget, workload))) return [];
      return unknownReplicas(workload, resources).concat(
        count === undefined ? [] : withoutBudget(workload, resources),
      );
    }),
};

function withoutBudget(workload: GuardedResource, resources: readonly GuardedResource[]): Finding[] {
  const wording: Wording = {
    required: "one that selects the workload's pods",
    fix: "add a PodDisruptionBudget with maxUnavailable 1 and the workload's own selector",
  };
  if (podLabels(workload).state === "unknown") {
    return [finding(workload, `${podMetadataPath(workload)}.labels`, wording)];
  }
  const open = budgetsOf(resources).find(
    (budget) => areNeighbours(budget, workload) && read(budget.props, selectorPath).state === "unknown",
  );
  if (open) return [finding(open, selectorPath, wording)];
  return [{ resource: workload, property: "podDisruptionBudget", actual: "absent", ...wording }];
}

const selectorRule: Rule = {
  name: "kubernetes-disruptionbudget-selector",
  kind: "stack",
  description:
    "A PodDisruptionBudget must select pods of a workload, because one that matches nothing protects nothing.",
  severity: "high",
  frameworks: [nist("SC-5(2)")],
  remediation:
    "Give the budget the selector of the workload that it is for, in the same namespace. Pods that a Helm chart or an operator makes in the namespace cannot be seen and are not judged. The change is made in place.",
  check: (resources) =>
    budgetsOf(resources)
      .filter((budget) => !hasHiddenPods(budget, resources))
      .filter((budget) => !workloadsOf(resources).some((workload) => isFor(budget, workload)))
      .map((budget) =>
        finding(budget, selectorPath, {
          actual:
            read(budget.props, selectorPath).state === "absent"
              ? "absent"
              : "a selector that matches no workload",
          required: "the selector of a workload in the same namespace",
          fix: "set spec.selector to the workload's own selector",
        }),
      ),
};

const evictionRule: Rule = {
  name: "kubernetes-disruptionbudget-eviction",
  kind: "stack",
  description:
    "A PodDisruptionBudget must let at least one pod go when the workload is at its minimum, because nodes could never be drained or upgraded otherwise.",
  severity: "high",
  frameworks: [nist("SC-5(2)")],
  remediation:
    "Use maxUnavailable of 1 or a percentage (Kubernetes rounds it up to at least one pod), or a minAvailable under the minimum of replicas. The change is made in place.",
  check: (resources) => budgetsOf(resources).flatMap((budget) => judgeEviction(budget, resources)),
};

function judgeEviction(budget: GuardedResource, resources: readonly GuardedResource[]): Finding[] {
  const workloads = workloadsOf(resources).filter((workload) => isFor(budget, workload));
  const counts = workloads.map((workload) => leastReplicas(workload, resources).count);
  if (counts.length === 0) return [];
  const open = workloads.flatMap((workload) => unknownReplicas(workload, resources));
  if (open.length > 0) return open;
  const pods = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  // A workload that may have no pod at all has none to evict then.
  if (pods === 0) return [];
  const wording = (bound: string) => ({
    required: `${bound}, which lets one of at least ${pods} pods go`,
    fix: "set spec.maxUnavailable to 1 and remove spec.minAvailable",
  });
  const most = read(budget.props, "spec.maxUnavailable");
  if (most.state !== "absent") {
    const allowed = most.state === "value" ? podsOf(most.value, pods) : undefined;
    return allowed !== undefined && allowed >= 1
      ? []
      : [finding(budget, "spec.maxUnavailable", wording("at least 1"))];
  }
  const least = read(budget.props, "spec.minAvailable");
  const kept = least.state === "value" ? podsOf(least.value, pods) : undefined;
  return kept !== undefined && kept < pods
    ? []
    : [finding(budget, "spec.minAvailable", wording(`less than ${pods} pods`))];
}

/** A number, or a percentage of the pods, which Kubernetes rounds up for both bounds. Undefined where it is neither. */
function podsOf(value: unknown, pods: number): number | undefined {
  if (typeof value === "number") return value;
  const percent = typeof value === "string" ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? undefined : Math.ceil((Number(percent) * pods) / 100);
}

/** That nodes can be drained, and never take all pods of a workload at once. */
export const disruptionRules: readonly Rule[] = [existsRule, selectorRule, evictionRule];
