// Covers cloud identities: who may take a role, and the exact rights that each kind of grant becomes.
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type {
  Grant,
  KafkaOutputs,
  ObjectStoreOutputs,
  StoreOutputs,
} from "../../../components/clouds/contract.ts";
import { recordResources } from "../../support/record.ts";
import { account, context, createFoundation, expectedTags, inputsOf, statementsOf } from "./fixture.ts";

const bucketArn = "arn:aws:s3:::backups-1234567";
const kafkaArn = `arn:aws:kafka:us-east-1:${account}:cluster/events/0b5c-1`;
const redisArn = `arn:aws:elasticache:us-east-1:${account}:replicationgroup:cache`;

const bucket: ObjectStoreOutputs = {
  bucket: pulumi.output("backups-1234567"),
  reference: pulumi.output(bucketArn),
  region: "us-east-1",
  endpoint: undefined,
  credentialsSecret: undefined,
  ready: [],
};
const store = (kind: "postgres" | "redis", reference: string | undefined): StoreOutputs => ({
  kind,
  host: pulumi.output("store.example"),
  port: 1,
  tls: true,
  auth: { kind: "cloud-identity", userName: (user) => `stack-${user}` },
  caSecret: undefined,
  reference: reference === undefined ? undefined : pulumi.output(reference),
  namespace: undefined,
  adminSecretKey: undefined,
  ready: [],
});
const kafka = (reference: string | undefined): KafkaOutputs => ({
  bootstrapServers: pulumi.output("broker.example:9098"),
  protocol: "SASL_SSL",
  auth: { kind: "cloud-identity", userName: (user) => user },
  caSecret: undefined,
  reference: reference === undefined ? undefined : pulumi.output(reference),
  namespace: undefined,
  topics: [],
  ready: [],
});

/** Records the identity of one workload with these grants. */
const record = (grants: readonly Grant[]) =>
  recordResources(() => {
    const { cloud, cluster, encryption } = createFoundation({ network: { flowLogRetentionDays: 0 } });
    const workload = new Workload("reader", { providers: cloud.providers });
    const identity = cloud.identity(workload, "reader", {
      context,
      cluster,
      encryption,
      namespace: "llm-marketplace",
      serviceAccount: "reader",
      grants,
    });
    return { principal: identity.principal ?? "none", annotations: identity.serviceAccountAnnotations };
  });

class Workload extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:test:Workload", name, {}, opts);
    this.registerOutputs({});
  }
}

/** The statements that grants become, without their numbered names, and the ARN of the platform's key. */
async function rightsOf(grants: readonly Grant[]) {
  const recording = await record(grants);
  const key = String(recording.get("aws:kms/key:Key", "encryption-key").outputs.arn);
  const policy = recording.get("aws:iam/rolePolicy:RolePolicy", "reader-identity");
  const rights = statementsOf(policy).map(({ Sid: _, Effect, ...right }) => {
    expect(Effect).to.equal("Allow");
    return right;
  });
  return { key, rights };
}

const keyThrough = (key: string, service: string, Action: readonly string[]) => ({
  Action,
  Resource: key,
  Condition: { StringEquals: { "kms:ViaService": `${service}.us-east-1.amazonaws.com` } },
});

describe("AWS identity", () => {
  it("is a role that only pods of one ServiceAccount in one cluster may take", async () => {
    const recording = await record([{ to: "traces" }]);
    const role = recording.get("aws:iam/role:Role", "reader-identity");
    expect(statementsOf(role, "assumeRolePolicy")).to.deep.equal([
      {
        Sid: "PodsOfOneServiceAccount",
        Effect: "Allow",
        Principal: { Service: "pods.eks.amazonaws.com" },
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Condition: {
          StringEquals: {
            "aws:SourceAccount": account,
            "aws:RequestTag/eks-cluster-name": "llm-marketplace-test-eks",
            "aws:RequestTag/kubernetes-namespace": "llm-marketplace",
            "aws:RequestTag/kubernetes-service-account": "reader",
          },
        },
      },
    ]);
    expect(inputsOf(role).tags).to.deep.equal(expectedTags("identity", "reader-identity"));
    expect(recording.outputs).to.deep.equal({ principal: role.outputs.arn, annotations: {} });
  });

  it("is bound to the ServiceAccount once its rights are complete", async () => {
    const recording = await record([{ to: "traces" }]);
    const association = recording.get(
      "aws:eks/podIdentityAssociation:PodIdentityAssociation",
      "reader-identity",
    );
    expect(inputsOf(association)).to.deep.equal({
      clusterName: "llm-marketplace-test-eks",
      namespace: "llm-marketplace",
      serviceAccount: "reader",
      roleArn: recording.get("aws:iam/role:Role", "reader-identity").outputs.arn,
      tags: expectedTags("identity", "reader-identity"),
    });
    expect(association.dependencies).to.include(
      recording.get("aws:iam/rolePolicy:RolePolicy", "reader-identity").urn,
    );
  });

  it("is no role at all where every store is inside the cluster", async () => {
    const recording = await record([
      { to: "postgres", store: store("postgres", undefined), user: "reader" },
      { to: "redis", store: store("redis", undefined), user: "reader" },
      { to: "kafka", kafka: kafka(undefined), produce: ["a"], consume: ["b"], groupPrefix: "reader" },
    ]);
    expect(recording.resources.filter((resource) => resource.name === "reader-identity")).to.deep.equal([]);
    expect(recording.outputs.principal).to.equal("none");
  });

  it("gives every statement of several grants a name of its own", async () => {
    const recording = await record([
      { to: "object-store", store: bucket, access: "read" },
      { to: "secrets", prefix: "llm-marketplace/test/" },
    ]);
    const sids = statementsOf(recording.get("aws:iam/rolePolicy:RolePolicy", "reader-identity")).map(
      (statement) => statement.Sid,
    );
    expect(new Set(sids).size).to.equal(sids.length);
    expect(sids.every((sid) => /^[A-Za-z0-9]+$/.test(sid))).to.equal(true);
  });
});

describe("AWS rights of a grant", () => {
  it("to read an object store are on that bucket and, through S3, to decrypt", async () => {
    const { key, rights } = await rightsOf([{ to: "object-store", store: bucket, access: "read" }]);
    expect(rights).to.deep.equal([
      { Action: ["s3:GetBucketLocation", "s3:ListBucket"], Resource: bucketArn },
      { Action: ["s3:GetObject"], Resource: `${bucketArn}/*` },
      keyThrough(key, "s3", ["kms:Decrypt"]),
    ]);
  });

  it("to write an object store add writing and encrypting, nothing on the bucket's settings", async () => {
    const { key, rights } = await rightsOf([{ to: "object-store", store: bucket, access: "read-write" }]);
    expect(rights).to.deep.equal([
      {
        Action: ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
        Resource: bucketArn,
      },
      {
        Action: [
          "s3:GetObject",
          "s3:AbortMultipartUpload",
          "s3:DeleteObject",
          "s3:ListMultipartUploadParts",
          "s3:PutObject",
        ],
        Resource: `${bucketArn}/*`,
      },
      keyThrough(key, "s3", ["kms:Decrypt", "kms:GenerateDataKey"]),
    ]);
  });

  it("to secrets are under the prefix, and on the further ones named", async () => {
    const extra = `arn:aws:secretsmanager:us-east-1:${account}:secret:rds!db-1`;
    const { key, rights } = await rightsOf([
      { to: "secrets", prefix: "llm-marketplace/test/", extra: [extra] },
    ]);
    expect(rights).to.deep.equal([
      {
        Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
        Resource: [`arn:aws:secretsmanager:us-east-1:${account}:secret:llm-marketplace/test/*`, extra],
      },
      keyThrough(key, "secretsmanager", ["kms:Decrypt"]),
    ]);
  });

  it("to PostgreSQL are to connect as one user of one database instance", async () => {
    const grant: Grant = { to: "postgres", store: store("postgres", "db-ABC"), user: "publishing" };
    expect((await rightsOf([grant])).rights).to.deep.equal([
      {
        Action: "rds-db:connect",
        Resource: `arn:aws:rds-db:us-east-1:${account}:dbuser:db-ABC/stack-publishing`,
      },
    ]);
  });

  it("to Redis are to connect as one user of one cache", async () => {
    const grant: Grant = { to: "redis", store: store("redis", redisArn), user: "discovery" };
    expect((await rightsOf([grant])).rights).to.deep.equal([
      {
        Action: "elasticache:Connect",
        Resource: [redisArn, `arn:aws:elasticache:us-east-1:${account}:user:stack-discovery`],
      },
    ]);
  });

  it("to Kafka are on the topics and own groups named, for writing and reading apart", async () => {
    const grant: Grant = {
      to: "kafka",
      kafka: kafka(kafkaArn),
      produce: ["metering.dead-letter"],
      consume: ["metering.records"],
      groupPrefix: "admin",
    };
    const of = (kind: string, name: string) => `${kafkaArn.replace(":cluster/", `:${kind}/`)}/${name}`;
    expect((await rightsOf([grant])).rights).to.deep.equal([
      { Action: ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"], Resource: kafkaArn },
      {
        Action: ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
        Resource: [of("topic", "metering.dead-letter")],
      },
      {
        Action: ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
        Resource: [of("topic", "metering.records")],
      },
      {
        Action: ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
        Resource: of("group", "admin*"),
      },
    ]);
  });

  it("to Kafka hold no right to write for who only reads, and none to read for who only writes", async () => {
    const base = { to: "kafka", kafka: kafka(kafkaArn), groupPrefix: "x" } as const;
    const actions = async (grant: Grant) => (await rightsOf([grant])).rights.flatMap((right) => right.Action);
    expect(await actions({ ...base, produce: [], consume: ["a"] })).to.deep.equal([
      "kafka-cluster:Connect",
      "kafka-cluster:DescribeTopic",
      "kafka-cluster:ReadData",
      "kafka-cluster:AlterGroup",
      "kafka-cluster:DescribeGroup",
    ]);
    expect(await actions({ ...base, produce: ["a"], consume: [] })).to.deep.equal([
      "kafka-cluster:Connect",
      "kafka-cluster:WriteDataIdempotently",
      "kafka-cluster:DescribeTopic",
      "kafka-cluster:WriteData",
    ]);
  });

  it("to DNS are on the records of one zone", async () => {
    const dns = {
      zoneId: pulumi.output("Z123"),
      nameServers: pulumi.output<string[]>([]),
      acmeSolver: undefined,
    };
    expect((await rightsOf([{ to: "dns", dns }])).rights).to.deep.equal([
      {
        Action: [
          "route53:ChangeResourceRecordSets",
          "route53:ListResourceRecordSets",
          "route53:ListTagsForResources",
        ],
        Resource: "arn:aws:route53:::hostedzone/Z123",
      },
      { Action: "route53:GetChange", Resource: "arn:aws:route53:::change/*" },
      { Action: ["route53:ListHostedZones", "route53:ListHostedZonesByName"], Resource: "*" },
    ]);
  });

  it("to traces are to write them", async () => {
    expect((await rightsOf([{ to: "traces" }])).rights).to.deep.equal([
      {
        Action: [
          "xray:PutSpans",
          "xray:PutSpansForIndexing",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments",
        ],
        Resource: "*",
      },
    ]);
  });

  it("to metrics and logs stay in the stack's namespace and log groups", async () => {
    expect((await rightsOf([{ to: "metrics-and-logs" }])).rights).to.deep.equal([
      {
        Action: [
          "logs:CreateLogGroup",
          "logs:CreateLogStream",
          "logs:DescribeLogStreams",
          "logs:PutLogEvents",
          "logs:PutRetentionPolicy",
        ],
        Resource: `arn:aws:logs:us-east-1:${account}:log-group:/llm-marketplace/test/workloads/*`,
      },
      {
        Action: "cloudwatch:PutMetricData",
        Resource: "*",
        Condition: { StringEquals: { "cloudwatch:namespace": "llm-marketplace/test" } },
      },
    ]);
  });

  it("to volume snapshots touch only volumes and snapshots with the stack's tags", async () => {
    const { key, rights } = await rightsOf([{ to: "volume-snapshots" }]);
    const owned = (prefix: string) => ({
      StringEquals: { [`${prefix}/Project`]: "llm-marketplace", [`${prefix}/Stack`]: "test" },
    });
    const volumes = `arn:aws:ec2:us-east-1:${account}:volume/*`;
    const snapshots = "arn:aws:ec2:us-east-1::snapshot/*";
    expect(rights).to.deep.equal([
      { Action: ["ec2:DescribeSnapshots", "ec2:DescribeVolumes"], Resource: "*" },
      { Action: "ec2:CreateSnapshot", Resource: volumes, Condition: owned("aws:ResourceTag") },
      { Action: "ec2:CreateSnapshot", Resource: snapshots, Condition: owned("aws:RequestTag") },
      { Action: "ec2:DeleteSnapshot", Resource: snapshots, Condition: owned("aws:ResourceTag") },
      { Action: "ec2:CreateVolume", Resource: volumes, Condition: owned("aws:RequestTag") },
      { Action: "ec2:CreateVolume", Resource: snapshots, Condition: owned("aws:ResourceTag") },
      {
        Action: "ec2:CreateTags",
        Resource: [volumes, snapshots],
        Condition: { StringEquals: { "ec2:CreateAction": ["CreateSnapshot", "CreateVolume"] } },
      },
      keyThrough(key, "ec2", [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
      ]),
      {
        Action: "kms:CreateGrant",
        Resource: key,
        Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    ]);
  });
});
