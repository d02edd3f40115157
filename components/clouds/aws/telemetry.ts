import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import { physicalName } from "../../core/naming.ts";
import type { TelemetryOutputs, TelemetrySpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { managedStoreExporters } from "./exporters.ts";
import { policyDocument } from "./policy.ts";
import { kafkaAlarms, postgresAlarms, redisAlarms, type StoreAlarm } from "./store-alarms.ts";

const component = "observability";
/** Log groups into which X-Ray writes spans; AWS owns their names. */
const spanLogGroups = ["aws/spans", "/aws/application-signals/data"] as const;

/**
 * AWS's own telemetry.
 *
 * - Alarms on managed stores, published to an encrypted SNS topic. Nobody is subscribed to it here: a subscription
 *   of PagerDuty or Slack carries a key in its address, which would end up in the state. People subscribe once by
 *   hand (`alarmTopic`); alerts of everything inside the cluster go through Alertmanager.
 * - Traces to X-Ray's OTLP endpoint, which stores spans in CloudWatch Logs and wants the region's trace destination
 *   set so. The setting is the account's: it stays when a stack goes, and stacks that share an account agree on it.
 * - Cost: $0.10 a month an alarm (up to 34), spans by volume.
 */
export function createTelemetry(
  parent: pulumi.ComponentResource,
  name: string,
  spec: TelemetrySpec,
  env: AwsEnvironment,
): TelemetryOutputs {
  const { context } = spec;
  const alarms = [
    ...postgresAlarms(context, spec.postgres),
    ...redisAlarms(context, spec.redis),
    ...kafkaAlarms(context, spec.kafka),
  ];
  const topic = alarms.length > 0 ? buildTopic(parent, name, spec, env) : undefined;
  if (topic !== undefined) for (const alarm of alarms) buildAlarm(parent, name, spec, topic, alarm);
  buildTraceDestination(parent, name, spec, env);
  return {
    collector: {
      exporters: {
        "otlphttp/xray": {
          traces_endpoint: `https://xray.${env.region}.amazonaws.com/v1/traces`,
          compression: "gzip",
          auth: { authenticator: "sigv4auth/xray" },
        },
      },
      extensions: { "sigv4auth/xray": { region: env.region, service: "xray" } },
      traceExporters: ["otlphttp/xray"],
    },
    grants: [{ to: "traces" }],
    exporters: managedStoreExporters(spec, env),
    ...(topic === undefined ? {} : { alarmTopic: topic.arn }),
  };
}

function buildTopic(
  parent: pulumi.ComponentResource,
  name: string,
  { context, encryption }: TelemetrySpec,
  env: AwsEnvironment,
): aws.sns.Topic {
  const topic = new aws.sns.Topic(
    `${name}-alarms`,
    {
      name: physicalName(context, "alarms", 256),
      kmsMasterKeyId: encryption.key,
      signatureVersion: 2,
      tags: tags(context, component, `${name}-alarms`),
    },
    { parent },
  );
  new aws.sns.TopicPolicy(
    `${name}-alarms-policy`,
    {
      arn: topic.arn,
      policy: policyDocument([
        {
          Sid: "AlarmsOfThisAccount",
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: topic.arn,
          Condition: { StringEquals: { "aws:SourceAccount": env.accountId } },
        },
      ]),
    },
    { parent },
  );
  return topic;
}

function buildAlarm(
  parent: pulumi.ComponentResource,
  name: string,
  { context, postgres, redis, kafka }: TelemetrySpec,
  topic: aws.sns.Topic,
  alarm: StoreAlarm,
): void {
  new aws.cloudwatch.MetricAlarm(
    `${name}-alarm-${alarm.name}`,
    {
      name: physicalName(context, alarm.name, 255),
      alarmDescription: alarm.meaning,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: alarm.dimensions,
      statistic: alarm.statistic,
      comparisonOperator: alarm.when === "above" ? "GreaterThanThreshold" : "LessThanThreshold",
      threshold: alarm.threshold,
      period: 60,
      evaluationPeriods: alarm.minutes,
      datapointsToAlarm: alarm.minutes,
      treatMissingData: "missing",
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      tags: tags(context, component, alarm.name),
    },
    // Before its store exists an alarm would only report missing data.
    { parent, dependsOn: [...postgres.ready, ...redis.ready, ...kafka.ready] },
  );
}

function buildTraceDestination(
  parent: pulumi.ComponentResource,
  name: string,
  { context }: TelemetrySpec,
  env: AwsEnvironment,
): void {
  const { partition, region, accountId } = env;
  const permission = new aws.cloudwatch.LogResourcePolicy(
    `${name}-spans-policy`,
    {
      policyName: physicalName(context, "spans", 100),
      policyDocument: policyDocument([
        {
          Sid: "SpansOfThisAccount",
          Effect: "Allow",
          Principal: { Service: "xray.amazonaws.com" },
          Action: "logs:PutLogEvents",
          Resource: spanLogGroups.map(
            (group) => pulumi.interpolate`arn:${partition}:logs:${region}:${accountId}:log-group:${group}:*`,
          ),
          Condition: {
            ArnLike: { "aws:SourceArn": pulumi.interpolate`arn:${partition}:xray:${region}:${accountId}:*` },
            StringEquals: { "aws:SourceAccount": accountId },
          },
        },
      ]),
    },
    { parent },
  );
  new aws.xray.TraceSegmentDestination(
    `${name}-trace-destination`,
    { destination: "CloudWatchLogs" },
    { parent, dependsOn: [permission] },
  );
}
