/** Istio's rules (1.31): what a sidecar lets out, what strict mTLS asks for, who an AuthorizationPolicy lets in. */
import {
  type Attempt,
  type Endpoint,
  type KubernetesObject,
  nameOf,
  type Pod,
  selects,
  type Verdict,
  type World,
} from "./model.ts";
import { inRange } from "./network-policy.ts";

/** Ports of the agent and the proxy themselves, which are never redirected. */
const ownPorts = [15020, 15021, 15090];

const passed: Verdict = { allowed: true, by: "" };

export function meshVerdict(world: World, attempt: Attempt): Verdict {
  const outbound = outboundVerdict(world, attempt);
  return outbound.allowed ? inboundVerdict(world, attempt) : outbound;
}

function outboundVerdict(world: World, { from, to, port, protocol }: Attempt): Verdict {
  if (from.kind !== "pod" || from.proxy !== "sidecar" || protocol !== "TCP") return passed;
  const excluded = (name: string) =>
    (from.annotations[`traffic.sidecar.istio.io/${name}`] ?? "").split(",").filter(Boolean);
  if (excluded("excludeOutboundPorts").includes(`${port}`)) return passed;
  if (excluded("excludeOutboundIPRanges").some((cidr) => inRange(cidr, to.ip))) return passed;
  const sidecar = ruling(world, "Sidecar", from);
  const mode = sidecar?.spec.outboundTrafficPolicy?.mode ?? world.outboundMode;
  if (mode === "ALLOW_ANY") return passed;
  const visible: readonly string[] = sidecar?.spec.egress?.flatMap(
    ({ hosts }: { hosts: string[] }) => hosts,
  ) ?? ["*/*"];
  const known = hostsOf(world, to, from).some((host) =>
    visible.some((pattern) => isVisible(pattern, host, from.namespace)),
  );
  return known
    ? passed
    : {
        allowed: false,
        by: `${sidecar === undefined ? "the mesh" : nameOf(sidecar)} lets no unknown host out`,
      };
}

interface Host {
  readonly namespace: string;
  readonly name: string;
}

/** Hosts of the mesh's registry that lead to the endpoint: Services over its pods, ServiceEntries of its name. */
function hostsOf(world: World, to: Endpoint, from: Pod): Host[] {
  return world.objects.flatMap(({ kind, metadata, spec }): Host[] => {
    const namespace = metadata.namespace ?? "";
    if (kind === "Service" && to.kind === "pod" && namespace === to.namespace) {
      const selector = spec?.selector ?? {};
      if (Object.keys(selector).length === 0 || !selects({ matchLabels: selector }, to.labels)) return [];
      return [{ namespace, name: `${metadata.name}.${namespace}.svc.cluster.local` }];
    }
    if (kind !== "ServiceEntry" || to.kind !== "address" || to.host === undefined) return [];
    const exported: readonly string[] = spec.exportTo ?? ["*"];
    const reaches = exported.some(
      (place) => place === "*" || (place === "." && namespace === from.namespace),
    );
    return reaches && spec.hosts.includes(to.host) ? [{ namespace, name: to.host }] : [];
  });
}

/** `<namespace>/<host>`, with `.` for the sidecar's own namespace and `*` for any. */
function isVisible(pattern: string, host: Host, own: string): boolean {
  const [namespace = "", name = ""] = pattern.split("/");
  const place = namespace === "." ? own : namespace;
  return (place === "*" || place === host.namespace) && (name === "*" || name === host.name);
}

function inboundVerdict(world: World, attempt: Attempt): Verdict {
  const { from, to, port, protocol } = attempt;
  if (to.kind !== "pod" || to.proxy === "none" || protocol !== "TCP" || ownPorts.includes(port))
    return passed;
  // A gateway ends the public's own TLS: PeerAuthentication is for connections between workloads of the mesh.
  if (to.proxy === "sidecar") {
    const strict = mtlsMode(world, to, port) === "STRICT";
    if (strict && !hasIdentity(from))
      return { allowed: false, by: "strict mTLS: the caller has no certificate" };
  }
  return authorised(world, to, attempt);
}

function hasIdentity(from: Endpoint): from is Pod {
  return from.kind === "pod" && from.proxy !== "none";
}

/** The narrowest PeerAuthentication decides, port first; what it leaves open the wider one says. Default: permissive. */
function mtlsMode(world: World, pod: Pod, port: number): string {
  const all = world.objects.filter(({ kind }) => kind === "PeerAuthentication");
  const own = all.filter(({ metadata }) => metadata.namespace === pod.namespace);
  const workload = own.find(({ spec }) => spec?.selector && selects(spec.selector, pod.labels));
  const namespace = own.find(({ spec }) => spec?.selector === undefined);
  const mesh = all.find(
    ({ metadata, spec }) => metadata.namespace === world.rootNamespace && spec?.selector === undefined,
  );
  const modes = [
    workload?.spec?.portLevelMtls?.[port]?.mode,
    ...[workload, namespace, mesh].map((object) => object?.spec?.mtls?.mode),
  ];
  return modes.find((mode) => mode !== undefined && mode !== "UNSET") ?? "PERMISSIVE";
}

/** DENY before ALLOW; with no ALLOW policy over the pod everything passes, with one only what a rule names. */
function authorised(world: World, pod: Pod, attempt: Attempt): Verdict {
  const policies = world.objects.filter(
    ({ kind, metadata, spec }) =>
      kind === "AuthorizationPolicy" &&
      (metadata.namespace === pod.namespace || metadata.namespace === world.rootNamespace) &&
      (spec?.selector === undefined || selects(spec.selector, pod.labels)),
  );
  const withAction = (action: string) => policies.filter(({ spec }) => (spec?.action ?? "ALLOW") === action);
  const matching = (object: KubernetesObject) =>
    ((object.spec?.rules ?? []) as Rule[]).some((rule) => ruleMatches(rule, attempt));
  const denied = withAction("DENY").find(matching);
  if (denied !== undefined) return { allowed: false, by: nameOf(denied) };
  const allows = withAction("ALLOW");
  if (allows.length === 0) return passed;
  const allowed = allows.find(matching);
  return allowed === undefined
    ? { allowed: false, by: `none of ${allows.map(nameOf).sort().join(", ")}` }
    : { allowed: true, by: nameOf(allowed) };
}

interface Rule {
  readonly from?: readonly { readonly source: Readonly<Record<string, readonly string[]>> }[];
  readonly to?: readonly { readonly operation: Readonly<Record<string, readonly string[]>> }[];
  readonly when?: readonly unknown[];
}

function ruleMatches({ from, to, when }: Rule, attempt: Attempt): boolean {
  if (when !== undefined) throw new Error("the evaluator does not know conditions of AuthorizationPolicies");
  return (
    (from === undefined || from.some(({ source }) => fieldsMatch(source, sourceOf(attempt.from)))) &&
    (to === undefined || to.some(({ operation }) => fieldsMatch(operation, operationOf(attempt))))
  );
}

/** A field matches by any of its values, `not…` by none; an absent value matches nothing. */
function fieldsMatch(
  fields: Readonly<Record<string, readonly string[]>>,
  facts: Readonly<Record<string, string | undefined>>,
): boolean {
  return Object.entries(fields).every(([field, values]) => {
    const isNegative = field.startsWith("not");
    const name = isNegative ? field.charAt(3).toLowerCase() + field.slice(4) : field;
    if (!Object.hasOwn(facts, name))
      throw new Error(`the evaluator does not know ${field} of AuthorizationPolicies`);
    const fact = facts[name];
    const matches = fact !== undefined && values.some((value) => textMatches(value, fact));
    return isNegative ? !matches : matches;
  });
}

function sourceOf(from: Endpoint): Record<string, string | undefined> {
  const isKnown = hasIdentity(from);
  return {
    principals: isKnown ? `cluster.local/ns/${from.namespace}/sa/${from.serviceAccount}` : undefined,
    namespaces: isKnown ? from.namespace : undefined,
  };
}

function operationOf({ port, path, host }: Attempt): Record<string, string | undefined> {
  return { ports: `${port}`, paths: path, hosts: host };
}

/** Exact, `prefix*`, `*suffix` or `*`. */
function textMatches(pattern: string, text: string): boolean {
  if (pattern === "*") return text !== "";
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith("*")) return text.endsWith(pattern.slice(1));
  return pattern === text;
}

/** The object that rules over a pod: its own by `workloadSelector`, else its namespace's, else the mesh's. */
function ruling(world: World, kind: string, pod: Pod): KubernetesObject | undefined {
  const all = world.objects.filter((object) => object.kind === kind);
  const inNamespace = (namespace: string) => all.filter(({ metadata }) => metadata.namespace === namespace);
  const own = inNamespace(pod.namespace);
  return (
    own.find(
      ({ spec }) =>
        spec.workloadSelector && selects({ matchLabels: spec.workloadSelector.labels }, pod.labels),
    ) ??
    own.find(({ spec }) => spec.workloadSelector === undefined) ??
    inNamespace(world.rootNamespace).find(({ spec }) => spec.workloadSelector === undefined)
  );
}
