import type { PricingContext } from "../pricing.ts";
import { constant, daysPerMonth, listAt, numberAt, textAt, times, UnpricedError } from "../quantities.ts";
import type { CostResource, Scale } from "../types.ts";
import { free, items, type Pricer } from "./rule.ts";

const logGroupType = "aws:cloudwatch/logGroup:LogGroup";
/** Size of stored logs as a share of what came in: the compression that AWS's own pricing examples assume. */
const logCompression = 0.15;

/**
 * Logs by what writes them: the control plane of EKS has an assumption of its own, flow logs are priced on the flow
 * log, everything else shares `logIngestGiB`. A group that never forgets cannot be priced: it grows for ever.
 */
const logGroup: Pricer = (group, context) => {
  const retentionDays = numberAt(group, "retentionInDays") ?? 0;
  if (retentionDays === 0) throw new UnpricedError("retentionInDays is absent: the logs grow for ever");
  if (isFlowLogGroup(group, context)) {
    return items(kept(context.share("flowLogGiB", context.ofType("aws:ec2/flowLog:FlowLog")), retentionDays));
  }
  const controlPlane = isControlPlane(group);
  const peers = context
    .ofType(logGroupType)
    .filter((one) => !isFlowLogGroup(one, context) && isControlPlane(one) === controlPlane);
  const ingested = context.share(controlPlane ? "controlPlaneLogGiB" : "logIngestGiB", peers);
  return items(
    {
      item: controlPlane ? "control-plane logs" : "logs of managed stores",
      price: `aws.cloudwatch.logs.ingestion.${ingestionClass(group, controlPlane)}.gb`,
      quantity: ingested,
    },
    kept(ingested, retentionDays),
  );
};

const kept = (ingested: Scale, retentionDays: number) => ({
  item: `logs kept ${retentionDays} days, compressed`,
  price: "aws.cloudwatch.logs.storage.gbMonth",
  quantity: times(ingested, (retentionDays / daysPerMonth) * logCompression),
});

/** Logs that AWS's own services deliver are vended; what agents and RDS write are custom logs. */
function ingestionClass(group: CostResource, controlPlane: boolean): string {
  const vended = controlPlane || textAt(group, "name")?.startsWith("/aws/vendedlogs/") === true;
  const infrequent = textAt(group, "logGroupClass") === "INFREQUENT_ACCESS";
  if (vended) return infrequent ? "vendedInfrequentAccess" : "vended";
  return infrequent ? "infrequentAccess" : "standard";
}

function isControlPlane(group: CostResource): boolean {
  return textAt(group, "name")?.startsWith("/aws/eks/") === true;
}

/** The group to which a flow log writes. */
function isFlowLogGroup(group: CostResource, context: PricingContext): boolean {
  return context
    .ofType("aws:ec2/flowLog:FlowLog")
    .some((flowLog) => context.named(logGroupType, flowLog, "logDestination", ["arn"])?.urn === group.urn);
}

/** By metric watched. The account's ten free alarms are not deducted: stacks that share an account share them. */
const alarm: Pricer = (resource) => {
  const queries = listAt(resource.props, "metricQueries").filter(
    (query) => (query as { metric?: unknown }).metric !== undefined,
  );
  const metrics = Math.max(1, queries.length);
  const fast = (numberAt(resource, "period") ?? 60) < 60;
  return items({
    item: metrics === 1 ? "alarm" : `alarm on ${metrics} metrics`,
    price: `aws.cloudwatch.alarm.${fast ? "highResolution" : "standard"}.month`,
    quantity: constant(metrics),
  });
};

/** Keys of the first year: each of the first two yearly rotations adds a dollar a month for good. */
const key: Pricer = (resource, context) =>
  items(
    { item: "customer key", price: "aws.kms.key.month", quantity: constant(1) },
    ...(context.isAbroad(resource)
      ? []
      : [
          {
            item: "requests to the key",
            price: "aws.kms.requests.million",
            quantity: context.share("keyRequestsMillions", context.ofType(resource.type)),
          },
        ]),
  );

const secret: Pricer = (resource, context) =>
  items(
    { item: "secret", price: "aws.secretsManager.secret.month", quantity: constant(1) },
    {
      item: "reads of the secret",
      price: "aws.secretsManager.apiCalls.million",
      quantity: context.share("secretReadsMillions", context.ofType(resource.type)),
    },
  );

const repository: Pricer = (resource, context) =>
  items({
    item: "images",
    price: "aws.ecr.storage.gbMonth",
    quantity: context.share("registryGiB", context.ofType(resource.type)),
  });

export const awsOperations: Readonly<Record<string, Pricer>> = {
  [logGroupType]: logGroup,
  "aws:cloudwatch/metricAlarm:MetricAlarm": alarm,
  "aws:kms/key:Key": key,
  "aws:secretsmanager/secret:Secret": secret,
  "aws:ecr/repository:Repository": repository,
  "aws:sns/topic:Topic": () => free("the first million messages a month are free, and alarms send few"),
};
