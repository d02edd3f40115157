import type { PlatformConfig } from "../schema/platform.ts";
import versions from "../versions.json" with { type: "json" };
import { type Check, type CheckContext, day, type Finding } from "./check.ts";

/** The guardrail that refuses Kafka out of support; a stack that keeps the ensemble declares an exception from it. */
export const unsupportedKafkaPolicy = "kubernetes-kafka-supported-version";

export const governanceChecks: readonly Check[] = [
  { reads: ["guardrails"], findings: exceptionFindings },
  { reads: ["guardrails", "kafka"], findings: ensembleFindings },
  { reads: ["cost"], findings: budgetFindings },
  { reads: ["cost", "cluster", "data"], findings: commitmentFindings },
  { reads: ["backup"], findings: copyFindings },
];

function exceptionFindings(config: PlatformConfig, context: CheckContext): Finding[] {
  return config.guardrails.exceptions.flatMap((exception, index): Finding[] =>
    day(context.today) <= exception.expires
      ? []
      : [
          {
            path: `guardrails.exceptions.${index}.expires`,
            got: `${exception.expires}, past since ${day(context.today)}`,
            allowed: "a day to come",
            fix: `mend ${exception.resource} so that ${exception.policy} holds, or agree on a new day`,
          },
        ],
  );
}

function ensembleFindings(config: PlatformConfig): Finding[] {
  const { kafka, guardrails } = config;
  if (kafka.mode !== "in-cluster" || kafka.coordination !== "zookeeper") return [];
  if (guardrails.exceptions.some((exception) => exception.policy === unsupportedKafkaPolicy)) return [];
  const { version, platinumSupportUntil } = versions.engines.confluent;
  return [
    {
      path: "kafka.coordination",
      got: `"zookeeper", Confluent ${version}, out of support since ${platinumSupportUntil}`,
      allowed: `kraft, or zookeeper with an exception from ${unsupportedKafkaPolicy}`,
      fix: "use kraft, or declare why and until when under guardrails.exceptions",
    },
  ];
}

function budgetFindings(config: PlatformConfig): Finding[] {
  const { budgetUsdPerMonth, optimisedBudgetUsdPerMonth, ceilingUsdPerMonth } = config.cost;
  const ceiling = {
    path: "cost.ceilingUsdPerMonth",
    got: String(ceilingUsdPerMonth),
    allowed: `at least the budget, ${budgetUsdPerMonth}`,
    fix: "raise cost.ceilingUsdPerMonth: the maximum never costs less than the minimum",
  };
  const problems = ceilingUsdPerMonth < budgetUsdPerMonth ? [ceiling] : [];
  if (optimisedBudgetUsdPerMonth === undefined || optimisedBudgetUsdPerMonth <= budgetUsdPerMonth)
    return problems;
  return [
    ...problems,
    {
      path: "cost.optimisedBudgetUsdPerMonth",
      got: String(optimisedBudgetUsdPerMonth),
      allowed: `at most the budget, ${budgetUsdPerMonth}`,
      fix: "lower cost.optimisedBudgetUsdPerMonth",
    },
  ];
}

/** A commitment for what is not there is money for nothing. */
function commitmentFindings(config: PlatformConfig): Finding[] {
  const existing = { nodes: nodesAtMinimum(config), postgres: 0, redis: 0 };
  const { postgres, redis } = config.data;
  if (postgres.mode === "managed") existing.postgres = 1;
  if (redis.mode === "managed") existing.redis = redis.replicas + 1;
  return config.cost.commitments.flatMap(({ covers, count }, index): Finding[] =>
    count <= existing[covers]
      ? []
      : [
          {
            path: `cost.commitments.${index}.count`,
            got: `${count} for ${covers}`,
            allowed: `at most ${existing[covers]}, what the stack always has`,
            fix: `lower the count, or remove the commitment for ${covers}`,
          },
        ],
  );
}

function nodesAtMinimum(config: PlatformConfig): number {
  if (config.cloud !== "aws") return 0;
  const pools = Object.values(config.cluster.pools);
  return pools.reduce((sum, pool) => sum + (pool?.onDemand.minimum ?? 0) + (pool?.spot?.minimum ?? 0), 0);
}

function copyFindings(config: PlatformConfig): Finding[] {
  if (config.cloud !== "local" || !config.backup.crossRegionCopies) return [];
  return [
    {
      path: "backup.crossRegionCopies",
      got: "true on local",
      allowed: "false",
      fix: "remove it: a laptop has no second region",
    },
  ];
}
