/**
 * Findings of kube-score that stay, each with its reason. An exception that meets nothing in any stack fails, so that
 * the list does not outlive what it excuses.
 */
export interface LintException {
  /** kube-score's id of the check. */
  readonly check: string;
  /** The finding, where a check has several and only one is excused. */
  readonly summary?: string;
  /** `<kind>/<namespace>/<name>`, with `*` for any text. */
  readonly objects: readonly string[];
  readonly reason: string;
}

const everything = ["*"];

export const lintExceptions: readonly LintException[] = [
  {
    check: "container-resources",
    summary: "CPU limit is not set",
    objects: everything,
    reason:
      "a CPU limit throttles a pod while its node is idle; requests share the node fairly, and quotas bound the sum",
  },
  {
    check: "container-image-pull-policy",
    objects: everything,
    reason:
      "tags are exact and never moved; Always would make a start wait for the registry, and fail when it is away",
  },
  {
    check: "container-ephemeral-storage-request-and-limit",
    objects: everything,
    reason: "root file systems are read-only and every emptyDir has a size limit, which the kubelet enforces",
  },
  {
    check: "networkpolicy-targets-pod",
    objects: ["NetworkPolicy/*"],
    reason:
      "its pods come from Helm charts and operators; tests/plan/network.test.ts judges every policy with them",
  },
  {
    check: "pod-probes-identical",
    objects: [
      "Deployment/data/elasticsearch-exporter",
      "Deployment/messaging/kafka-exporter",
      "StatefulSet/data/redis",
      "StatefulSet/messaging/kafka",
      "StatefulSet/messaging/zookeeper",
      "StatefulSet/object-store/object-store",
    ],
    reason:
      "one health endpoint or port is all that these servers offer; liveness waits longer than readiness",
  },
  {
    check: "deployment-replicas",
    objects: ["Deployment/data/elasticsearch-exporter", "Deployment/messaging/kafka-exporter"],
    reason:
      "a second exporter would only repeat the same numbers; alerts on its absence wait longer than a restart",
  },
  {
    check: "deployment-has-host-podantiaffinity",
    objects: ["Deployment/llm-marketplace/*"],
    reason: "topology spread constraints over zones and hosts do this, and count each version by itself",
  },
  {
    check: "container-security-context-user-group-id",
    objects: ["StatefulSet/data/redis*", "StatefulSet/messaging/*", "Job/messaging/kafka-provision-*"],
    reason:
      "the images' own users (999, 1000) own their files; the pods run without root and without capabilities",
  },
  {
    check: "horizontalpodautoscaler-replicas",
    objects: ["HorizontalPodAutoscaler/llm-marketplace/*"],
    reason:
      "dev and local run one pod of each service on purpose; staging and production start at two and more",
  },
  {
    check: "statefulset-has-servicename",
    objects: ["StatefulSet/object-store/object-store"],
    reason: "the laptop's object store is one server behind one address; nobody asks for a pod by name",
  },
];
