import type {
  Finding,
  FrameworkReference,
  GuardedResource,
  Rule,
  RuleContext,
  Setting,
} from "../../shared/rule.ts";
import { numberOf } from "../../shared/settings.ts";
import { finding, isObject, read, show } from "../../shared/value.ts";
import { capital } from "./forms.ts";
import { type SupportTable, unannounced } from "./support-tables.ts";

/** Where a resource names the version of what it runs. */
export interface VersionSite {
  readonly path: string;
  /** The version in the words of the table, from the property's text; undefined where the text names none. */
  readonly version: (text: string) => string | undefined;
}

interface SupportForm {
  readonly name: string;
  readonly types: string | readonly string[];
  /** What is judged, with an article: `an EKS cluster`. */
  readonly subject: string;
  readonly table: SupportTable;
  readonly frameworks: readonly FrameworkReference[];
  /** Every place at which a version is named; none where the rule does not concern the resource. */
  readonly sites: (resource: GuardedResource) => readonly VersionSite[];
  readonly effect: string;
}

/** A version that its vendor still mends, and will for some days to come. */
export function supportedRule({ name, types, subject, table, frameworks, sites, effect }: SupportForm): Rule {
  return {
    name,
    kind: "resource",
    types: typeof types === "string" ? [types] : types,
    description: `${capital(subject)} must run a version in standard support, because a fault or a hole in another is never mended.`,
    severity: "high",
    frameworks,
    remediation: `Upgrade to a version of the table; a newer one is added to the setting versions with the last day of its support. ${effect}`,
    settings: supportSettings(table),
    check: (resource, context) => sites(resource).flatMap((site) => judge(resource, site, context)),
  };
}

/** A plain version at one path. */
export function versionAt(path: string): VersionSite {
  return { path, version: (text) => text };
}

function supportSettings(table: SupportTable): Readonly<Record<string, Setting>> {
  const day = /^\d{4}-\d{2}-\d{2}$/;
  return {
    versions: {
      type: "object",
      schema: { additionalProperties: { type: "string", pattern: `${day.source}|^${unannounced}$` } },
      problem: (value) =>
        Object.values(value).every((one) => typeof one === "string" && (one === unannounced || day.test(one)))
          ? undefined
          : `an object of versions, each with a day such as 2027-08-02 or ${unannounced}`,
      default: table,
      description: "Versions with the last day of their support; replaces the pack's own table.",
    },
    noticeDays: {
      type: "integer",
      minimum: 0,
      maximum: 365,
      default: 30,
      description: "Days before the end of support from which on a version is refused.",
    },
  };
}

const byNumber = new Intl.Collator("en", { numeric: true });

function judge(resource: GuardedResource, { path, version }: VersionSite, context: RuleContext): Finding[] {
  const table = versionsOf(context);
  const horizon = addDays(context.today, numberOf(context, "noticeDays"));
  const supported = Object.entries(table)
    .filter(([, last]) => last === unannounced || last >= horizon)
    // The engine hands settings over in an order of its own.
    .sort(([one], [other]) => byNumber.compare(one, other));
  const wording = {
    required: `one that is supported on ${horizon}: ${supported.map(([one]) => one).join(", ")}`,
    fix: `upgrade to one of these at ${path}`,
  };
  const found = read(resource.props, path);
  if (found.state !== "value") return [finding(resource, path, wording)];
  const named = version(String(found.value));
  const cycle = named === undefined ? undefined : cycleOf(named, table);
  if (supported.some(([one]) => one === cycle)) return [];
  const why = cycle === undefined ? "no version of the table" : `supported until ${table[cycle]}`;
  return [finding(resource, path, { ...wording, actual: `${show(found)}, ${why}` })];
}

function versionsOf({ settings }: RuleContext): SupportTable {
  return isObject(settings.versions) ? (settings.versions as SupportTable) : {};
}

/** The longest key that is the version or begins it at a dot or dash: `15` for `15.18`, `7.2` for `7.2.16-bookworm`. */
export function cycleOf(version: string, table: SupportTable): string | undefined {
  return Object.keys(table)
    .filter((key) => version === key || version.startsWith(`${key}.`) || version.startsWith(`${key}-`))
    .sort((a, b) => b.length - a.length)[0];
}

function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}
