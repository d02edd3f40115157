// Covers the local secret store and object store: who may read, what is generated, and that no key is in the state.
import { expect } from "chai";
import { Secrets } from "../../../components/secrets.ts";
import { specOf } from "../../support/fake-platform.ts";
import type { Recording } from "../../support/record.ts";
import { context, encryption, recordLocal } from "./fixture.ts";

const bucket = (purpose: string) => ({ context, encryption, purpose, expireDays: 30, replicate: true });

/** The secrets operator with two buckets that components ask for after it. */
const record = (): Promise<Recording> =>
  recordLocal(({ cloud, part, cluster }) => {
    const secrets = new Secrets("secrets", {
      context,
      cloud,
      encryption,
      cluster: cluster(part("cluster")),
    });
    const logs = cloud.objectStore(part("logs"), "logs", bucket("logs"));
    const backups = cloud.objectStore(part("backups"), "backups", bucket("store-backups"));
    const { ready: _logs, ...logsPlain } = logs;
    return { logs: logsPlain, backups: backups.bucket, prefix: secrets.prefix, platform: secrets.platform };
  });

describe("the local secret store", () => {
  it("is a namespace that External Secrets reads as one ServiceAccount, and nobody else", async () => {
    const recording = await record();
    const store = recording.get("kubernetes:external-secrets.io/v1:ClusterSecretStore", "secrets-store");
    expect(specOf(store).provider).to.deep.equal({
      kubernetes: {
        remoteNamespace: "platform-secrets",
        server: {
          caProvider: {
            type: "ConfigMap",
            name: "kube-root-ca.crt",
            key: "ca.crt",
            namespace: "platform-secrets",
          },
        },
        auth: { serviceAccount: { name: "external-secrets-reader", namespace: "platform-secrets" } },
      },
    });
    const role = recording.get("kubernetes:rbac.authorization.k8s.io/v1:Role", "secrets-store-reader");
    expect(role.inputs.rules).to.deep.equal([
      { apiGroups: [""], resources: ["secrets"], verbs: ["get", "list", "watch"] },
    ]);
  });

  it("leaves the platform's secrets to people and generates the object store's alone", async () => {
    const recording = await record();
    expect(recording.outputs.platform).to.deep.equal({
      pagerduty: { remoteKey: "pagerduty" },
      slack: { remoteKey: "slack" },
    });
    const generated = recording
      .ofType("kubernetes:external-secrets.io/v1:ExternalSecret")
      .map(({ inputs }) => inputs.metadata as { namespace: string; name: string })
      .filter(({ namespace }) => namespace === "platform-secrets")
      .map(({ name }) => name);
    expect(generated).to.have.members(["object-store-credentials"]);
  });
});

describe("the local object store", () => {
  it("is one server for all buckets", async () => {
    const recording = await record();
    expect(recording.ofType("kubernetes:apps/v1:StatefulSet").map(({ name }) => name)).to.deep.equal([
      "object-store-server",
    ]);
    expect(recording.outputs.logs).to.deep.equal({
      bucket: "llm-marketplace-local-logs",
      reference: "llm-marketplace-local-logs",
      region: "us-east-1",
      endpoint: "http://object-store.object-store.svc.cluster.local:7070",
      credentialsSecret: "object-store-credentials",
    });
    expect(recording.outputs.backups).to.equal("llm-marketplace-local-store-backups");
    const server = recording.get("kubernetes:apps/v1:StatefulSet", "object-store-server");
    for (const job of ["logs-bucket", "backups-bucket"]) {
      const { dependencies } = recording.get("kubernetes:batch/v1:Job", job);
      expect(dependencies, job).to.include(server.urn);
    }
  });

  it("has credentials that are generated after the operator and copied to its clients' namespaces", async () => {
    const recording = await record();
    const source = recording.get(
      "kubernetes:external-secrets.io/v1:ExternalSecret",
      "object-store-credentials",
    );
    expect(specOf(source).target.template.data).to.deep.equal({
      "access-key": "llm-marketplace",
      "secret-key": "{{ .password }}",
    });
    expect(source.dependencies).to.include(
      recording.get("kubernetes:helm.sh/v3:Release", "secrets-external-secrets").urn,
    );
    const copies = specOf(
      recording.get(
        "kubernetes:external-secrets.io/v1:ClusterExternalSecret",
        "object-store-credentials-copies",
      ),
    );
    expect(copies.namespaceSelectors[0].matchExpressions).to.deep.equal([
      {
        key: "kubernetes.io/metadata.name",
        operator: "In",
        values: ["object-store", "monitoring", "data", "velero"],
      },
    ]);
  });

  it("runs restricted, on a volume, with its keys from the secret", async () => {
    const { template, volumeClaimTemplates } = specOf(
      (await record()).get("kubernetes:apps/v1:StatefulSet", "object-store-server"),
    );
    const [container] = template.spec.containers;
    expect(container.image).to.match(/^ghcr\.io\/versity\/versitygw:v\d+\.\d+\.\d+$/);
    expect(container.args).to.deep.equal(["posix", "--sidecar", "/data/metadata", "/data/objects"]);
    expect(container.env[1]).to.deep.equal({
      name: "ROOT_SECRET_ACCESS_KEY",
      valueFrom: { secretKeyRef: { name: "object-store-credentials", key: "secret-key" } },
    });
    expect(container.securityContext.readOnlyRootFilesystem).to.equal(true);
    expect(template.spec.securityContext.runAsNonRoot).to.equal(true);
    expect(volumeClaimTemplates[0].spec).to.deep.include({
      storageClassName: "ssd",
      resources: { requests: { storage: "20Gi" } },
    });
  });

  it("lets in the namespaces that keep objects, and no others", async () => {
    const { ingress } = specOf(
      (await record()).get("kubernetes:networking.k8s.io/v1:NetworkPolicy", "object-store-allow-clients"),
    );
    const from = (name: string) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    });
    expect(ingress).to.deep.equal([
      {
        from: [from("monitoring"), from("data"), from("velero")],
        ports: [{ protocol: "TCP", port: 7070 }],
      },
    ]);
  });
});
