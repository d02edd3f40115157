/** Kubernetes' own rules for NetworkPolicies (networking.k8s.io/v1), over the objects of a world. */
import { BlockList } from "node:net";
import {
  type Attempt,
  type Endpoint,
  type KubernetesObject,
  nameOf,
  type Pod,
  type Selector,
  selects,
  type Verdict,
  type World,
} from "./model.ts";

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface PolicyPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly PolicyPort[];
}

export interface PolicyOptions {
  /**
   * Whether an `ipBlock` matches the address of a pod. Kubernetes leaves it to the network plugin: what must work is
   * judged with false, what must not with true.
   */
  readonly ipBlocksMatchPods: boolean;
}

type Direction = "Ingress" | "Egress";

/** Both ends must agree: the source's egress and the destination's ingress. */
export function networkVerdict(world: World, attempt: Attempt, options: PolicyOptions): Verdict {
  const { from, to } = attempt;
  if (isOnNode(from, to)) return { allowed: true, by: "a node and its pods always reach each other" };
  const egress = from.kind === "pod" ? oneSide(world, attempt, from, "Egress", options) : unbound;
  if (!egress.allowed) return egress;
  const ingress = to.kind === "pod" ? oneSide(world, attempt, to, "Ingress", options) : unbound;
  if (!ingress.allowed) return ingress;
  return { allowed: true, by: [egress.by, ingress.by].filter((by) => by !== "").join(" and ") };
}

/** NetworkPolicies bind pods; an address outside obeys nobody. */
const unbound: Verdict = { allowed: true, by: "" };

function isOnNode(from: Endpoint, to: Endpoint): boolean {
  return from.kind === "address" && from.isNode === true && to.kind === "pod";
}

function oneSide(
  world: World,
  attempt: Attempt,
  pod: Pod,
  direction: Direction,
  options: PolicyOptions,
): Verdict {
  const policies = world.objects.filter(
    (object) => object.kind === "NetworkPolicy" && binds(object, pod, direction),
  );
  if (policies.length === 0) return { allowed: true, by: `no ${direction} policy binds ${pod.name}` };
  const other = direction === "Egress" ? attempt.to : attempt.from;
  const open = policies.find((policy) => {
    const rules: readonly Rule[] = policy.spec[direction === "Egress" ? "egress" : "ingress"] ?? [];
    return rules.some((rule) => {
      const peers = (direction === "Egress" ? rule.to : rule.from) ?? [];
      return (
        portMatches(rule.ports ?? [], attempt) &&
        (peers.length === 0 || peers.some((peer) => isPeer(world, policy, peer, other, options)))
      );
    });
  });
  return open === undefined
    ? { allowed: false, by: `${direction} of ${pod.name}: none of ${policies.map(nameOf).sort().join(", ")}` }
    : { allowed: true, by: nameOf(open) };
}

/** `policyTypes` absent: Ingress always, Egress where there are rules of it. */
function binds(policy: KubernetesObject, pod: Pod, direction: Direction): boolean {
  const { podSelector = {}, policyTypes, egress } = policy.spec;
  const types: readonly string[] = policyTypes ?? ["Ingress", ...(egress === undefined ? [] : ["Egress"])];
  return (
    policy.metadata.namespace === pod.namespace &&
    types.includes(direction) &&
    selects(podSelector, pod.labels)
  );
}

/** A name is one of the destination pod's own ports. No list of ports means every port. */
function portMatches(ports: readonly PolicyPort[], { to, port, protocol }: Attempt): boolean {
  if (ports.length === 0) return true;
  return ports.some((wanted) => {
    if ((wanted.protocol ?? "TCP") !== protocol) return false;
    if (wanted.port === undefined) return true;
    if (typeof wanted.port === "string") {
      return to.kind === "pod" && to.ports.some((own) => own.name === wanted.port && own.number === port);
    }
    return wanted.endPort === undefined
      ? port === wanted.port
      : port >= wanted.port && port <= wanted.endPort;
  });
}

function isPeer(
  world: World,
  policy: KubernetesObject,
  { ipBlock, namespaceSelector, podSelector }: Peer,
  other: Endpoint,
  { ipBlocksMatchPods }: PolicyOptions,
): boolean {
  if (ipBlock !== undefined) {
    if (other.kind === "pod" && !ipBlocksMatchPods) return false;
    return inRange(ipBlock.cidr, other.ip) && !(ipBlock.except ?? []).some((cidr) => inRange(cidr, other.ip));
  }
  if (other.kind !== "pod") return false;
  const namespaceFits =
    namespaceSelector === undefined
      ? other.namespace === policy.metadata.namespace
      : selects(namespaceSelector, world.namespaces[other.namespace] ?? {});
  return namespaceFits && (podSelector === undefined || selects(podSelector, other.labels));
}

const ranges = new Map<string, BlockList>();

export function inRange(cidr: string, ip: string): boolean {
  let list = ranges.get(cidr);
  if (list === undefined) {
    const [network = "", prefix] = cidr.split("/");
    list = new BlockList();
    list.addSubnet(network, Number(prefix), "ipv4");
    ranges.set(cidr, list);
  }
  return list.check(ip, "ipv4");
}
