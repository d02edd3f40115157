/**
 * `policies.sarif`: the outcomes as SARIF 2.1.0, for GitHub code scanning and editors. A finding is about a resource of
 * the graph, named by a logical location; its physical location is the stack file, since every result needs a file.
 */
import { createHash } from "node:crypto";
import type { Severity } from "../../policies/shared/rule.ts";
import type { FindingResult, RuleResult } from "./guardrails.ts";
import type { ReportData } from "./model.ts";

/** GitHub orders alerts by this number: 9 and more is critical, 7 high, 4 medium, below low. */
const securitySeverity: Readonly<Record<Severity, string>> = {
  critical: "9.5",
  high: "8.0",
  medium: "5.5",
  low: "3.0",
};

/** GitHub reads at most this many results of a run. */
const mostResults = 25_000;

export function policiesSarif({ plan, guardrails, stackFile }: ReportData): string {
  const rules = guardrails.rules.filter((rule) => rule.level !== "disabled");
  const indexOf = new Map(rules.map((rule, index) => [key(rule), index]));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "llm-marketplace guardrails",
            rules: rules.map(descriptor),
          },
        },
        automationDetails: { id: `llm-marketplace/${plan.stack}/` },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { PROJECTROOT: { description: { text: "The folder of Pulumi.yaml." } } },
        artifacts: [{ location: { uri: stackFile, uriBaseId: "PROJECTROOT" } }],
        results: guardrails.findings
          .slice(0, mostResults)
          .map((finding) => result(finding, indexOf.get(key(finding)) ?? -1, stackFile)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

const key = ({ pack, rule }: { readonly pack: string; readonly rule: string }) => `${pack}/${rule}`;

function descriptor(rule: RuleResult) {
  const references = rule.frameworks.map(({ name, version, control }) => `${name} ${version}: ${control}`);
  return {
    id: key(rule),
    name: rule.rule,
    shortDescription: { text: firstSentence(rule.description) },
    fullDescription: { text: rule.description },
    help: {
      text: [rule.remediation, ...references].join("\n"),
      markdown: [
        `**${markdown(rule.description)}**`,
        `Remediation: ${markdown(rule.remediation)}`,
        ...(references.length > 0 ? [references.map((one) => `- ${markdown(one)}`).join("\n")] : []),
      ].join("\n\n"),
    },
    defaultConfiguration: { level: rule.level === "mandatory" ? "error" : "warning" },
    properties: {
      tags: ["security", rule.severity, rule.pack, ...references],
      "security-severity": securitySeverity[rule.severity],
      precision: "very-high",
      "problem.severity": rule.level === "mandatory" ? "error" : "warning",
    },
  };
}

/** Nothing that came from a resource can become Markdown or HTML. */
function markdown(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

function levelOf({ status, level }: FindingResult): "error" | "warning" | "note" {
  if (status === "undetermined") return "note";
  return level === "mandatory" ? "error" : "warning";
}

function result(finding: FindingResult, ruleIndex: number, stackFile: string) {
  const { exception, resource, urn, property } = finding;
  return {
    ruleId: key(finding),
    ruleIndex,
    kind: finding.status === "undetermined" ? "review" : "fail",
    // Only a failure has a level other than none.
    level: finding.status === "undetermined" ? "none" : levelOf(finding),
    message: { text: finding.message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: stackFile, uriBaseId: "PROJECTROOT", index: 0 },
          region: { startLine: 1 },
        },
        logicalLocations: [{ name: resource, fullyQualifiedName: `${urn}#${property}`, kind: "resource" }],
      },
    ],
    partialFingerprints: { "resourceProperty/v1": fingerprint(finding) },
    ...(finding.status === "excepted" && exception
      ? {
          suppressions: [
            {
              kind: "external",
              status: "accepted",
              justification: `${exception.reason} (until ${exception.expires})`,
            },
          ],
        }
      : {}),
    properties: {
      actual: finding.actual,
      required: finding.required,
      fix: finding.fix,
      severity: finding.severity,
    },
  };
}

/** The same as long as policy, resource and property are: what GitHub takes for the same alert. */
function fingerprint({ pack, rule, urn, property }: FindingResult): string {
  return createHash("sha256").update([pack, rule, urn, property].join("\n")).digest("hex").slice(0, 32);
}
