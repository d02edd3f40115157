import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import type { EncryptionOutputs } from "../contract.ts";

/** The only periods that CloudWatch Logs keeps (PutRetentionPolicy, API reference, 2026-11). */
const retentionPeriods = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** The shortest period of CloudWatch Logs that keeps entries for at least `days`. */
export function retentionPeriod(days: number): number {
  return retentionPeriods.find((period) => period >= days) ?? 3653;
}

export interface LogGroupSpec {
  readonly context: PlatformContext;
  readonly component: string;
  /** Full name: services write to it by name, and people search for it. */
  readonly logGroupName: string;
  readonly retentionDays: number;
  readonly encryption: EncryptionOutputs;
  /**
   * Class Infrequent Access: half the price a GB, searched with Logs Insights only (no metric filters, subscriptions or
   * live tail). For large logs that people read after an incident. Default: false. Changing it replaces the group.
   */
  readonly infrequentAccess?: boolean;
}

/** A log group under the platform's key. Without it the service would make one that keeps entries for ever. */
export function createLogGroup(
  parent: pulumi.ComponentResource,
  name: string,
  spec: LogGroupSpec,
): aws.cloudwatch.LogGroup {
  return new aws.cloudwatch.LogGroup(
    name,
    {
      name: spec.logGroupName,
      retentionInDays: retentionPeriod(spec.retentionDays),
      ...(spec.infrequentAccess === true ? { logGroupClass: "INFREQUENT_ACCESS" } : {}),
      kmsKeyId: spec.encryption.key,
      tags: tags(spec.context, spec.component, name),
    },
    { parent },
  );
}
