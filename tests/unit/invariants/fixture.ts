/** A small plan in which every invariant holds, made by hand so that a test can break one thing in it. */
import type { Plan } from "../../../cli/plan/plan.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";

type Draft = { -readonly [Key in keyof RecordedResource]: RecordedResource[Key] };

/** The plan's resources by name, free to be changed. */
export type Drafts = Record<string, Draft>;

const prefix = "urn:pulumi:staging::llm-marketplace";
const urnOf = (type: string, name: string) => `${prefix}::${type}::${name}`;
const stackUrn = urnOf("pulumi:pulumi:Stack", "llm-marketplace-staging");
const componentUrn = urnOf("llm-marketplace:platform:Platform", "platform");

const tags = { Stack: "staging", Component: "platform", Owner: "platform", CostCentre: "marketplace" };
const labels = {
  "app.kubernetes.io/name": "store",
  "app.kubernetes.io/component": "platform",
  "app.kubernetes.io/part-of": "llm-marketplace",
  "llm-marketplace.io/stack": "staging",
  "llm-marketplace.io/owner": "platform",
  "llm-marketplace.io/cost-centre": "marketplace",
};
const key = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-a111-111111111111";

function draft(
  type: string,
  name: string,
  inputs: Record<string, unknown>,
  more: Partial<Draft> = {},
): Draft {
  const pkg = type.split(":")[0] ?? "";
  const custom = !type.startsWith("llm-marketplace:") && type !== "pulumi:pulumi:Stack";
  const provided = custom && pkg !== "pulumi";
  return {
    urn: urnOf(type, name),
    type,
    name,
    custom,
    remote: false,
    parent: componentUrn,
    provider: provided ? `${urnOf(`pulumi:providers:${pkg}`, pkg)}::id` : "",
    providers: {},
    inputs,
    id: `${name}-id`,
    outputs: inputs,
    dependencies: [],
    propertyDependencies: {},
    protect: false,
    options: {},
    ...more,
  };
}

function provider(pkg: string): Draft {
  return draft(`pulumi:providers:${pkg}`, pkg, {}, { parent: stackUrn });
}

function network(): Draft[] {
  const named = (name: string) => draft("aws:ec2/subnet:Subnet", name, { tags });
  const association = (name: string, subnetId: string, routeTableId: string) =>
    draft("aws:ec2/routeTableAssociation:RouteTableAssociation", name, { subnetId, routeTableId });
  return [
    draft("aws:ec2/internetGateway:InternetGateway", "gateway", { tags }),
    draft("aws:ec2/routeTable:RouteTable", "public-table", { tags }),
    draft("aws:ec2/routeTable:RouteTable", "private-table", { tags }),
    draft("aws:ec2/route:Route", "public-route", {
      routeTableId: "public-table-id",
      gatewayId: "gateway-id",
    }),
    named("public-subnet"),
    named("data-subnet"),
    association("public-association", "public-subnet-id", "public-table-id"),
    association("data-association", "data-subnet-id", "private-table-id"),
    draft("aws:ec2/securityGroup:SecurityGroup", "firewall", {
      tags,
      ingress: [{ cidrBlocks: ["10.0.0.0/8"] }],
    }),
  ];
}

function stores(): Draft[] {
  const bucket = draft("aws:s3/bucket:Bucket", "bucket", { tags }, { protect: true });
  const encryption = { applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: key } };
  const blocked = {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  };
  return [
    draft("aws:rds/subnetGroup:SubnetGroup", "database-subnets", { tags, subnetIds: ["data-subnet-id"] }),
    draft(
      "aws:rds/instance:Instance",
      "database",
      {
        tags,
        storageEncrypted: true,
        kmsKeyId: key,
        performanceInsightsKmsKeyId: key,
        publiclyAccessible: false,
      },
      { protect: true },
    ),
    bucket,
    draft(
      "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      "bucket-encryption",
      { rules: [encryption] },
      { dependencies: [bucket.urn] },
    ),
    draft("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "bucket-block", blocked, {
      dependencies: [bucket.urn],
    }),
  ];
}

function cluster(): Draft[] {
  const eks = draft(
    "eks:index:Cluster",
    "cluster",
    { tags, endpointPublicAccess: false, encryptionConfigKeyArn: key },
    { custom: false, remote: true },
  );
  const nodes = draft("aws:eks/nodeGroup:NodeGroup", "nodes", { tags }, { dependencies: [eks.urn] });
  const driver = draft(
    "aws:eks/addon:Addon",
    "volume-driver",
    { tags, addonName: "aws-ebs-csi-driver" },
    { dependencies: [nodes.urn] },
  );
  const binding = draft("aws:eks/podIdentityAssociation:PodIdentityAssociation", "store-identity", {
    tags,
    namespace: "data",
    serviceAccount: "store",
  });
  return [eks, nodes, driver, binding, ...inside(nodes, driver, binding)];
}

function inside(nodes: Draft, driver: Draft, binding: Draft): Draft[] {
  const metadata = { name: "store", namespace: "data", labels };
  const namespace = draft("kubernetes:core/v1:Namespace", "data-namespace", {
    metadata: { name: "data", labels },
  });
  const release = draft(
    "kubernetes:helm.sh/v3:Release",
    "cert-manager",
    { name: "cert-manager", namespace: "data", chart: "oci://quay.io/jetstack/charts/cert-manager" },
    { dependencies: [namespace.urn, nodes.urn] },
  );
  const first = [namespace.urn, nodes.urn, driver.urn, binding.urn];
  const template = {
    metadata: { labels },
    spec: { serviceAccountName: "store", containers: [{ name: "store" }] },
  };
  const claims = [{ metadata: { name: "data" } }];
  return [
    namespace,
    release,
    draft("kubernetes:storage.k8s.io/v1:StorageClass", "ssd", {
      metadata: { name: "ssd", labels },
      provisioner: "ebs.csi.aws.com",
      parameters: { encrypted: "true", kmsKeyId: key },
    }),
    draft(
      "kubernetes:cert-manager.io/v1:Certificate",
      "certificate",
      { metadata, spec: {} },
      { dependencies: [release.urn] },
    ),
    draft(
      "kubernetes:core/v1:Service",
      "service",
      { metadata, spec: { type: "ClusterIP" } },
      { dependencies: [namespace.urn] },
    ),
    draft(
      "kubernetes:apps/v1:StatefulSet",
      "store",
      { metadata, spec: { template, volumeClaimTemplates: claims } },
      { dependencies: first, protect: true },
    ),
  ];
}

/** The plan, after `change` has had its way with the resources, by name. */
export function planWith(change: (drafts: Drafts) => void = () => undefined): Plan {
  const list = [
    draft("pulumi:pulumi:Stack", "llm-marketplace-staging", {}, { parent: undefined }),
    provider("aws"),
    provider("eks"),
    provider("kubernetes"),
    draft("llm-marketplace:platform:Platform", "platform", {}, { parent: stackUrn }),
    ...network(),
    ...stores(),
    ...cluster(),
  ];
  const drafts = Object.fromEntries(list.map((resource) => [resource.name, resource]));
  change(drafts);
  return {
    project: "llm-marketplace",
    stack: "staging",
    cloud: "aws",
    environment: "staging",
    resources: Object.values(drafts),
    outputs: {},
  };
}
