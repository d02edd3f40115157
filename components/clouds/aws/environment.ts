import type * as aws from "@pulumi/aws";
import type * as eks from "@pulumi/eks";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";

/** What every AWS function of the library needs to know of the account and regions it builds in. */
export interface AwsEnvironment {
  readonly context: PlatformContext;
  readonly region: string;
  /** Region of the recovery copies. */
  readonly recoveryRegion: string;
  readonly accountId: pulumi.Output<string>;
  /** First part of every ARN: `aws`, `aws-cn` or `aws-us-gov`; follows from the region. */
  readonly partition: string;
  /** Provider of the region; children inherit it from the component's `providers`. */
  readonly provider: aws.Provider;
  /** Provider of the recovery region; resources there name it explicitly. */
  readonly recoveryProvider: aws.Provider;
  readonly eksProvider: eks.Provider;
}

/** The ARN partition that a region belongs to. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}
