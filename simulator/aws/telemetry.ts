/** Alarms, their topic, and X-Ray. */
import type { Simulate, SimulationTable } from "../table.ts";
import { arn, autoName, text } from "../values.ts";

const topic: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  const id = arn(request, "sns", name);
  return { id, outputs: { name, arn: id, owner: request.accountId } };
};

const topicPolicy: Simulate = (request) => ({
  id: text(request, "arn", "topic"),
  outputs: { owner: request.accountId },
});

const metricAlarm: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  return { id: name, outputs: { name, arn: arn(request, "cloudwatch", `alarm:${name}`) } };
};

const logResourcePolicy: Simulate = (request) => ({ id: text(request, "policyName", "policy"), outputs: {} });

/** A setting of the account in a region, whose name is its id. */
const traceSegmentDestination: Simulate = (request) => ({ id: request.region, outputs: {} });

export const telemetry: SimulationTable = {
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": logResourcePolicy,
  "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
  "aws:sns/topic:Topic": topic,
  "aws:sns/topicPolicy:TopicPolicy": topicPolicy,
  "aws:xray/traceSegmentDestination:TraceSegmentDestination": traceSegmentDestination,
};
