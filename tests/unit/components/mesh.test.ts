// Covers Mesh: order of Istio's parts, strict mTLS, default deny, the gateway's TLS and exposure, tracing, budgets.
import { expect } from "chai";
import * as fake from "../../support/fake-cloud.ts";
import { objectName, type PlatformRecording, recordPlatform, specOf } from "../../support/fake-platform.ts";
import type { RecordedResource } from "../../support/record.ts";

const releaseType = "kubernetes:helm.sh/v3:Release";
const gatewayType = "kubernetes:networking.istio.io/v1:Gateway";

// biome-ignore lint/suspicious/noExplicitAny: chart values are walked through freely
const valuesOf = (release: RecordedResource): any => release.inputs.values;

describe("Mesh", () => {
  let production: PlatformRecording;
  let dev: PlatformRecording;
  before(async () => {
    production = await recordPlatform();
    dev = await recordPlatform({
      context: { ...fake.context, stack: "dev", environment: "dev" },
      services: [fake.service("admin")],
    });
  });

  it("installs definitions, node agent, control plane and gateway in this order", () => {
    const waitsFor = (name: string) =>
      production
        .get(releaseType, name)
        .dependencies.map((urn) => urn.split("::").at(-1))
        .filter((dependency) => production.ofType(releaseType).some((r) => r.name === dependency));
    expect(waitsFor("mesh-istio-base")).to.deep.equal([]);
    expect(waitsFor("mesh-istio-cni")).to.deep.equal(["mesh-istio-base"]);
    expect(waitsFor("mesh-istiod")).to.have.members(["mesh-istio-base", "mesh-istio-cni"]);
    expect(waitsFor("mesh-gateway")).to.have.members(["mesh-istio-base", "mesh-istio-cni", "mesh-istiod"]);
  });

  it("keeps the node agent, and nothing else, in a privileged namespace", () => {
    const levels = Object.fromEntries(
      production
        .ofType("kubernetes:core/v1:Namespace")
        .map((namespace) => [
          objectName(namespace),
          (namespace.inputs.metadata as { labels: Record<string, string> }).labels[
            "pod-security.kubernetes.io/enforce"
          ],
        ]),
    );
    expect(levels).to.deep.equal({
      "istio-system": "restricted",
      "istio-cni": "privileged",
      "istio-ingress": "restricted",
      "llm-marketplace": "restricted",
      "cert-manager": "restricted",
      "external-dns": "restricted",
      "external-secrets": "restricted",
      "argo-rollouts": "restricted",
    });
  });

  it("keeps the gateway's namespace within Istio's life, so that its load balancer's controller outlives it", () => {
    const namespace = production.get("kubernetes:core/v1:Namespace", "namespace-istio-ingress");
    const istiod = production.get(releaseType, "mesh-istiod");
    expect(namespace.dependencies).to.include(istiod.urn);
  });

  it("has services and gateway, and nobody else, in the mesh", () => {
    const inMesh = production
      .ofType("kubernetes:core/v1:Namespace")
      .filter(
        (namespace) =>
          (namespace.inputs.metadata as { labels: Record<string, string> }).labels["istio-injection"] ===
          "enabled",
      );
    expect(inMesh.map(objectName)).to.have.members(["istio-ingress", "llm-marketplace"]);
  });

  it("limits what each copy of the gateway lets through, in total and per client address", () => {
    const filter = production.get("kubernetes:networking.istio.io/v1alpha3:EnvoyFilter", "mesh-rate-limits");
    expect(filter.inputs.metadata).to.include({ namespace: "istio-ingress" });
    expect(specOf(filter).workloadSelector).to.deep.equal({ labels: { istio: "ingressgateway" } });
    const [{ match, patch }] = specOf(filter).configPatches;
    expect(match.context).to.equal("GATEWAY");
    expect(patch.operation).to.equal("INSERT_FIRST");
    const limit = patch.value.typed_config;
    // 50,000 over the 25 copies that production may run.
    expect(limit.token_bucket).to.deep.equal({
      max_tokens: 2000,
      tokens_per_fill: 2000,
      fill_interval: "1s",
    });
    expect(limit.rate_limits).to.deep.equal([{ actions: [{ remote_address: {} }] }]);
    expect(limit.descriptors).to.deep.equal([
      {
        entries: [{ key: "remote_address" }],
        token_bucket: { max_tokens: 500, tokens_per_fill: 500, fill_interval: "1s" },
      },
    ]);
    for (const part of ["filter_enabled", "filter_enforced"]) {
      expect(limit[part].default_value, part).to.deep.equal({ numerator: 100, denominator: "HUNDRED" });
    }
    expect(limit.response_headers_to_add[0].header).to.deep.equal({ key: "retry-after", value: "1" });
  });

  it("makes the token issuer's host known in the services' namespace alone, whatever address it has", () => {
    const entry = production.get("kubernetes:networking.istio.io/v1:ServiceEntry", "mesh-token-issuer");
    expect(entry.inputs.metadata).to.include({ name: "token-issuer", namespace: "llm-marketplace" });
    expect(specOf(entry)).to.deep.equal({
      hosts: ["identity.example.com"],
      location: "MESH_EXTERNAL",
      ports: [{ number: 443, name: "tls", protocol: "TLS" }],
      resolution: "DNS",
      exportTo: ["."],
    });
  });

  it("asks strict mTLS of the whole mesh and allows nothing by default", () => {
    const mtls = production.get("kubernetes:security.istio.io/v1:PeerAuthentication", "mesh-strict-mtls");
    expect(mtls.inputs.metadata).to.include({ name: "default", namespace: "istio-system" });
    expect(specOf(mtls)).to.deep.equal({ mtls: { mode: "STRICT" } });
    const deny = production.get("kubernetes:security.istio.io/v1:AuthorizationPolicy", "mesh-default-deny");
    expect(deny.inputs.metadata).to.include({ namespace: "istio-system" });
    expect(specOf(deny)).to.deep.equal({});
  });

  it("ends TLS 1.3 at the gateway and only redirects plain HTTP", () => {
    const gateway = production.get(gatewayType, "mesh-gateway-listeners");
    const hosts = ["api.market.example.com"];
    expect(specOf(gateway)).to.deep.equal({
      selector: { istio: "ingressgateway" },
      servers: [
        { port: { number: 80, name: "http", protocol: "HTTP" }, hosts, tls: { httpsRedirect: true } },
        {
          port: { number: 443, name: "https", protocol: "HTTPS" },
          hosts,
          tls: { mode: "SIMPLE", credentialName: "gateway-tls", minProtocolVersion: "TLSV1_3" },
        },
      ],
    });
  });

  it("lets the gateway answer for the platform's host only", () => {
    const policy = production.get(
      "kubernetes:security.istio.io/v1:AuthorizationPolicy",
      "mesh-gateway-authorization",
    );
    expect(specOf(policy).rules).to.deep.equal([
      { to: [{ operation: { hosts: ["api.market.example.com", "api.market.example.com:*"] } }] },
    ]);
  });

  it("exposes the gateway as the cloud says, two ports and no status port, and reads the PROXY protocol", () => {
    const values = valuesOf(production.get(releaseType, "mesh-gateway"));
    expect(values.service).to.deep.equal({
      type: "LoadBalancer",
      loadBalancerClass: "service.k8s.aws/nlb",
      annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing" },
      ports: [
        { name: "http2", port: 80, protocol: "TCP", targetPort: 80 },
        { name: "https", port: 443, protocol: "TCP", targetPort: 443 },
      ],
    });
    expect(values.podAnnotations["proxy.istio.io/config"]).to.equal(
      '{"gatewayTopology":{"proxyProtocol":{}}}',
    );
  });

  it("runs three of each in production, with budgets that let one go, spread over zones", () => {
    const gateway = valuesOf(production.get(releaseType, "mesh-gateway"));
    expect(gateway.autoscaling).to.deep.equal({
      enabled: true,
      minReplicas: 3,
      maxReplicas: 25,
      targetCPUUtilizationPercentage: 70,
    });
    expect(gateway.podDisruptionBudget).to.deep.equal({ maxUnavailable: 1 });
    const istiod = valuesOf(production.get(releaseType, "mesh-istiod"));
    expect(istiod).to.include({ autoscaleEnabled: true, autoscaleMin: 3, autoscaleMax: 5 });
    expect(istiod.global.defaultPodDisruptionBudget).to.deep.equal({ enabled: true });
    expect(istiod.topologySpreadConstraints.map((c: { topologyKey: string }) => c.topologyKey)).to.deep.equal(
      ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
    );
  });

  it("has no budget where there is one copy, so that its node can be drained", () => {
    expect(valuesOf(dev.get(releaseType, "mesh-gateway"))).to.not.have.property("podDisruptionBudget");
    expect(valuesOf(dev.get(releaseType, "mesh-istiod")).global.defaultPodDisruptionBudget).to.deep.equal({
      enabled: false,
    });
  });

  it("logs JSON, traces to the collector, and lets nothing out that it does not know", () => {
    const { meshConfig } = valuesOf(production.get(releaseType, "mesh-istiod"));
    expect(meshConfig).to.deep.include({
      accessLogFile: "/dev/stdout",
      accessLogEncoding: "JSON",
      outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
      meshMTLS: { minProtocolVersion: "TLSV1_3" },
      extensionProviders: [
        {
          name: "otel-tracing",
          opentelemetry: { service: "otel-collector.monitoring.svc.cluster.local", port: 4317 },
        },
      ],
    });
    const telemetry = production.get("kubernetes:telemetry.istio.io/v1:Telemetry", "mesh-telemetry");
    expect(specOf(telemetry)).to.deep.equal({
      tracing: [{ providers: [{ name: "otel-tracing" }], randomSamplingPercentage: 10 }],
    });
  });

  it("lets the gateway reach the services' ports and nothing else inside", () => {
    const policy = production.get("kubernetes:networking.k8s.io/v1:NetworkPolicy", "mesh-gateway-traffic");
    const ports = specOf(policy).egress.map((rule: { ports: { port: number }[] }) =>
      rule.ports.map(({ port }) => port),
    );
    expect(ports).to.deep.equal([[3001, 3002, 3003, 3004], [4317]]);
  });
});
