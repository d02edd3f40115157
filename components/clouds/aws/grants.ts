import * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import type {
  EncryptionOutputs,
  Grant,
  KafkaOutputs,
  ObjectStoreOutputs,
  StoreOutputs,
} from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import type { Statement } from "./policy.ts";

/** What the translation of grants needs to know beside the grants. */
export interface GrantScope {
  readonly context: PlatformContext;
  readonly encryption: EncryptionOutputs;
  readonly environment: AwsEnvironment;
}

type GrantOf<To extends Grant["to"]> = Extract<Grant, { readonly to: To }>;
type Translate<To extends Grant["to"]> = (grant: GrantOf<To>, scope: GrantScope) => Statement[];

/** One translation a grant; a store inside the cluster has no reference and needs no right of the cloud. */
const translations: { readonly [To in Grant["to"]]: Translate<To> } = {
  "object-store": objectStore,
  secrets,
  postgres,
  redis,
  kafka,
  dns,
  traces,
  "metrics-and-logs": metricsAndLogs,
  "cloud-metrics": cloudMetrics,
  "kafka-metrics": kafkaMetrics,
  "volume-snapshots": volumeSnapshots,
};

/** The statements of a workload's policy, numbered so that every `Sid` is its own. */
export function grantStatements(grants: readonly Grant[], scope: GrantScope): Statement[] {
  return grants
    .flatMap((grant) => (translations[grant.to] as Translate<Grant["to"]>)(grant, scope))
    .map((statement, index) => ({ ...statement, Sid: `${statement.Sid}${index}` }));
}

/** Namespace under which a stack's own metrics stand in CloudWatch. */
export function metricNamespace(context: PlatformContext): string {
  return `${context.project}/${context.stack}`;
}

/** Prefix of the log groups that workloads may write to. */
export function workloadLogGroups(context: PlatformContext): string {
  return `/${context.project}/${context.stack}/workloads/`;
}

function arn(
  { environment: { partition, region, accountId } }: GrantScope,
  service: string,
  resource: pulumi.Input<string>,
) {
  return pulumi.interpolate`arn:${partition}:${service}:${region}:${accountId}:${resource}`;
}

/** The platform's key, only through the service that holds the data. */
function keyUse(scope: GrantScope, service: string, actions: readonly string[]): Statement[] {
  const { key } = scope.encryption;
  if (key === undefined) return [];
  return [
    {
      Sid: "KeyThroughTheService",
      Effect: "Allow",
      Action: actions,
      Resource: key,
      Condition: {
        StringEquals: { "kms:ViaService": `${service}.${scope.environment.region}.amazonaws.com` },
      },
    },
  ];
}

function objectStore({ store, access }: GrantOf<"object-store">, scope: GrantScope): Statement[] {
  const write = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"];
  const writes = access === "read-write";
  return [
    ...bucketAccess(store, [
      "s3:GetBucketLocation",
      "s3:ListBucket",
      ...(writes ? ["s3:ListBucketMultipartUploads"] : []),
    ]),
    {
      Sid: "Objects",
      Effect: "Allow",
      Action: ["s3:GetObject", ...(writes ? write : [])],
      Resource: pulumi.interpolate`${store.reference}/*`,
    },
    ...keyUse(scope, "s3", ["kms:Decrypt", ...(writes ? ["kms:GenerateDataKey"] : [])]),
  ];
}

function bucketAccess(store: ObjectStoreOutputs, actions: readonly string[]): Statement[] {
  return [{ Sid: "Bucket", Effect: "Allow", Action: actions, Resource: store.reference }];
}

function secrets({ prefix, extra }: GrantOf<"secrets">, scope: GrantScope): Statement[] {
  return [
    {
      Sid: "ReadSecrets",
      Effect: "Allow",
      Action: ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
      Resource: [arn(scope, "secretsmanager", `secret:${prefix}*`), ...(extra ?? [])],
    },
    ...keyUse(scope, "secretsmanager", ["kms:Decrypt"]),
  ];
}

function postgres({ store, user }: GrantOf<"postgres">, scope: GrantScope): Statement[] {
  if (store.reference === undefined) return [];
  return [
    {
      Sid: "ConnectToPostgres",
      Effect: "Allow",
      Action: "rds-db:connect",
      Resource: arn(scope, "rds-db", pulumi.interpolate`dbuser:${store.reference}/${userName(store, user)}`),
    },
  ];
}

function redis({ store, user }: GrantOf<"redis">, scope: GrantScope): Statement[] {
  if (store.reference === undefined) return [];
  return [
    {
      Sid: "ConnectToRedis",
      Effect: "Allow",
      Action: "elasticache:Connect",
      Resource: [store.reference, arn(scope, "elasticache", `user:${userName(store, user)}`)],
    },
  ];
}

function userName({ auth }: StoreOutputs, user: string): string {
  return auth.kind === "cloud-identity" ? auth.userName(user) : user;
}

/** Ids of topics and groups are the cluster's with another kind: `…:topic/<cluster>/<uuid>/<topic>`. */
function kafkaResource(cluster: pulumi.Output<string>, kind: "topic" | "group", resource: string) {
  return cluster.apply((value) => `${value.replace(":cluster/", `:${kind}/`)}/${resource}`);
}

function kafka(grant: GrantOf<"kafka">, _scope: GrantScope): Statement[] {
  const { reference }: KafkaOutputs = grant.kafka;
  if (reference === undefined) return [];
  const produces = grant.produce.length > 0;
  const consumes = grant.consume.length > 0;
  const topics = (names: readonly string[]) => names.map((topic) => kafkaResource(reference, "topic", topic));
  const connect: Statement = {
    Sid: "ConnectToKafka",
    Effect: "Allow",
    Action: ["kafka-cluster:Connect", ...(produces ? ["kafka-cluster:WriteDataIdempotently"] : [])],
    Resource: reference,
  };
  const produce: Statement = {
    Sid: "Produce",
    Effect: "Allow",
    Action: ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
    Resource: topics(grant.produce),
  };
  const consume: Statement[] = [
    {
      Sid: "Consume",
      Effect: "Allow",
      Action: ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
      Resource: topics(grant.consume),
    },
    {
      Sid: "OwnConsumerGroups",
      Effect: "Allow",
      Action: ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
      Resource: kafkaResource(reference, "group", `${grant.groupPrefix}*`),
    },
  ];
  return [connect, ...(produces ? [produce] : []), ...(consumes ? consume : [])];
}

function dns({ dns: outputs }: GrantOf<"dns">, { environment: { partition } }: GrantScope): Statement[] {
  if (outputs.zoneId === undefined) return [];
  return [
    {
      Sid: "RecordsOfTheZone",
      Effect: "Allow",
      Action: [
        "route53:ChangeResourceRecordSets",
        "route53:ListResourceRecordSets",
        "route53:ListTagsForResources",
      ],
      Resource: pulumi.interpolate`arn:${partition}:route53:::hostedzone/${outputs.zoneId}`,
    },
    {
      Sid: "StateOfChanges",
      Effect: "Allow",
      Action: "route53:GetChange",
      Resource: `arn:${partition}:route53:::change/*`,
    },
    {
      // Listing zones knows no resource.
      Sid: "FindTheZone",
      Effect: "Allow",
      Action: ["route53:ListHostedZones", "route53:ListHostedZonesByName"],
      Resource: "*",
    },
  ];
}

function traces(): Statement[] {
  return [
    {
      // X-Ray's writing actions know no resource.
      Sid: "WriteTraces",
      Effect: "Allow",
      Action: [
        "xray:PutSpans",
        "xray:PutSpansForIndexing",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
      ],
      Resource: "*",
    },
  ];
}

function metricsAndLogs(_grant: GrantOf<"metrics-and-logs">, scope: GrantScope): Statement[] {
  return [
    {
      Sid: "WriteLogs",
      Effect: "Allow",
      Action: [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
        "logs:PutRetentionPolicy",
      ],
      Resource: arn(scope, "logs", `log-group:${workloadLogGroups(scope.context)}*`),
    },
    {
      // Writing metrics knows no resource; the namespace limits it.
      Sid: "WriteMetrics",
      Effect: "Allow",
      Action: "cloudwatch:PutMetricData",
      Resource: "*",
      Condition: { StringEquals: { "cloudwatch:namespace": metricNamespace(scope.context) } },
    },
  ];
}

/** Reading metrics and finding what they belong to knows no resource. */
function cloudMetrics(): Statement[] {
  return [
    {
      Sid: "ReadMetrics",
      Effect: "Allow",
      Action: [
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:ListMetrics",
        "tag:GetResources",
      ],
      Resource: "*",
    },
  ];
}

function kafkaMetrics({ kafka: { reference } }: GrantOf<"kafka-metrics">): Statement[] {
  if (reference === undefined) return [];
  const all = (kind: "topic" | "group") => kafkaResource(reference, kind, "*");
  return [
    {
      Sid: "DescribeKafka",
      Effect: "Allow",
      Action: ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"],
      Resource: reference,
    },
    { Sid: "DescribeTopics", Effect: "Allow", Action: "kafka-cluster:DescribeTopic", Resource: all("topic") },
    { Sid: "DescribeGroups", Effect: "Allow", Action: "kafka-cluster:DescribeGroup", Resource: all("group") },
  ];
}

/**
 * Velero's snapshots of volumes: volumes and snapshots carry the stack's tags (the volume driver sets them, Velero
 * copies them), which keeps the right to those of this stack.
 */
function volumeSnapshots(_grant: GrantOf<"volume-snapshots">, scope: GrantScope): Statement[] {
  const { partition, region, accountId } = scope.environment;
  const { project, stack } = scope.context;
  const owned = (prefix: "aws:ResourceTag" | "aws:RequestTag") => ({
    StringEquals: { [`${prefix}/Project`]: project, [`${prefix}/Stack`]: stack },
  });
  const volumes = pulumi.interpolate`arn:${partition}:ec2:${region}:${accountId}:volume/*`;
  const snapshots = `arn:${partition}:ec2:${region}::snapshot/*`;
  const allow = (
    Sid: string,
    Action: string | string[],
    Resource: Statement["Resource"],
    Condition?: Statement["Condition"],
  ): Statement => ({
    Sid,
    Effect: "Allow",
    Action,
    Resource,
    ...(Condition === undefined ? {} : { Condition }),
  });
  return [
    // Describing knows no resource.
    allow("FindVolumes", ["ec2:DescribeSnapshots", "ec2:DescribeVolumes"], "*"),
    allow("SnapshotOwnVolumes", "ec2:CreateSnapshot", volumes, owned("aws:ResourceTag")),
    allow("NameSnapshots", "ec2:CreateSnapshot", snapshots, owned("aws:RequestTag")),
    allow("DeleteOwnSnapshots", "ec2:DeleteSnapshot", snapshots, owned("aws:ResourceTag")),
    allow("RestoreVolumes", "ec2:CreateVolume", volumes, owned("aws:RequestTag")),
    allow("RestoreFromOwnSnapshots", "ec2:CreateVolume", snapshots, owned("aws:ResourceTag")),
    allow("TagOnCreation", "ec2:CreateTags", [volumes, snapshots], {
      StringEquals: { "ec2:CreateAction": ["CreateSnapshot", "CreateVolume"] },
    }),
    ...keyUse(scope, "ec2", volumeKeyActions),
    ...keyGrants(scope),
  ];
}

/** What EC2 does with the key for whoever creates or attaches an encrypted volume. */
export const volumeKeyActions = [
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:Encrypt",
  "kms:GenerateDataKeyWithoutPlaintext",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
] as const;

/** Grants that EC2 makes in the caller's name for an encrypted volume. */
export function keyGrants({ encryption }: GrantScope): Statement[] {
  if (encryption.key === undefined) return [];
  return [
    {
      Sid: "GrantsForVolumes",
      Effect: "Allow",
      Action: "kms:CreateGrant",
      Resource: encryption.key,
      Condition: { Bool: { "kms:GrantIsForAWSResource": "true" } },
    },
  ];
}

/** The rights to volumes under the platform's key, for the volume driver. */
export function volumeKeyStatements(scope: GrantScope): Statement[] {
  return [...keyUse(scope, "ec2", volumeKeyActions), ...keyGrants(scope)];
}
