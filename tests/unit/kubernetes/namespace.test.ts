// Covers what every namespace gets: pod security, injection, default deny, DNS, and traffic said in words.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { createNamespace, type NamespaceSpec } from "../../../components/kubernetes/namespace.ts";
import { createPriorityClasses } from "../../../components/kubernetes/priority-classes.ts";
import { createRelease } from "../../../components/kubernetes/release.ts";
import { chartVersion } from "../../../components/kubernetes/versions.ts";
import versions from "../../../config/versions.json" with { type: "json" };
import { context } from "../../support/fake-cloud.ts";
import { specOf } from "../../support/fake-platform.ts";
import { recordResources } from "../../support/record.ts";

const policyType = "kubernetes:networking.k8s.io/v1:NetworkPolicy";

class Parent extends pulumi.ComponentResource {
  constructor() {
    const provider = new kubernetes.Provider("kubernetes", { kubeconfig: "{}" });
    super("llm-marketplace:test:Parent", "parent", {}, { providers: [provider] });
    this.registerOutputs({});
  }
}

function recordNamespace(spec: Partial<NamespaceSpec>) {
  return recordResources(() => {
    createNamespace(new Parent(), "place", {
      context,
      component: "test",
      podSecurity: "restricted",
      mesh: false,
      ...spec,
    });
  });
}

describe("createNamespace", () => {
  it("enforces, warns and audits the level at the cluster's own minor", async () => {
    const recording = await recordNamespace({});
    const { labels } = recording.get("kubernetes:core/v1:Namespace", "namespace-place").inputs.metadata as {
      labels: Record<string, string>;
    };
    for (const mode of ["enforce", "warn", "audit"]) {
      expect(labels[`pod-security.kubernetes.io/${mode}`]).to.equal("restricted");
      expect(labels[`pod-security.kubernetes.io/${mode}-version`]).to.equal(
        `v${versions.kubernetes.version}`,
      );
    }
    expect(labels["istio-injection"]).to.equal("disabled");
  });

  it("denies all traffic both ways and then allows DNS alone", async () => {
    const recording = await recordNamespace({});
    expect(recording.ofType(policyType).map(specOf)).to.deep.equal([
      { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] },
      {
        podSelector: {},
        policyTypes: ["Egress"],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
              },
            ],
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
            ],
          },
        ],
      },
    ]);
  });

  it("lets pods of the mesh reach istiod and be scraped at the merged port", async () => {
    const recording = await recordNamespace({ mesh: true });
    const allow = specOf(recording.get(policyType, "namespace-place-allow"));
    expect(allow.egress).to.deep.equal([
      {
        to: [
          {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "istio-system" } },
            podSelector: { matchLabels: { app: "istiod" } },
          },
        ],
        ports: [{ protocol: "TCP", port: 15012 }],
      },
    ]);
    expect(allow.ingress).to.deep.equal([
      {
        from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ protocol: "TCP", port: 15020 }],
      },
    ]);
  });

  it("opens the cloud to HTTPS and the node's identity agent, never to instance metadata", async () => {
    const recording = await recordNamespace({ traffic: { cloud: true } });
    expect(specOf(recording.get(policyType, "namespace-place-allow")).egress).to.deep.equal([
      {
        to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
        ports: [{ protocol: "TCP", port: 443 }],
      },
      { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [{ protocol: "TCP", port: 80 }] },
    ]);
  });

  it("makes quota and container defaults only where they are given, inside the namespace", async () => {
    const without = await recordNamespace({});
    expect(without.ofType("kubernetes:core/v1:ResourceQuota")).to.have.length(0);
    expect(without.ofType("kubernetes:core/v1:LimitRange")).to.have.length(0);
    const recording = await recordNamespace({
      quota: { pods: "10" },
      containerDefaults: { requests: { cpu: "50m" }, limits: { memory: "64Mi" } },
    });
    const namespace = recording.get("kubernetes:core/v1:Namespace", "namespace-place");
    const quota = recording.get("kubernetes:core/v1:ResourceQuota", "namespace-place-quota");
    expect(specOf(quota)).to.deep.equal({ hard: { pods: "10" } });
    expect(quota.dependencies).to.include(namespace.urn);
    const defaults = recording.get("kubernetes:core/v1:LimitRange", "namespace-place-container-defaults");
    expect(specOf(defaults).limits).to.deep.equal([
      { type: "Container", defaultRequest: { cpu: "50m" }, default: { memory: "64Mi" } },
    ]);
  });
});

describe("createRelease", () => {
  it("installs the pinned chart atomically, waits for it, and never makes the namespace itself", async () => {
    const recording = await recordResources(() => {
      const parent = new Parent();
      const spec = { context, namespace: "place", values: { a: 1 } };
      createRelease(parent, "indexed", { ...spec, chart: "external-secrets" });
      createRelease(parent, "stored", { ...spec, chart: "cert-manager", skipCrds: true, timeoutSeconds: 90 });
    });
    const common = { namespace: "place", values: { a: 1 }, atomic: true, cleanupOnFail: true };
    const waits = { createNamespace: false, maxHistory: 5, skipAwait: false, allowNullValues: true };
    const indexed = chartVersion("external-secrets");
    const { compat: _, ...first } = recording.get("kubernetes:helm.sh/v3:Release", "indexed").inputs;
    expect(first).to.deep.equal({
      ...common,
      ...waits,
      chart: "external-secrets",
      repositoryOpts: { repo: indexed.repository },
      name: "external-secrets",
      version: indexed.version,
      skipCrds: false,
      timeout: 600,
    });
    const stored = chartVersion("cert-manager");
    expect(stored.repository).to.match(/^oci:/);
    const { compat: __, ...second } = recording.get("kubernetes:helm.sh/v3:Release", "stored").inputs;
    expect(second).to.deep.equal({
      ...common,
      ...waits,
      chart: `${stored.repository}/cert-manager`,
      name: "cert-manager",
      version: stored.version,
      skipCrds: true,
      timeout: 90,
    });
  });
});

describe("createPriorityClasses", () => {
  it("puts the platform over stores and stores over services, none of them the default", async () => {
    const recording = await recordResources(() => {
      createPriorityClasses(new Parent(), "cluster", { context, component: "cluster" });
    });
    const classes = recording.ofType("kubernetes:scheduling.k8s.io/v1:PriorityClass");
    expect(
      classes.map(({ inputs }) => [
        (inputs.metadata as { name: string }).name,
        inputs.value,
        inputs.globalDefault,
      ]),
    ).to.deep.equal([
      ["platform-critical", 1_000_000, false],
      ["stateful", 900_000, false],
      ["services", 500_000, false],
    ]);
  });
});
