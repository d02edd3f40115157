// Covers services that scale on their requests: one ScaledObject in the place of the autoscaler, after KEDA, and
// nothing of either where no service asks for it.
import { expect } from "chai";
import * as fake from "../../support/fake-cloud.ts";
import { objectName, type PlatformRecording, recordPlatform, specOf } from "../../support/fake-platform.ts";

const autoscalerType = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler";
const scaledObjectType = "kubernetes:keda.sh/v1alpha1:ScaledObject";
const releaseType = "kubernetes:helm.sh/v3:Release";

describe("Scaling on requests", () => {
  let platform: PlatformRecording;
  before(async () => {
    const consumption = fake.service("consumption");
    const scaling = { ...consumption.scaling, requestsPerSecond: 150 };
    platform = await recordPlatform({ services: [{ ...consumption, scaling }, fake.service("discovery")] });
  });

  it("takes the place of the service's autoscaler and never stands beside it", () => {
    expect(platform.ofType(scaledObjectType).map(objectName)).to.deep.equal(["consumption"]);
    expect(platform.ofType(autoscalerType).map(objectName)).to.deep.equal(["discovery"]);
  });

  it("keeps the bounds, the targets on the service's own container and the behaviour of the autoscaler", () => {
    const spec = specOf(platform.get(scaledObjectType, "consumption-autoscaler"));
    expect([spec.minReplicaCount, spec.maxReplicaCount]).to.deep.equal([10, 200]);
    expect(spec.scaleTargetRef).to.deep.equal({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Rollout",
      name: "consumption",
    });
    const { name, behavior } = spec.advanced.horizontalPodAutoscalerConfig;
    expect(name).to.equal("consumption");
    expect(behavior.scaleUp.policies).to.deep.equal([{ type: "Percent", value: 100, periodSeconds: 15 }]);
    expect(behavior.scaleDown).to.deep.equal({
      stabilizationWindowSeconds: 300,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 10, periodSeconds: 300 }],
    });
    expect(spec.triggers.slice(1)).to.deep.equal([
      { type: "cpu", metricType: "Utilization", metadata: { value: "50", containerName: "consumption" } },
      { type: "memory", metricType: "Utilization", metadata: { value: "70", containerName: "consumption" } },
    ]);
  });

  it("asks Prometheus for the requests that arrive, and keeps the pods there are while it does not answer", () => {
    const spec = specOf(platform.get(scaledObjectType, "consumption-autoscaler"));
    expect(spec.triggers[0]).to.deep.equal({
      type: "prometheus",
      metricType: "AverageValue",
      metadata: {
        serverAddress: "http://kube-prometheus-stack-prometheus.monitoring.svc.cluster.local:9090",
        query:
          'sum(rate(istio_requests_total{namespace="llm-marketplace",job="consumption",reporter="destination"}[1m]))',
        threshold: "150",
        ignoreNullValues: "false",
      },
    });
    expect(spec.fallback).to.deep.equal({
      failureThreshold: 3,
      replicas: 10,
      behavior: "currentReplicasIfHigher",
    });
  });

  it("comes after KEDA, which is there only where a service wants it", async () => {
    const { dependencies } = platform.get(scaledObjectType, "consumption-autoscaler");
    expect(dependencies).to.include(platform.get(releaseType, "delivery-keda").urn);
    const without = await recordPlatform({ services: [fake.service("discovery")] });
    expect(without.ofType(releaseType).map(objectName)).to.not.include("keda");
  });

  it("lets KEDA reach Prometheus, the Kubernetes API and its own parts only", () => {
    const policies = platform
      .ofType("kubernetes:networking.k8s.io/v1:NetworkPolicy")
      .filter(({ inputs }) => (inputs.metadata as { namespace: string }).namespace === "keda");
    expect(policies.map(objectName)).to.have.members([
      "default-deny",
      "allow-dns",
      "allow-namespace-traffic",
      "allow-queries",
    ]);
  });
});
