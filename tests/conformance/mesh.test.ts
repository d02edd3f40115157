// Covers the mesh's configuration of every stack by istioctl's own analysers, without a cluster. What Helm releases
// bring (istiod's Service, the gateway's pods) enters as stand-ins, since analysers look for them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { goTools } from "../../tools/go-tools.ts";
import { documentsOf, type KubernetesDocument, toYaml } from "../support/documents.ts";
import { planOfStack, project } from "../support/plans.ts";

interface Message {
  readonly code: string;
  readonly level: string;
  readonly origin: string;
  readonly message: string;
}

describe("The mesh's configuration", () => {
  let istioctl = "";
  let folder = "";
  before(async function () {
    this.timeout(60 * 60_000);
    istioctl = join(await goTools("istioctl"), "istioctl");
    folder = mkdtempSync(join(tmpdir(), "marketplace-mesh-"));
  });
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  /** `--all-namespaces`, without which nothing is looked at and nothing found. */
  function analyse(documents: readonly KubernetesDocument[]): string[] {
    const file = join(folder, "manifests.yaml");
    writeFileSync(file, toYaml([...documents, ...standIns]));
    const arguments_ = ["analyze", "--use-kube=false", "--all-namespaces", "--output", "json", file];
    const run = spawnSync(istioctl, arguments_, { encoding: "utf8", timeout: 120_000 });
    if (run.stdout.trim() === "")
      throw new Error(`istioctl said nothing: ${run.error?.message ?? run.stderr}`);
    return (JSON.parse(run.stdout) as Message[]).map(
      ({ code, level, origin, message }) => `${level} ${code} ${origin}: ${message}`,
    );
  }

  for (const stack of project.stacks) {
    it(`of ${stack} has nothing that istioctl analyze minds but the EnvoyFilter of ADR 29`, async function () {
      this.timeout(300_000);
      expect(analyse(documentsOf(await planOfStack(stack)))).to.deep.equal([known]);
    });
  }

  it("is found wrong where a route leads to a host that does not exist", async () => {
    const documents = documentsOf(await planOfStack("production"));
    const broken = documents.map((document) => {
      if (document.kind !== "VirtualService" || document.metadata.name !== "admin-public") return document;
      const copy = structuredClone(document);
      copy.spec.http[0].route[0].destination.host = "nobody.llm-marketplace.svc.cluster.local";
      return copy;
    });
    expect(analyse(broken)).to.deep.equal([
      'Error IST0101 VirtualService llm-marketplace/admin-public: Referenced host+subset in destinationrule not found: "nobody.llm-marketplace.svc.cluster.local+stable"',
      known,
    ]);
  });

  it("is found wrong where the certificate's gateway is not the one that routes name", async () => {
    const documents = documentsOf(await planOfStack("production"));
    const broken = documents.filter(({ kind }) => kind !== "Gateway");
    expect(analyse(broken).join("\n")).to.include('Referenced gateway not found: "istio-ingress/public"');
  });
});

/** The one warning that stays: rate limits have no other API (ADR 29). Without it the list above would be wrong. */
const known =
  "Warning IST0133 EnvoyFilter istio-ingress/rate-limits: Schema validation warning: EnvoyFilter exposes internal " +
  "implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, " +
  "especially around upgrades.";

const metadata = (name: string, namespace: string, labels: Record<string, string> = {}) => ({
  name,
  namespace,
  labels,
});

/** The parts of releases that analysers look for. */
const standIns: readonly KubernetesDocument[] = [
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata("gateway", "istio-ingress", { istio: "ingressgateway" }),
    spec: { containers: [{ name: "istio-proxy", image: "proxyv2" }] },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata("istio-ingressgateway", "istio-ingress"),
    spec: {
      selector: { istio: "ingressgateway" },
      ports: [
        { name: "http2", port: 80, targetPort: 80 },
        { name: "https", port: 443, targetPort: 443 },
      ],
    },
  },
];
