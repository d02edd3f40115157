import { cisEks, nist } from "../../../shared/frameworks.ts";
import { containers, replicatedTypes, workloadTypes } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, ResourceRule, Rule } from "../../../shared/rule.ts";
import { expectProperty, finding, isObject, member, read, readList } from "../../../shared/value.ts";

const transit = [nist("SC-8(1)")];
const versions = (group: string, kind: string) =>
  ["v1", "v1beta1", "v1alpha3"].map((version) => `kubernetes:${group}/${version}:${kind}`);
const gateways = versions("networking.istio.io", "Gateway");

type TransitRule = Omit<ResourceRule, "kind" | "severity" | "frameworks"> &
  Partial<Pick<ResourceRule, "frameworks">>;
const transitRule = (rule: TransitRule): Rule => ({
  kind: "resource",
  severity: "high",
  frameworks: transit,
  ...rule,
});

/** Servers of a gateway with their protocol, unknown ones included. */
function servers(resource: GuardedResource, protocols: readonly string[]): string[] {
  return readList(resource.props, "spec.servers").flatMap(({ path, found }) => {
    const protocol = read(resource.props, `${path}.port.protocol`);
    const isOne = protocol.state === "value" && protocols.includes(String(protocol.value).toUpperCase());
    return found.state === "unknown" || isOne ? [path] : [];
  });
}

const edge: readonly Rule[] = [
  transitRule({
    name: "kubernetes-gateway-tls-version",
    types: gateways,
    description:
      "A gateway must accept TLS 1.3 only, so that clients cannot be talked down to weaker ciphers.",
    frameworks: [cisEks("5.4.5"), ...transit],
    remediation:
      "Set tls.minProtocolVersion of every HTTPS and TLS server to TLSV1_3. The change is made in place.",
    check: (resource) =>
      servers(resource, ["HTTPS", "TLS"]).flatMap((path) => {
        const mode = read(resource.props, `${path}.tls.mode`);
        // What the gateway passes through it does not decrypt, so it has no version to choose.
        if (mode.state === "value" && /PASSTHROUGH$/.test(String(mode.value))) return [];
        return expectProperty(resource, `${path}.tls.minProtocolVersion`, (value) => value === "TLSV1_3", {
          required: '"TLSV1_3"',
          fix: "set minProtocolVersion of the server to TLSV1_3",
        });
      }),
  }),
  transitRule({
    name: "kubernetes-gateway-redirect",
    types: gateways,
    description:
      "A gateway's plain port must only redirect to HTTPS, so that nothing is ever answered in the clear.",
    frameworks: [cisEks("5.4.5"), ...transit],
    remediation: "Set tls.httpsRedirect of every HTTP server to true. The change is made in place.",
    check: (resource) =>
      servers(resource, ["HTTP", "HTTP2", "GRPC", "TCP"]).flatMap((path) =>
        expectProperty(resource, `${path}.tls.httpsRedirect`, (value) => value === true, {
          required: "true",
          fix: "set tls.httpsRedirect of the server to true, or remove the server",
        }),
      ),
  }),
];

const peers = versions("security.istio.io", "PeerAuthentication");

const mesh: readonly Rule[] = [
  transitRule({
    name: "kubernetes-mesh-mtls-strict",
    types: peers,
    description:
      "Pods of the mesh must refuse plain connections, so that every call carries an identity (mTLS STRICT).",
    remediation:
      "Set spec.mtls.mode, and every mode of spec.portLevelMtls, to STRICT. The change is made in place; pods without a sidecar lose their connections.",
    check: (resource) => {
      const ports = read(resource.props, "spec.portLevelMtls");
      const names = ports.state === "value" && isObject(ports.value) ? Object.keys(ports.value) : [];
      const paths = [
        "spec.mtls.mode",
        ...names.map((port) => member(member("spec.portLevelMtls", port), "mode")),
      ];
      return paths.flatMap((path) =>
        expectProperty(resource, path, (value) => value === "STRICT", {
          required: '"STRICT"',
          fix: `set ${path} to STRICT`,
        }),
      );
    },
  }),
  {
    name: "kubernetes-mesh-mtls-default",
    kind: "stack",
    description:
      "A mesh must have a PeerAuthentication for all of it in its root namespace, because without one its pods accept plain connections.",
    severity: "high",
    frameworks: transit,
    remediation:
      "Add a PeerAuthentication without selector in the namespace of istiod, with spec.mtls.mode STRICT. The change is made in place.",
    check: (resources) =>
      resources.filter(isControlPlane).flatMap((istiod) => meshDefaultFindings(istiod, resources)),
  },
  transitRule({
    name: "kubernetes-mesh-destination-tls",
    types: versions("networking.istio.io", "DestinationRule"),
    // Absent is right here: the mesh then uses mTLS by itself wherever the other side has it.
    description:
      "A destination rule must not switch off TLS, because it overrides what the mesh does by itself.",
    remediation: "Set tls.mode to ISTIO_MUTUAL, or leave it out. The change is made in place.",
    check: (resource) => {
      const policies = ["spec", ...readList(resource.props, "spec.subsets").map(({ path }) => path)].map(
        (path) => `${path}.trafficPolicy`,
      );
      const all = policies.flatMap((path) => [
        path,
        ...readList(resource.props, `${path}.portLevelSettings`).map((port) => port.path),
      ]);
      return all.flatMap((path) => {
        const found = read(resource.props, `${path}.tls.mode`);
        const isWrong = found.state === "unknown" || (found.state === "value" && found.value === "DISABLE");
        return isWrong
          ? [
              finding(resource, `${path}.tls.mode`, {
                required: '"ISTIO_MUTUAL" or absent',
                fix: `set ${path}.tls.mode to ISTIO_MUTUAL`,
              }),
            ]
          : [];
      });
    },
  }),
];

function isControlPlane({ type, props }: GuardedResource): boolean {
  const chart = read(props, "chart");
  return (
    type === "kubernetes:helm.sh/v3:Release" &&
    chart.state === "value" &&
    /(^|\/)istiod$/.test(String(chart.value))
  );
}

function meshDefaultFindings(istiod: GuardedResource, resources: readonly GuardedResource[]): Finding[] {
  const root = read(istiod.props, "namespace");
  const fix = "add one with spec.mtls.mode STRICT in the namespace of istiod";
  const there = resources.filter(({ type, props }) => {
    const place = read(props, "metadata.namespace");
    const isSame = root.state !== "value" || place.state !== "value" || root.value === place.value;
    return peers.includes(type) && isSame;
  });
  const selectors = there.map((peer) => ({ peer, state: read(peer.props, "spec.selector").state }));
  if (selectors.some(({ state }) => state === "absent")) return [];
  const open = selectors.find(({ state }) => state === "unknown");
  if (open)
    return [finding(open.peer, "spec.selector", { required: "no selector, for the whole mesh", fix })];
  const required = "a PeerAuthentication without selector in the root namespace";
  return [{ resource: istiod, property: "peerAuthentication", actual: "absent", required, fix }];
}

const stores: readonly Rule[] = [
  transitRule({
    name: "kubernetes-elasticsearch-http-tls",
    types: ["kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch"],
    // Absent is right here: the operator turns TLS on, with a certificate of its own, unless told not to.
    description: "Elasticsearch must answer over TLS only, so that nobody on the way reads or changes data.",
    remediation:
      "Remove spec.http.tls.selfSignedCertificate.disabled and every xpack.security setting that turns security off. The change is made in place, node by node.",
    check: (resource) => {
      const off = "spec.http.tls.selfSignedCertificate.disabled";
      const settings = readList(resource.props, "spec.nodeSets").flatMap(({ path }) =>
        ["xpack.security.enabled", "xpack.security.http.ssl.enabled"].map((name) =>
          member(`${path}.config`, name),
        ),
      );
      return [
        ...unless(resource, off, (value) => value !== true, "false or absent"),
        ...settings.flatMap((path) =>
          unless(resource, path, (value) => String(value) !== "false", "true or absent"),
        ),
      ];
    },
  }),
  transitRule({
    name: "kubernetes-postgres-cluster-tls",
    types: ["kubernetes:postgresql.cnpg.io/v1:Cluster"],
    description:
      "PostgreSQL must reject connections without TLS, because the operator's own last line lets them in.",
    remediation:
      "End spec.postgresql.pg_hba with `host all all all reject` or `hostnossl all all all reject`, and let in by hostssl only. The change is made in place.",
    check: (resource) => {
      const path = "spec.postgresql.pg_hba";
      const wording = {
        required: "a line that rejects plain connections before any that accepts them",
        fix: "let clients in by hostssl lines and end the list with `host all all all reject`",
      };
      const list = readList(resource.props, path);
      const unknown = list.find(({ found }) => found.state === "unknown");
      if (unknown) return [finding(resource, unknown.path, wording)];
      for (const { path: at, found } of list) {
        const [kind = "", ...rest] = found.state === "value" ? String(found.value).trim().split(/\s+/) : [];
        const catchesAll = rest.slice(0, 3).every((field) => field === "all");
        if (!["host", "hostnossl"].includes(kind)) continue;
        if (rest.at(-1) !== "reject") return [finding(resource, at, wording)];
        if (catchesAll) return [];
      }
      return [finding(resource, path, wording)];
    },
  }),
  transitRule({
    name: "kubernetes-kafka-listener-tls",
    types: ["v1", "v1beta2"].map((version) => `kubernetes:kafka.strimzi.io/${version}:Kafka`),
    description: "Every listener of Kafka must use TLS, so that nobody on the way reads or changes messages.",
    remediation:
      "Set tls of every listener in spec.kafka.listeners to true. The change is made in place, broker by broker.",
    check: (resource) => {
      const wording = { required: "true", fix: "set tls of the listener to true" };
      const listeners = readList(resource.props, "spec.kafka.listeners");
      if (listeners.length === 0)
        return [finding(resource, "spec.kafka.listeners", { ...wording, required: "a listener with TLS" })];
      return listeners.flatMap(({ path, found }) =>
        found.state === "unknown"
          ? [finding(resource, path, wording)]
          : expectProperty(resource, `${path}.tls`, (value) => value === true, wording),
      );
    },
  }),
  transitRule({
    name: "kubernetes-kafka-broker-tls",
    types: workloadTypes.filter((type) => replicatedTypes.includes(type)),
    description:
      "A Kafka broker without operator must have no plain listener, so that nobody on the way reads or changes messages.",
    remediation:
      "Use SSL or SASL_SSL for every listener in KAFKA_LISTENERS, KAFKA_ADVERTISED_LISTENERS and KAFKA_LISTENER_SECURITY_PROTOCOL_MAP. Brokers are restarted one by one; clients must use TLS by then.",
    check: (resource) => containers(resource).flatMap(({ path }) => plainListeners(resource, path)),
  }),
  transitRule({
    name: "kubernetes-redis-config-tls",
    types: ["kubernetes:core/v1:ConfigMap"],
    description:
      "A Redis configuration must close the plain port, so that nobody on the way reads or changes data.",
    remediation: "Set `port 0` and `tls-port`. Pods are restarted; clients must use TLS by then.",
    check: (resource) => {
      const data = read(resource.props, "data");
      if (data.state !== "value" || !isObject(data.value) || !("redis.conf" in data.value)) return [];
      const wording = {
        required: "`port 0` and a `tls-port`",
        fix: "set `port 0` and `tls-port` in the configuration",
      };
      const main = read(resource.props, 'data["redis.conf"]');
      if (main.state === "unknown") return [finding(resource, 'data["redis.conf"]', wording)];
      const text = Object.values(data.value).join("\n");
      const isClosed = /(^|\W)port 0(\W|$)/m.test(text) && /(^|\W)tls-port\s/m.test(text);
      return isClosed
        ? []
        : [
            finding(resource, 'data["redis.conf"]', {
              ...wording,
              actual: "a configuration with a plain port",
            }),
          ];
    },
  }),
];

function plainListeners(resource: GuardedResource, container: string): Finding[] {
  return readList(resource.props, `${container}.env`).flatMap(({ path }) => {
    const name = read(resource.props, `${path}.name`);
    if (name.state !== "value") return [];
    const at = `${path}.value`;
    const wording = {
      required: "SSL or SASL_SSL for every listener",
      fix: `use SSL or SASL_SSL in ${String(name.value)}`,
    };
    const value = read(resource.props, at);
    const plain = /^KAFKA_(ADVERTISED_)?LISTENERS$/.test(String(name.value))
      ? /PLAINTEXT:\/\//
      : name.value === "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"
        ? /:(SASL_)?PLAINTEXT\b/
        : undefined;
    if (plain === undefined) return [];
    const isWrong = value.state === "unknown" || (value.state === "value" && plain.test(String(value.value)));
    return isWrong ? [finding(resource, at, wording)] : [];
  });
}

/** A finding where a property is there and wrong, or unknown; absent is right. */
function unless(
  resource: GuardedResource,
  path: string,
  holds: (value: unknown) => boolean,
  required: string,
): Finding[] {
  const found = read(resource.props, path);
  if (found.state === "absent" || (found.state === "value" && holds(found.value))) return [];
  return [finding(resource, path, { required, fix: `remove ${path}` })];
}

/** Traffic into, inside and out of the cluster. */
export const kubernetesTransitRules: readonly Rule[] = [...edge, ...mesh, ...stores];
