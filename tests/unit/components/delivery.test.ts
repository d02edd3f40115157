// Covers Delivery: the rollouts controller, the two analyses, and what they ask Prometheus.
import { expect } from "chai";
import * as fake from "../../support/fake-cloud.ts";
import { type PlatformRecording, recordPlatform, specOf } from "../../support/fake-platform.ts";

const templateType = "kubernetes:argoproj.io/v1alpha1:ClusterAnalysisTemplate";

describe("Delivery", () => {
  let platform: PlatformRecording;
  before(async () => {
    platform = await recordPlatform({ services: [fake.service("admin")] });
  });

  const metric = (name: string) => specOf(platform.get(templateType, `delivery-analysis-${name}`)).metrics[0];

  it("runs two controllers in production, at the pinned patch, against Istio's v1 API", () => {
    const { values } = platform.get("kubernetes:helm.sh/v3:Release", "delivery-argo-rollouts").inputs as {
      values: { controller: Record<string, unknown> };
    };
    expect(values.controller).to.deep.include({
      replicas: 2,
      image: { tag: "v1.9.3" },
      extraArgs: ["--istio-api-version", "v1"],
      pdb: { enabled: true, minAvailable: 1 },
      priorityClassName: "platform-critical",
    });
  });

  it("measures once a minute for five minutes and forgives one bad minute", () => {
    for (const name of ["error-rate", "latency-p95"]) {
      expect(metric(name)).to.include({ interval: "60s", count: 5, failureLimit: 1 });
    }
  });

  it("asks Prometheus for the share of failed requests of the new version alone", () => {
    const { address, query } = metric("error-rate").provider.prometheus;
    expect(address).to.equal("http://kube-prometheus-stack-prometheus.monitoring.svc.cluster.local:9090");
    const version =
      'namespace="{{args.namespace}}",job="{{args.service}}",rollouts_pod_template_hash="{{args.new-hash}}",reporter=~"destination|"';
    expect(query).to.equal(
      `sum(rate(istio_requests_total{${version},response_code=~"5.."}[2m])) / ` +
        `sum(rate(istio_requests_total{${version}}[2m])) or on() vector(0)`,
    );
    expect(metric("error-rate").successCondition).to.equal(
      "len(result) == 0 || isNaN(result[0]) || result[0] <= 0.01",
    );
  });

  it("fails a version whose p95 is over the service's own objective", () => {
    expect(metric("latency-p95").successCondition).to.equal(
      "len(result) == 0 || isNaN(result[0]) || result[0] <= {{args.limit-millis}}",
    );
  });

  it("declares every argument that its queries use and that Rollouts give", () => {
    const rollout = specOf(platform.get("kubernetes:argoproj.io/v1alpha1:Rollout", "admin-rollout"));
    const given = rollout.strategy.canary.steps[1].analysis.args.map((arg: { name: string }) => arg.name);
    for (const template of platform.ofType(templateType)) {
      const { args, metrics } = specOf(template);
      const declared = args.map((arg: { name: string }) => arg.name);
      const used = [...JSON.stringify(metrics).matchAll(/\{\{args\.([a-z-]+)\}\}/g)].map(([, name]) => name);
      expect(declared).to.have.members([...new Set(used)]);
      expect(given).to.include.members(declared);
    }
  });

  it("may reach Prometheus", () => {
    const policy = platform.get("kubernetes:networking.k8s.io/v1:NetworkPolicy", "delivery-allow-analysis");
    expect(specOf(policy).egress).to.deep.equal([
      {
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
        ports: [{ protocol: "TCP", port: 9090 }],
      },
    ]);
  });
});
