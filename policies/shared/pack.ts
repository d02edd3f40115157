import type {
  Policies,
  PolicyPackArgs,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  StackValidationArgs,
} from "@pulumi/policy";
import { check, judge, type RuleConfig } from "./evaluate.ts";
import { onlyStandIns, standFor, stoodForTypes } from "./remote.ts";
import type { Finding, GuardedResource, Pack, ResourceRule, Rule, StackRule } from "./rule.ts";
import { settingSchema, settingsOf } from "./settings.ts";
import { isObject, steps } from "./value.ts";

/** Schema of the exceptions that a stack's configuration hands to every rule. */
const exceptionsSchema = {
  type: "array",
  default: [],
  description: "Agreed deviations; past the expiry date they count for nothing.",
  items: {
    type: "object",
    required: ["policy", "resource", "reason", "expires"],
    properties: {
      policy: { type: "string" },
      resource: { type: "string", description: "Logical name, * for any characters." },
      reason: { type: "string", minLength: 20 },
      expires: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" },
    },
  },
} as const;

/** The arguments of `new PolicyPack`, for the pack's own entry file. */
export function packArgs(pack: Pack): PolicyPackArgs {
  return {
    description: pack.description,
    enforcementLevel: "mandatory",
    policies: pack.rules.map(toPolicy) as Policies,
  };
}

function toPolicy(rule: Rule) {
  const [framework] = rule.frameworks;
  const settings = Object.entries(rule.settings ?? {}).map(([name, setting]) => [
    name,
    settingSchema(setting),
  ]);
  const metadata = {
    name: rule.name,
    description: rule.description,
    severity: rule.severity,
    remediationSteps: rule.remediation,
    // The protocol has room for one framework; all of them are in the tags.
    ...(framework && {
      framework: {
        name: framework.name,
        version: framework.version,
        reference: framework.control,
        specification: rule.description,
      },
    }),
    tags: rule.frameworks.map(({ name, control }) => `${name} ${control}`),
    configSchema: { properties: { ...Object.fromEntries(settings), exceptions: exceptionsSchema } },
  };
  return rule.kind === "resource"
    ? { ...metadata, ...resourceParts(rule), ...standInParts(rule) }
    : { ...metadata, ...stackParts(rule) };
}

function resourceParts(rule: ResourceRule) {
  return {
    validateResource: (args: ResourceValidationArgs, report: ReportViolation) => {
      if (!rule.types.includes(args.type)) return;
      const config = args.getConfig<RuleConfig>();
      const findings = check(
        rule,
        { inputs: [oneResource(args, raw(args.props))], outputs: [] },
        config,
        today(),
      );
      const { notApplicable } = args;
      deliver(rule, findings, { config, report, proxied: () => args.props, notApplicable });
    },
    ...(rule.remediate && {
      remediateResource: (args: ResourceValidationArgs) => {
        if (!rule.types.includes(args.type)) return undefined;
        const config = args.getConfig<RuleConfig>();
        const findings = check(
          rule,
          { inputs: [oneResource(args, raw(args.props))], outputs: [] },
          config,
          today(),
        );
        if (!findings.some((finding) => judge(rule, finding, config, today()).status === "violation"))
          return undefined;
        return rule.remediate?.(oneResource(args, args.props), {
          settings: settingsOf(rule, config),
          today: today(),
        });
      },
    }),
  };
}

/**
 * A component of another plugin is one resource to the engine, and its children are others. Rules of one resource
 * are asked about the children as they come; only when the stack is complete is it known which components have none,
 * and those alone are judged then by what they stand for. So nothing is judged twice, and nothing not at all.
 */
function standInParts(rule: ResourceRule) {
  if (!rule.types.some((type) => stoodForTypes.has(type))) return {};
  return {
    validateStack: (args: StackValidationArgs, report: ReportViolation) => {
      const config = args.getConfig<RuleConfig>();
      const inputs = onlyStandIns(args.resources.map(ofStack));
      deliver(
        rule,
        check(rule, { inputs, outputs: [] }, config, today()),
        stackDelivery(args, config, report),
      );
    },
  };
}

function stackParts(rule: StackRule) {
  return {
    validateStack: (args: StackValidationArgs, report: ReportViolation) => {
      const config = args.getConfig<RuleConfig>();
      const outputs = standFor(args.resources.map(ofStack));
      deliver(
        rule,
        check(rule, { inputs: [], outputs }, config, today()),
        stackDelivery(args, config, report),
      );
    },
  };
}

function stackDelivery(args: StackValidationArgs, config: RuleConfig, report: ReportViolation): Delivery {
  const { resources, notApplicable } = args;
  const proxied = ({ resource }: Finding) => resources.find(({ urn }) => urn === resource.urn)?.props;
  return { config, report, proxied, notApplicable };
}

/** The day on which is judged, UTC. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

interface Delivery {
  readonly config: RuleConfig;
  readonly report: ReportViolation;
  /** The properties of a finding's resource behind the SDK's proxy. */
  readonly proxied: (finding: Finding) => unknown;
  /** Ends the policy with a reason that is not a violation. */
  readonly notApplicable: (reason?: string) => void;
}

function deliver(rule: Rule, findings: readonly Finding[], delivery: Delivery): void {
  const { config, report, proxied, notApplicable } = delivery;
  for (const finding of findings) {
    const { status, message } = judge(rule, finding, config, today());
    if (status === "violation") report(message, finding.resource.urn);
  }
  // Last, because this ends the policy: certain violations have been reported by then.
  for (const finding of findings.filter(({ undetermined }) => undetermined)) {
    touch(proxied(finding), finding.property);
    // What a component stands for has no proxy of its own to touch.
    notApplicable(`not known during preview: ${judge(rule, finding, config, today()).message}`);
  }
}

/**
 * Lets the SDK say in its own words that a value is unknown: touching one through the SDK's proxy throws what it turns
 * into an advisory «can't run policy during preview».
 */
function touch(proxied: unknown, property: string): void {
  let current = proxied;
  for (const step of steps(property)) {
    if (typeof current !== "object" || current === null) return;
    current = (current as Record<string, unknown>)[step];
  }
}

/** The values behind the SDK's proxy, with the engine's markers where a value is unknown. */
function raw(props: Record<string, unknown>): Record<string, unknown> {
  const target = props.__getSpecialProxyTarget;
  return isObject(target) ? target : props;
}

function oneResource(args: ResourceValidationArgs, props: Record<string, unknown>): GuardedResource {
  const { urn, type, name, opts, provider } = args;
  const { protect, parent } = opts;
  return { urn, type, name, props, protect, parent, propertyDependencies: {}, provider: provider?.urn };
}

function ofStack(resource: PolicyResource): GuardedResource {
  const { urn, type, name, opts, parent, provider } = resource;
  const dependencies = Object.entries(resource.propertyDependencies).map(([property, from]) => [
    property,
    from.map((one) => one.urn),
  ]);
  return {
    urn,
    type,
    name,
    props: raw(resource.props),
    protect: opts.protect,
    parent: parent?.urn ?? opts.parent,
    propertyDependencies: Object.fromEntries(dependencies),
    provider: provider?.urn,
  };
}
