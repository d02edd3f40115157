import { formatProblem } from "../../../components/core/errors.ts";
import { type ParseResult, parse } from "../../../config/parse.ts";
import type { PlatformConfig } from "../../../config/schema/platform.ts";

/** The day on which the tests' stacks are judged: when `config/versions.json` was made. */
export const today = new Date("2026-11-23T12:00:00Z");

type Sections = Readonly<Record<string, unknown>>;

const common = {
  owner: "platform",
  costCentre: "market",
  domain: "market.example.com",
  identity: { issuer: "https://identity.example.com" },
};
/** The least that a stack file of each environment may say. */
export const smallest = {
  local: { cloud: "local", environment: "local", ...common, local: { kubeContext: "kind-market" } },
  dev: { cloud: "aws", environment: "dev", ...common, aws: { region: "us-east-1" } },
  staging: { cloud: "aws", environment: "staging", ...common, aws: { region: "us-east-1" } },
  production: { cloud: "aws", environment: "production", ...common, aws: { region: "us-east-1" } },
} as const;

/** Sections as Pulumi hands them over: texts as they are, everything else as JSON; `undefined` leaves one out. */
export function asPulumi(sections: Sections): Record<string, string> {
  return Object.fromEntries(
    Object.entries(sections)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name.includes(":") ? name : `llm-marketplace:${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
  );
}

/** Parses an environment's smallest stack with these sections beside or in the place of its own. */
export function parseWith(
  environment: keyof typeof smallest,
  sections: Sections = {},
  from: { readonly stack?: string; readonly today?: Date } = {},
): ParseResult {
  return parse(asPulumi({ ...smallest[environment], ...sections }), {
    project: "llm-marketplace",
    stack: from.stack ?? environment,
    today: from.today ?? today,
  });
}

/** The configuration, where there must be no problem. */
export function configOf(environment: keyof typeof smallest, sections: Sections = {}): PlatformConfig {
  const { config, problems } = parseWith(environment, sections);
  if (config === undefined) throw new Error(problems.map(formatProblem).join("\n"));
  return config;
}

/** The text that the user would see. */
export function errorText(
  environment: keyof typeof smallest,
  sections: Sections,
  from: { readonly stack?: string; readonly today?: Date } = {},
): string {
  return parseWith(environment, sections, from).problems.map(formatProblem).join("\n");
}
