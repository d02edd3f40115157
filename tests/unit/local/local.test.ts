// Covers the local cloud: an existing kube context, nothing of a cloud, and what stands in the cluster in its place.
import { expect } from "chai";
import type { KafkaOutputs, StoreOutputs } from "../../../components/clouds/contract.ts";
import { createKafka } from "../../../components/clouds/local/kafka.ts";
import { createPostgres } from "../../../components/clouds/local/postgres.ts";
import { createRedis } from "../../../components/clouds/local/redis.ts";
import { context, encryption, network, recordLocal } from "./fixture.ts";

describe("the local cloud", () => {
  it("uses the kube context of the stack file and reads no kubeconfig into the state", async () => {
    const recording = await recordLocal(({ part, cluster }) => {
      const { kubeconfig, name } = cluster(part("cluster"));
      return { kubeconfig, name };
    });
    const [provider] = recording.ofType("pulumi:providers:kubernetes");
    expect(provider?.inputs).to.deep.equal({ context: "kind-llm-marketplace" });
    expect(recording.outputs.name).to.equal("kind-llm-marketplace");
    expect(JSON.stringify(recording.outputs.kubeconfig)).to.contain(
      JSON.stringify('{"apiVersion":"v1","kind":"Config","current-context":"kind-llm-marketplace"}'),
    );
    expect(JSON.stringify(recording.outputs.kubeconfig)).to.contain("1b47061264138c4ac30d75fd1eb44270");
  });

  it("makes both storage classes with the configured provisioner, and the metrics that kind lacks", async () => {
    const recording = await recordLocal(({ part, cluster }) => ({
      ready: cluster(part("cluster")).ready.length,
    }));
    for (const storageClass of ["ssd", "hdd"]) {
      const { inputs } = recording.get(
        "kubernetes:storage.k8s.io/v1:StorageClass",
        `cluster-storage-${storageClass}`,
      );
      expect(inputs).to.include({
        provisioner: "rancher.io/local-path",
        volumeBindingMode: "WaitForFirstConsumer",
        reclaimPolicy: "Delete",
        allowVolumeExpansion: false,
      });
    }
    const { values } = recording.get("kubernetes:helm.sh/v3:Release", "cluster-metrics-server").inputs;
    expect((values as { args: string[] }).args).to.deep.equal(["--kubelet-insecure-tls"]);
    expect(recording.outputs.ready).to.equal(3);
  });

  it("has no keys, no network, no zone, no identity, no vault and nothing to export to", async () => {
    const recording = await recordLocal(({ cloud, part }) => {
      const parent = part("all");
      const store = { ready: [] } as unknown as StoreOutputs;
      const kafka = { ready: [] } as unknown as KafkaOutputs;
      const shared = { context, encryption, cluster: undefined as never };
      const stores = { postgres: store, redis: store };
      return {
        region: cloud.region ?? "none",
        encryption: cloud.encryption(parent, "encryption", { context, recovery: true }),
        network: network(cloud, parent),
        dns: cloud.dns(parent, "dns", { context, domain: context.domain }),
        identity: cloud.identity(parent, "identity", {
          ...shared,
          namespace: "a",
          serviceAccount: "a",
          grants: [{ to: "traces" }],
        }),
        telemetry: cloud.telemetry(parent, "telemetry", {
          ...shared,
          ...stores,
          kafka,
          logRetentionDays: 1,
        }),
        backup: cloud.backup(parent, "backup", {
          ...shared,
          ...stores,
          retentionDays: 1,
          hourlyRetentionHours: 0,
          crossRegionCopies: false,
        }),
        gateway: cloud.gateway({ context, network: network(cloud, parent) }),
        registry: cloud.registry(parent, "registry", {
          context,
          encryption,
          repositories: ["admin"],
          keepImages: 1,
        }),
      };
    });
    expect(recording.outputs).to.deep.equal({
      region: "none",
      encryption: {},
      network: {
        id: "local",
        cidr: "10.0.0.0/16",
        zones: ["local"],
        publicSubnetIds: [],
        privateSubnetIds: [],
        dataSubnetIds: [],
        egressAddresses: [],
      },
      dns: { nameServers: [] },
      identity: { serviceAccountAnnotations: {}, ready: [] },
      telemetry: { collector: { exporters: {}, extensions: {}, traceExporters: [] }, grants: [] },
      backup: {},
      gateway: { serviceType: "NodePort", annotations: {}, proxyProtocol: false },
      registry: { repositoryUrls: { admin: "localhost:5001/admin" } },
    });
    expect(recording.resources.map(({ type }) => type)).to.have.members([
      "pulumi:pulumi:Stack",
      "llm-marketplace:clouds:Providers",
      "llm-marketplace:test:Part",
      "pulumi:providers:kubernetes",
    ]);
  });

  const managed: readonly [path: string, build: () => unknown][] = [
    ["data.postgres", createPostgres],
    ["data.redis", createRedis],
    ["kafka", createKafka],
  ];
  for (const [path, build] of managed) {
    it(`says that a managed ${path} needs a cloud, and how to go without`, () => {
      expect(build).to.throw(
        `${path}.mode: got managed\n` +
          "  allowed: in-cluster: the local cloud has no managed stores\n" +
          `  fix: set ${path}.mode to in-cluster, or choose a cloud that manages it (cloud: aws)`,
      );
    });
  }

  it("refuses an object store before the secrets operator that makes its credentials", async () => {
    const failure = await recordLocal(({ cloud, part }) => {
      cloud.objectStore(part("logs"), "logs", {
        context,
        encryption,
        purpose: "logs",
        expireDays: 1,
        replicate: false,
      });
      return {};
    }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.equal(
      "an object store was asked for before the secrets operator, which makes its credentials",
    );
  });
});
