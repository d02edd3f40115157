import { nist, wellArchitected } from "../../../shared/frameworks.ts";
import { podPath } from "../../../shared/kubernetes.ts";
import { propertyRule } from "../../../shared/property-rule.ts";
import type { GuardedResource, Rule } from "../../../shared/rule.ts";
import {
  expectProperty,
  finding,
  isObject,
  member,
  type Read,
  read,
  readList,
} from "../../../shared/value.ts";
import { leastReplicas, takes, workloadsOf } from "../workloads.ts";
import { unknownReplicas } from "./kubernetes-replicas.ts";

export const zoneKey = "topology.kubernetes.io/zone";
const frameworks = [nist("SC-36"), wellArchitected("REL10")];
const why = "so that the loss of a zone does not take all of them";

const spreadRule: Rule = {
  name: "kubernetes-workload-zone-spread",
  kind: "stack",
  description: `A workload of two replicas or more must spread its pods over zones, ${why}.`,
  severity: "high",
  frameworks,
  remediation: `Add a topology spread constraint over ${zoneKey} that selects the workload's own pods, or a pod anti-affinity with that key. Pods are replaced one after the other.`,
  check: (resources) =>
    workloadsOf(resources).flatMap((workload) => {
      const { count } = leastReplicas(workload, resources);
      if ((count !== undefined && count < 2) || isSpread(workload)) return [];
      const open = unknownReplicas(workload, resources);
      if (open.length > 0) return open;
      const path = placesOf(workload).find(({ found }) => found.state === "unknown")?.path;
      const property = path ?? member(podPath(workload), "topologySpreadConstraints");
      const isAbsent = read(workload.props, property).state === "absent";
      return [
        finding(workload, property, {
          actual: isAbsent ? "absent" : `a list without ${zoneKey} for the workload's pods`,
          required: `a constraint over ${zoneKey} that selects the workload's pods`,
          fix: `add one with topologyKey ${zoneKey} and the workload's selector as labelSelector`,
        }),
      ];
    }),
};

/** Every place of a workload at which pods are kept apart: constraints, and terms of anti-affinity. */
function placesOf(workload: GuardedResource): { readonly path: string; readonly found: Read }[] {
  const pod = podPath(workload);
  const anti = `${pod}.affinity.podAntiAffinity`;
  return [
    ...readList(workload.props, member(pod, "topologySpreadConstraints")),
    ...readList(workload.props, `${anti}.requiredDuringSchedulingIgnoredDuringExecution`),
    ...readList(workload.props, `${anti}.preferredDuringSchedulingIgnoredDuringExecution`).map(
      ({ path, found }) =>
        found.state === "value"
          ? { path, found: read(workload.props, `${path}.podAffinityTerm`) }
          : { path, found },
    ),
  ];
}

function isSpread(workload: GuardedResource): boolean {
  return placesOf(workload).some(
    ({ found }) =>
      found.state === "value" &&
      isObject(found.value) &&
      found.value.topologyKey === zoneKey &&
      takes(read(found.value, "labelSelector"), workload),
  );
}

/** Custom resources by which operators spread what they run. */
const operated: readonly Rule[] = [
  propertyRule({
    name: "kubernetes-postgres-zone-spread",
    types: "kubernetes:postgresql.cnpg.io/v1:Cluster",
    description: `A PostgreSQL cluster of two members or more must keep them in different zones, ${why}.`,
    severity: "high",
    frameworks,
    remediation: `Set spec.affinity.topologyKey to ${zoneKey}. Members are replaced one after the other; volumes stay in their zone, so a member that must move is built anew.`,
    applies: ({ props }) => isMany(read(props, "spec.instances")),
    property: "spec.affinity.topologyKey",
    holds: (value) => value === zoneKey,
    required: JSON.stringify(zoneKey),
    fix: `set spec.affinity.topologyKey to ${zoneKey}`,
  }),
  {
    name: "kubernetes-elasticsearch-zone-spread",
    kind: "resource",
    types: ["kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"],
    description: `A set of two search nodes or more must spread them over zones, ${why}.`,
    severity: "high",
    frameworks,
    remediation: `Set zoneAwareness of the node set with topologyKey ${zoneKey}. Nodes restart one after the other; volumes stay in their zone.`,
    check: (resource) =>
      readList(resource.props, "spec.nodeSets")
        .filter(({ path }) => isMany(read(resource.props, `${path}.count`)))
        .flatMap(({ path }) =>
          expectProperty(resource, `${path}.zoneAwareness.topologyKey`, (value) => value === zoneKey, {
            required: JSON.stringify(zoneKey),
            fix: `set ${path}.zoneAwareness.topologyKey to ${zoneKey}`,
          }),
        ),
  },
];

/** More than one, or it is not known that it is one. */
function isMany(found: Read): boolean {
  return found.state === "unknown" || (found.state === "value" && Number(found.value) > 1);
}

/** That no zone holds all of a workload. */
export const spreadRules: readonly Rule[] = [spreadRule, ...operated];
