import { propertyRule } from "../../../shared/property-rule.ts";
import type { Rule, RuleContext } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";

interface LogStore {
  readonly name: string;
  readonly types: string;
  readonly property: string;
  readonly subject: string;
  /** What the store does where nothing is said. */
  readonly otherwise: string;
}

/** Long enough to look into an incident, short enough to be paid for. */
function retentionRule({ name, types, property, subject, otherwise }: LogStore): Rule {
  const bounds = (context: RuleContext) =>
    `from ${numberOf(context, "minimumRetentionDays")} to ${numberOf(context, "maximumRetentionDays")} days`;
  return propertyRule({
    name,
    types,
    property,
    description: `The retention of ${subject} must be within bounds, because ${otherwise}, and a few days are too short to look into an incident.`,
    severity: "low",
    frameworks: [],
    remediation: `Set ${property} to a number of days within the bounds; logs older than that are deleted.`,
    settings: {
      minimumRetentionDays: {
        type: "integer",
        minimum: 1,
        maximum: 3653,
        default: 7,
        description: "Fewest days that logs are kept.",
      },
      maximumRetentionDays: {
        type: "integer",
        minimum: 1,
        maximum: 3653,
        default: 400,
        description: "Most days that logs are kept.",
      },
    },
    holds: (value, context) =>
      typeof value === "number" &&
      value >= numberOf(context, "minimumRetentionDays") &&
      value <= numberOf(context, "maximumRetentionDays"),
    required: bounds,
    fix: (context) => `set ${property} to a number ${bounds(context)}`,
  });
}

export const retentionRules: readonly Rule[] = [
  retentionRule({
    name: "aws-cloudwatch-log-group-retention",
    types: "aws:cloudwatch/logGroup:LogGroup",
    property: "retentionInDays",
    subject: "CloudWatch log groups",
    otherwise: "a group without one keeps and bills everything for ever",
  }),
  retentionRule({
    name: "gcp-logging-project-bucket-retention",
    types: "gcp:logging/projectBucketConfig:ProjectBucketConfig",
    property: "retentionDays",
    subject: "log buckets of Cloud Logging",
    otherwise: "days beyond the free 30 are billed",
  }),
  retentionRule({
    name: "azure-operationalinsights-workspace-retention",
    types: "azure-native:operationalinsights:Workspace",
    property: "retentionInDays",
    subject: "Log Analytics workspaces",
    otherwise: "days beyond the free 31 are billed",
  }),
];
