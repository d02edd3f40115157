/**
 * The words in which all three packs are written. A rule judges one property; it knows nothing of the program that made
 * the resources, of the engine, or of the report. `pack.ts` turns rules into a CrossGuard policy pack, `evaluate.ts`
 * runs the same rules in process for `marketplace plan`.
 */
export type Level = "mandatory" | "advisory" | "disabled";
export type Severity = "low" | "medium" | "high" | "critical";

/**
 * A resource as a rule sees it. `props` are its arguments where a rule judges one resource, and its outputs where a rule
 * judges the whole stack, as in the engine. Secrets are looked through; unknown values are the engine's markers, so read
 * through `value.ts`.
 */
export interface GuardedResource {
  /** Of a resource that a component stands for (`remote.ts`): the component's. */
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
  readonly protect: boolean;
  /** URN of the parent. */
  readonly parent: string | undefined;
  /** URNs of the resources from which a property's value comes; empty where one resource is judged alone. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  /** URN of the explicit provider. */
  readonly provider: string | undefined;
}

/** A control of a published framework, as its own document names it. */
export interface FrameworkReference {
  /** `CIS Amazon EKS Benchmark`, `AWS Foundational Security Best Practices`, `Pod Security Standards`, … */
  readonly name: string;
  readonly version: string;
  /** Control, for example `5.3.1` or `RDS.3`. */
  readonly control: string;
}

/** One setting of a rule. Bounds and default are part of the pack's published schema. */
export type Setting =
  | {
      readonly type: "integer" | "number";
      readonly minimum: number;
      readonly maximum: number;
      readonly default: number;
      readonly description: string;
    }
  | {
      readonly type: "string";
      readonly enum?: readonly string[];
      readonly pattern?: string;
      readonly default: string;
      readonly description: string;
    }
  | { readonly type: "strings"; readonly default: readonly string[]; readonly description: string }
  | {
      readonly type: "object";
      readonly schema: object;
      readonly default: Readonly<Record<string, unknown>>;
      readonly description: string;
      /** What is allowed, where an object has the wrong members or values; undefined where it is right. */
      readonly problem?: (value: Readonly<Record<string, unknown>>) => string | undefined;
    };

export interface RuleContext {
  /** Settings with defaults filled in. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The day on which is judged, `YYYY-MM-DD`, UTC: support of a version ends on a day. */
  readonly today: string;
}

/** What is wrong, in the parts that every message has. */
export interface Finding {
  readonly resource: GuardedResource;
  /** Path of the property, `storageEncrypted` or `spec.template.spec.containers[0].image`. */
  readonly property: string;
  /** What is there: a short rendering, `absent` or `unknown`. Never a secret. */
  readonly actual: string;
  readonly required: string;
  readonly fix: string;
  /**
   * The value is not known before the cloud has answered: neither a pass nor a violation, judged again on update.
   * `property` must then be the path of the unknown value, so that the engine can name it.
   */
  readonly undetermined?: boolean;
}

interface RuleBase {
  /** `cloud-service-resource-rule`, unique over the three packs. */
  readonly name: string;
  /** One sentence: what must be true, and why. */
  readonly description: string;
  readonly severity: Severity;
  readonly frameworks: readonly FrameworkReference[];
  readonly remediation: string;
  readonly settings?: Readonly<Record<string, Setting>>;
}

export interface ResourceRule extends RuleBase {
  readonly kind: "resource";
  /** Type tokens that the rule judges. */
  readonly types: readonly string[];
  readonly check: (resource: GuardedResource, context: RuleContext) => Finding[];
  /** New properties where a fix in place loses nothing (tags and the like), else absent. */
  readonly remediate?: (
    resource: GuardedResource,
    context: RuleContext,
  ) => Record<string, unknown> | undefined;
}

export interface StackRule extends RuleBase {
  readonly kind: "stack";
  readonly check: (resources: readonly GuardedResource[], context: RuleContext) => Finding[];
}

export type Rule = ResourceRule | StackRule;

/** A pack before it meets CrossGuard. Its rules are mandatory unless a stack's configuration says otherwise. */
export interface Pack {
  /** As the engine and an organisation know it. */
  readonly name: string;
  /** Folder under `policies/`, and the file of its configuration. */
  readonly folder: string;
  readonly description: string;
  readonly rules: readonly Rule[];
}

/** An agreed deviation. Past `expires` (its last valid day, UTC) it counts for nothing and is itself reported. */
export interface Exception {
  readonly policy: string;
  /** Logical name of the resource, `*` standing for any run of characters. */
  readonly resource: string;
  readonly reason: string;
  /** `YYYY-MM-DD`. */
  readonly expires: string;
}

/** The text that the engine, the terminal, SARIF and the report all show. */
export function formatFinding(finding: Finding): string {
  return `${finding.resource.name} (${finding.resource.type}): ${finding.property} is ${finding.actual}, required ${finding.required}. Fix: ${finding.fix}.`;
}
