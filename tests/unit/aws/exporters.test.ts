// Covers the rights of the exporters of managed stores: they describe and read metrics, and read no message.
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { AwsEnvironment } from "../../../components/clouds/aws/environment.ts";
import { grantStatements } from "../../../components/clouds/aws/grants.ts";
import type { Grant, KafkaOutputs } from "../../../components/clouds/contract.ts";
import { recordResources } from "../../support/record.ts";
import { context } from "./fixture.ts";

const arn = "arn:aws:kafka:us-east-1:123456789012:cluster/events/0b5c-1";

async function statementsOf(grant: (kafka: KafkaOutputs) => Grant): Promise<unknown> {
  const { outputs } = await recordResources(() => ({
    statements: grantStatements([grant({ reference: pulumi.output(arn) } as KafkaOutputs)], {
      context,
      encryption: { key: undefined, recoveryKey: undefined },
      environment: {} as AwsEnvironment,
    }),
  }));
  return outputs.statements;
}

describe("rights of exporters on AWS", () => {
  it("let the reader of CloudWatch read metrics and find what they belong to", async () => {
    expect(await statementsOf(() => ({ to: "cloud-metrics" }))).to.deep.equal([
      {
        Sid: "ReadMetrics0",
        Effect: "Allow",
        Action: [
          "cloudwatch:GetMetricData",
          "cloudwatch:GetMetricStatistics",
          "cloudwatch:ListMetrics",
          "tag:GetResources",
        ],
        Resource: "*",
      },
    ]);
  });

  it("let the reader of Kafka describe topics and groups and read none", async () => {
    expect(await statementsOf((kafka) => ({ to: "kafka-metrics", kafka }))).to.deep.equal([
      {
        Sid: "DescribeKafka0",
        Effect: "Allow",
        Action: ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"],
        Resource: arn,
      },
      {
        Sid: "DescribeTopics1",
        Effect: "Allow",
        Action: "kafka-cluster:DescribeTopic",
        Resource: "arn:aws:kafka:us-east-1:123456789012:topic/events/0b5c-1/*",
      },
      {
        Sid: "DescribeGroups2",
        Effect: "Allow",
        Action: "kafka-cluster:DescribeGroup",
        Resource: "arn:aws:kafka:us-east-1:123456789012:group/events/0b5c-1/*",
      },
    ]);
  });
});
