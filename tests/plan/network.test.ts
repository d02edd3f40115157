// Covers who may talk to whom in every stack, through NetworkPolicy, PeerAuthentication, AuthorizationPolicy, Sidecar
// and ServiceEntry together: every edge of tests/support/network/edges.ts works, every scrape that a monitor asks
// for works, and no other pair of endpoints reaches each other on any port. The evaluator itself is shown to know
// Kubernetes' and Istio's rules by tests/unit/network.
import { expect } from "chai";
import { resolvedSettings } from "../../config/resolve.ts";
import { type Edge, edges } from "../support/network/edges.ts";
import { findings } from "../support/network/findings.ts";
import type { KubernetesObject, World } from "../support/network/model.ts";
import { worldOf } from "../support/network/world.ts";
import { planOfStack, project } from "../support/plans.ts";

const hostOf = (stack: string) => `api.${resolvedSettings(stack).context.domain}`;

describe("The network", () => {
  const used = new Set<Edge>();

  for (const stack of project.stacks) {
    it(`of ${stack} lets every edge through and nothing else`, async () => {
      const found = findings(worldOf(await planOfStack(stack)), hostOf(stack));
      for (const edge of found.used) used.add(edge);
      expect(found.problems).to.deep.equal([]);
    });
  }

  it("has no edge in its list that no stack knows", () => {
    const stale = edges.filter((edge) => !used.has(edge));
    expect(stale.map(({ from, to, why }) => `${from} → ${to}: ${why}`)).to.deep.equal([]);
  });

  describe("is found wrong, edge by name,", () => {
    let world: World;
    before(async () => {
      world = worldOf(await planOfStack("production"));
    });

    const problemsOf = (objects: readonly KubernetesObject[]) =>
      findings({ ...world, objects }, hostOf("production")).problems;
    const without = (kind: string, name: string) =>
      world.objects.filter((object) => object.kind !== kind || object.metadata.name !== name);

    it("when a policy is taken away", () => {
      expect(problemsOf(without("NetworkPolicy", "allow-analysis"))).to.deep.equal([
        "argo-rollouts/argo-rollouts → monitoring/prometheus 9090/TCP is denied, but must work (canaries are judged by Prometheus): Egress of argo-rollouts/argo-rollouts: none of NetworkPolicy argo-rollouts/allow-dns, NetworkPolicy argo-rollouts/allow-namespace-traffic, NetworkPolicy argo-rollouts/default-deny",
      ]);
    });

    it("when a hole is added", () => {
      const hole: KubernetesObject = {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "hole", namespace: "data" },
        spec: { podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 9200 }] }] },
      };
      expect(
        problemsOf([...world.objects, hole]).filter((line) => !line.startsWith("kube-system/")),
      ).to.deep.equal([
        "monitoring/prometheus → data/elasticsearch 9200/TCP is allowed by NetworkPolicy monitoring/prometheus-scrapes and NetworkPolicy data/hole, and no edge says so",
      ]);
    });

    describe("when the mesh lets a caller in", () => {
      const hole: KubernetesObject = {
        apiVersion: "security.istio.io/v1",
        kind: "AuthorizationPolicy",
        metadata: { name: "hole", namespace: "llm-marketplace" },
        spec: { rules: [{ to: [{ operation: { ports: ["3004"] } }] }] },
      };
      const node = "@node → llm-marketplace/admin 3004/TCP (/internal/x) is allowed by";

      it("whom the catalogue does not name", () => {
        const problems = problemsOf([...world.objects, hole]);
        expect(problems).to.include(
          "istio-ingress/istio-ingressgateway → llm-marketplace/admin 3004/TCP (/internal/x) is allowed by NetworkPolicy istio-ingress/gateway and NetworkPolicy llm-marketplace/admin and AuthorizationPolicy llm-marketplace/hole, and no edge says so",
        );
        expect(problems.filter((line) => line.startsWith(node))).to.deep.equal([]);
      });

      it("who has no certificate, where mTLS is not strict", () => {
        const problems = problemsOf([...without("PeerAuthentication", "default"), hole]);
        expect(problems.filter((line) => line.startsWith(node))).to.have.length(1);
      });
    });

    it("when a monitor scrapes what is not there", () => {
      const monitor: KubernetesObject = {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        metadata: { name: "lost", namespace: "data" },
        spec: { selector: { matchLabels: { app: "nobody" } }, podMetricsEndpoints: [{ port: "metrics" }] },
      };
      expect(() => problemsOf([...world.objects, monitor])).to.throw(
        "PodMonitor data/lost finds no pod with its port: compare labels and ports",
      );
    });
  });
});
