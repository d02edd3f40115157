// Covers the invariants themselves: they hold in a plan that is in order, and each finds what breaks it.
import { expect } from "chai";
import { asSecret } from "../../../simulator/properties.ts";
import { invariants } from "../../support/invariants/index.ts";
import { type Drafts, planWith } from "./fixture.ts";

/** Replaces a member of an argument object, by path. */
function set(drafts: Drafts, name: string, path: string, value: unknown): void {
  const draft = drafts[name];
  if (draft === undefined) throw new Error(`no resource ${name} in the fixture`);
  const inputs = structuredClone(draft.inputs) as Record<string, unknown>;
  const keys = path.split(".");
  let inner = inputs;
  for (const key of keys.slice(0, -1)) inner = inner[key] as Record<string, unknown>;
  inner[keys.at(-1) as string] = value;
  draft.inputs = inputs;
  draft.outputs = inputs;
}

function forget(drafts: Drafts, name: string, needed: string): void {
  const draft = drafts[name];
  const urn = drafts[needed]?.urn;
  if (draft === undefined || urn === undefined) throw new Error(`no ${name} or ${needed} in the fixture`);
  draft.dependencies = draft.dependencies.filter((dependency) => dependency !== urn);
}

const get = (drafts: Drafts, name: string) => drafts[name] as Drafts[string];

const breaks: readonly [title: string, change: (drafts: Drafts) => void, found: readonly string[]][] = [
  [
    "a resource that hangs on the stack itself",
    (drafts) => {
      get(drafts, "firewall").parent = get(drafts, "llm-marketplace-staging").urn;
    },
    ["aws:ec2/securityGroup:SecurityGroup firewall descends from no component"],
  ],
  [
    "a resource without a parent",
    (drafts) => {
      get(drafts, "firewall").parent = undefined;
    },
    ["aws:ec2/securityGroup:SecurityGroup firewall does not descend from the stack"],
  ],
  [
    "a resource without a provider",
    (drafts) => {
      get(drafts, "database").provider = "";
    },
    ["aws:rds/instance:Instance database has no explicit provider"],
  ],
  [
    "a resource with another package's provider",
    (drafts) => {
      get(drafts, "database").provider = get(drafts, "service").provider;
    },
    ["aws:rds/instance:Instance database has a provider of kubernetes"],
  ],
  [
    "a dependency on nothing",
    (drafts) => {
      get(drafts, "database").dependencies = ["urn:pulumi:staging::llm-marketplace::a:b:C::gone"];
    },
    [
      "aws:rds/instance:Instance database depends on urn:pulumi:staging::llm-marketplace::a:b:C::gone, which is not in the plan",
    ],
  ],
  [
    "a cycle",
    (drafts) => {
      get(drafts, "bucket").dependencies = [get(drafts, "bucket-block").urn];
    },
    [
      "aws:s3/bucket:Bucket bucket needs itself",
      "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock bucket-block needs itself",
    ],
  ],
  [
    "a missing tag",
    (drafts) =>
      set(drafts, "database", "tags", { Stack: "staging", Component: "platform", Owner: "platform" }),
    ["aws:rds/instance:Instance database lacks the tags CostCentre"],
  ],
  [
    "a missing label of an object",
    (drafts) => set(drafts, "service", "metadata.labels", {}),
    [
      "kubernetes:core/v1:Service service lacks in metadata the labels app.kubernetes.io/name, app.kubernetes.io/component, app.kubernetes.io/part-of, llm-marketplace.io/stack, llm-marketplace.io/owner, llm-marketplace.io/cost-centre",
    ],
  ],
  [
    "missing labels of a pod template",
    (drafts) => {
      const labels = (get(drafts, "store").inputs.metadata as { labels: Record<string, string> }).labels;
      const { "llm-marketplace.io/owner": _owner, ...rest } = labels;
      set(drafts, "store", "spec.template.metadata.labels", rest);
    },
    [
      "kubernetes:apps/v1:StatefulSet store lacks in spec.template.metadata the labels llm-marketplace.io/owner",
    ],
  ],
  [
    "a physical name over its limit",
    (drafts) => set(drafts, "database", "identifier", "d".repeat(64)),
    ["aws:rds/instance:Instance database has a name of 64 characters, limit 63"],
  ],
  [
    "a logical name that leaves no room for the random part",
    (drafts) => {
      get(drafts, "bucket").name = "b".repeat(56);
    },
    [`aws:s3/bucket:Bucket ${"b".repeat(56)} has a name of 64 characters, limit 63`],
  ],
  [
    "a name of an object over its kind's limit",
    (drafts) => set(drafts, "store", "metadata.name", "s".repeat(53)),
    ["kubernetes:apps/v1:StatefulSet store has a name of 53 characters, limit 52"],
  ],
  [
    "a type whose limit nobody has looked up",
    (drafts) => {
      get(drafts, "firewall").type = "aws:lambda/function:Function";
    },
    ["aws:lambda/function:Function has no limit in tests/support/invariants/names.ts"],
  ],
  [
    "a database that is not encrypted",
    (drafts) => set(drafts, "database", "storageEncrypted", false),
    ["aws:rds/instance:Instance database has storageEncrypted false, wanted true"],
  ],
  [
    "a cluster without a key for its secrets",
    (drafts) => set(drafts, "cluster", "encryptionConfigKeyArn", undefined),
    ["eks:index:Cluster cluster has encryptionConfigKeyArn unset, wanted a customer key"],
  ],
  [
    "a bucket that is encrypted with a key of the provider",
    (drafts) =>
      set(drafts, "bucket-encryption", "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256"),
    ["aws:s3/bucket:Bucket bucket is not encrypted with a customer key"],
  ],
  [
    "a storage class whose volumes are not encrypted",
    (drafts) => set(drafts, "ssd", "parameters", { type: "gp3" }),
    [
      "kubernetes:storage.k8s.io/v1:StorageClass ssd makes volumes that are not encrypted with a customer key",
    ],
  ],
  [
    "a database in a public subnet",
    (drafts) => set(drafts, "database-subnets", "subnetIds", ["public-subnet-id"]),
    ["aws:rds/subnetGroup:SubnetGroup database-subnets is in a public subnet"],
  ],
  [
    "a database that does not refuse a public address",
    (drafts) => set(drafts, "database", "publiclyAccessible", undefined),
    ["aws:rds/instance:Instance database does not say publiclyAccessible: false"],
  ],
  [
    "a bucket without a complete public access block",
    (drafts) => set(drafts, "bucket-block", "blockPublicPolicy", false),
    ["aws:s3/bucket:Bucket bucket has no complete public access block"],
  ],
  [
    "a security group that is open to the world",
    (drafts) => set(drafts, "firewall", "ingress", [{ cidrBlocks: ["0.0.0.0/0"] }]),
    ["aws:ec2/securityGroup:SecurityGroup firewall lets the whole internet in"],
  ],
  [
    "an API that is open to the world",
    (drafts) => set(drafts, "cluster", "endpointPublicAccess", true),
    ["eks:index:Cluster cluster has an API that is open to the world"],
  ],
  [
    "a Service that waits for its pods",
    (drafts) => set(drafts, "service", "spec.selector", { "app.kubernetes.io/name": "store" }),
    ["kubernetes:core/v1:Service service waits for its pods"],
  ],
  [
    "a Service that is exposed",
    (drafts) => set(drafts, "service", "spec.type", "LoadBalancer"),
    ["kubernetes:core/v1:Service service is a LoadBalancer"],
  ],
  [
    "the value of a secret in another argument",
    (drafts) => {
      set(drafts, "database", "masterPassword", asSecret("correct horse battery"));
      set(drafts, "firewall", "description", "it is correct horse battery");
    },
    [
      "aws:ec2/securityGroup:SecurityGroup firewall has at inputs.description the value of a secret",
      "aws:ec2/securityGroup:SecurityGroup firewall has at outputs.description the value of a secret",
    ],
  ],
  [
    "a password in clear",
    (drafts) => {
      get(drafts, "database").inputs = { ...get(drafts, "database").inputs, password: "12345" };
    },
    ["aws:rds/instance:Instance database has at inputs.password what looks like a secret"],
  ],
  [
    "an object that does not wait for its namespace",
    (drafts) => forget(drafts, "service", "data-namespace"),
    ["kubernetes:core/v1:Service service does not wait for its namespace data"],
  ],
  [
    "an object in a namespace that nothing creates",
    (drafts) => set(drafts, "service", "metadata.namespace", "elsewhere"),
    ["kubernetes:core/v1:Service service is in the namespace elsewhere, which nothing creates"],
  ],
  [
    "a custom resource that does not wait for its operator",
    (drafts) => {
      forget(drafts, "certificate", "cert-manager");
      get(drafts, "certificate").dependencies = [get(drafts, "data-namespace").urn];
    },
    [
      "kubernetes:cert-manager.io/v1:Certificate certificate does not wait for cert-manager, which brings its kind",
    ],
  ],
  [
    "a release that does not wait for nodes",
    (drafts) => forget(drafts, "cert-manager", "nodes"),
    ["kubernetes:helm.sh/v3:Release cert-manager does not wait for nodes"],
  ],
  [
    "a claim of volumes that does not wait for their driver",
    (drafts) => forget(drafts, "store", "volume-driver"),
    ["kubernetes:apps/v1:StatefulSet store does not wait for the volume driver"],
  ],
  [
    "a workload that does not wait for its identity",
    (drafts) => forget(drafts, "store", "store-identity"),
    ["kubernetes:apps/v1:StatefulSet store does not wait for its identity store-identity"],
  ],
  [
    "data that is not protected",
    (drafts) => {
      get(drafts, "store").protect = false;
    },
    ["kubernetes:apps/v1:StatefulSet store is not protected"],
  ],
];

describe("the invariants", () => {
  const violations = (change?: (drafts: Drafts) => void) => {
    const plan = planWith(change);
    return invariants.flatMap((invariant) => invariant.violations(plan));
  };

  it("hold in a plan that is in order", () => {
    expect(violations()).to.deep.equal([]);
  });

  for (const [title, change, found] of breaks) {
    it(`find ${title}`, () => {
      expect(violations(change)).to.deep.equal(found);
    });
  }

  it("are each proven by a fixture that breaks it", () => {
    const unproven = invariants.filter(
      (invariant) => !breaks.some(([, change]) => invariant.violations(planWith(change)).length > 0),
    );
    expect(unproven.map(({ title }) => title)).to.deep.equal([]);
  });
});
