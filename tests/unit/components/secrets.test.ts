// Covers Secrets: the store, the operator's identity, the platform's own secrets, and that no value is anywhere.
import { expect } from "chai";
import {
  createExternalSecret,
  createGeneratedSecret,
} from "../../../components/kubernetes/external-secrets.ts";
import { Secrets } from "../../../components/secrets.ts";
import * as fake from "../../support/fake-cloud.ts";
import { specOf } from "../../support/fake-platform.ts";
import { type Recording, recordResources } from "../../support/record.ts";

const externalSecretType = "kubernetes:external-secrets.io/v1:ExternalSecret";

describe("Secrets", () => {
  let cloud: fake.FakeCloud;
  let recording: Recording;
  before(async () => {
    recording = await recordResources(() => {
      cloud = fake.fakeCloud();
      const args = { context: fake.context, cloud, encryption: fake.encryption, cluster: fake.cluster() };
      const secrets = new Secrets("secrets", args);
      const place = { context: fake.context, component: "observability", namespace: "monitoring" };
      const opts = { dependsOn: [...secrets.ready] };
      createExternalSecret(
        secrets,
        "pagerduty",
        {
          ...place,
          secretName: "pagerduty",
          remoteKey: secrets.platform.pagerduty.remoteKey,
          keys: { key: "routing-key" },
        },
        opts,
      );
      createGeneratedSecret(
        secrets,
        "made-up",
        { ...place, secretName: "made-up", template: { username: "admin", password: "{{ .password }}" } },
        opts,
      );
      return { storeName: secrets.storeName, prefix: secrets.prefix };
    });
  });

  it("lets the operator read the platform's prefix and nothing else", () => {
    expect(
      cloud.identities.map(({ namespace, serviceAccount, grants }) => ({
        namespace,
        serviceAccount,
        grants,
      })),
    ).to.deep.equal([
      {
        namespace: "external-secrets",
        serviceAccount: "external-secrets",
        grants: [{ to: "secrets", prefix: "llm-marketplace/production/", extra: [] }],
      },
    ]);
  });

  it("makes one store for the whole cluster, after the operator", () => {
    const store = recording.get("kubernetes:external-secrets.io/v1:ClusterSecretStore", "secrets-store");
    expect(store.inputs.metadata).to.include({ name: "platform" });
    expect(specOf(store)).to.deep.equal({
      provider: { aws: { service: "SecretsManager", region: "us-east-1" } },
    });
    expect(store.dependencies.map((urn) => urn.split("::").at(-1))).to.include("secrets-external-secrets");
    expect(recording.outputs).to.deep.equal({ storeName: "platform", prefix: "llm-marketplace/production/" });
  });

  it("asks the cloud for the platform's secrets by name, without a value", () => {
    expect(cloud.secrets.map(({ secretName }) => secretName)).to.deep.equal(["pagerduty", "slack"]);
    for (const secret of cloud.secrets) expect(secret).to.not.have.any.keys("value", "secretString");
  });

  it("keeps a Kubernetes secret equal to the cloud's", () => {
    expect(specOf(recording.get(externalSecretType, "pagerduty"))).to.deep.equal({
      refreshInterval: "1h",
      secretStoreRef: { kind: "ClusterSecretStore", name: "platform" },
      target: { name: "pagerduty", creationPolicy: "Owner" },
      data: [
        {
          secretKey: "key",
          remoteRef: { key: "llm-marketplace/production/pagerduty", property: "routing-key" },
        },
      ],
    });
  });

  it("makes a secret up inside the cluster, once", () => {
    const made = specOf(recording.get(externalSecretType, "made-up"));
    expect(made.refreshPolicy).to.equal("CreatedOnce");
    expect(made.target.template).to.deep.equal({
      engineVersion: "v2",
      data: { username: "admin", password: "{{ .password }}" },
    });
    expect(made.dataFrom).to.deep.equal([
      {
        sourceRef: {
          generatorRef: {
            apiVersion: "generators.external-secrets.io/v1alpha1",
            kind: "Password",
            name: "made-up",
          },
        },
      },
    ]);
    const generator = recording.get(
      "kubernetes:generators.external-secrets.io/v1alpha1:Password",
      "made-up-generator",
    );
    expect(specOf(generator).length).to.equal(32);
  });
});
