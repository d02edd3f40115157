import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import type { NetworkSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { createLogGroup } from "./log-group.ts";
import { policyDocument, serviceTrust } from "./policy.ts";

const component = "network";
/** Seconds over which flows are added up; the alternative of 60 costs several times as many log lines. */
const aggregationSeconds = 600;

/** Accepted and refused flows of the whole network, in an encrypted log group; none at a retention of 0 days. */
export function createFlowLogs(
  parent: pulumi.ComponentResource,
  name: string,
  spec: NetworkSpec,
  environment: AwsEnvironment,
  vpc: aws.ec2.Vpc,
): void {
  if (spec.flowLogRetentionDays === 0) return;
  const { context } = spec;
  const flowName = `${name}-flow-logs`;
  const group = createLogGroup(parent, flowName, {
    context,
    component,
    logGroupName: `/${context.project}/${context.stack}/network/flow`,
    retentionDays: spec.flowLogRetentionDays,
    encryption: spec.encryption,
    infrequentAccess: true,
  });
  const role = new aws.iam.Role(
    flowName,
    {
      description: "Writes network flow logs",
      assumeRolePolicy: serviceTrust("vpc-flow-logs.amazonaws.com", environment.accountId),
      tags: tags(context, component, flowName),
    },
    { parent },
  );
  const rights = new aws.iam.RolePolicy(
    flowName,
    {
      role: role.name,
      policy: policyDocument([
        {
          Sid: "WriteToTheFlowLogGroup",
          Effect: "Allow",
          Action: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
          Resource: [group.arn, pulumi.interpolate`${group.arn}:*`],
        },
        {
          // The delivery service lists groups before it writes; listing cannot be limited to one group.
          Sid: "FindTheLogGroup",
          Effect: "Allow",
          Action: "logs:DescribeLogGroups",
          Resource: "*",
        },
      ]),
    },
    { parent },
  );
  new aws.ec2.FlowLog(
    flowName,
    {
      vpcId: vpc.id,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: role.arn,
      maxAggregationInterval: aggregationSeconds,
      tags: tags(context, component, flowName),
    },
    { parent, dependsOn: [rights] },
  );
}
