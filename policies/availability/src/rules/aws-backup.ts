import { configuring } from "../../../shared/belongs.ts";
import { matches } from "../../../shared/exceptions.ts";
import { nist, securityHub, wellArchitected } from "../../../shared/frameworks.ts";
import type { Finding, GuardedResource, Rule, Setting } from "../../../shared/rule.ts";
import { textsOf } from "../../../shared/settings.ts";
import { expectProperty, finding, read, readList, type Wording } from "../../../shared/value.ts";
import { isHeld, limitOf, onlyIn, perEnvironment } from "../environments.ts";
import { retention } from "../forms.ts";

const planType = "aws:backup/plan:Plan";
const elsewhere = [nist("CP-6(1)"), wellArchitected("REL09-BP03")];
const inPlace = "The change is made in place.";
const retentionSettings = perEnvironment(retention.setting, retention.table, retention.bounds);

/** The longest that the rules of a plan keep something, by a path in each; the path of an unknown one first. */
function longest(
  plan: GuardedResource,
  lists: readonly string[],
): { readonly days: number; readonly open: string | undefined } {
  const found = lists.map((path) => ({ path, found: read(plan.props, path) }));
  const days = found.map((one) => (one.found.state === "value" ? Number(one.found.value) : 0));
  return { days: Math.max(0, ...days), open: found.find((one) => one.found.state === "unknown")?.path };
}

const planRetention: Rule = {
  name: "aws-backup-plan-retention",
  kind: "resource",
  types: [planType],
  description:
    "A backup plan must keep the backups of one of its rules as long as the environment asks for, so that damage which is noticed late can be undone.",
  severity: "high",
  frameworks: [nist("CP-9"), wellArchitected("REL09-BP03")],
  remediation: `Set lifecycle.deleteAfter of a daily rule. ${inPlace.replace(".", " and holds for new backups.")}`,
  settings: retentionSettings,
  check: (plan, context) => {
    const limit = limitOf(context, retention.setting);
    const { days, open } = longest(
      plan,
      readList(plan.props, "rules").map(({ path }) => `${path}.lifecycle.deleteAfter`),
    );
    return planFindings(plan, { days, open }, limit, "rule with lifecycle.deleteAfter");
  },
};

function planFindings(
  plan: GuardedResource,
  { days, open }: { readonly days: number; readonly open: string | undefined },
  limit: number,
  what: string,
): Finding[] {
  if (days >= limit) return [];
  const wording = { required: `a ${what} of at least ${limit} days`, fix: `add a ${what} of ${limit}` };
  if (open !== undefined) return [finding(plan, open, wording)];
  const list = read(plan.props, "rules");
  const actual = list.state === "absent" ? "absent" : `a list whose longest is ${days} days`;
  return [finding(plan, "rules", { ...wording, actual })];
}

const planCopies: Rule = {
  name: "aws-backup-plan-copies",
  kind: "resource",
  types: [planType],
  description:
    "A backup plan must copy to another region in production, so that the loss of a region or of its vault does not take the backups.",
  severity: "high",
  frameworks: elsewhere,
  remediation: `Add a copy action to a vault of another region, with the same retention. ${inPlace}`,
  settings: { ...onlyIn(["production"]), ...retentionSettings },
  check: (plan, context) => {
    if (!isHeld(context)) return [];
    const copies = readList(plan.props, "rules")
      .flatMap(({ path }) => readList(plan.props, `${path}.copyActions`))
      .filter(
        ({ path, found }) => found.state === "unknown" || leavesRegion(plan, `${path}.destinationVaultArn`),
      );
    const kept = longest(
      plan,
      copies.map(({ path, found }) => (found.state === "unknown" ? path : `${path}.lifecycle.deleteAfter`)),
    );
    return planFindings(
      plan,
      kept,
      limitOf(context, retention.setting),
      "copy action to another region with lifecycle.deleteAfter",
    );
  },
};

/** Whether a vault is in another region than the plan. True where one of the two is not known. */
function leavesRegion(plan: GuardedResource, path: string): boolean {
  const [to, from] = [read(plan.props, path), read(plan.props, "arn")];
  if (to.state !== "value") return to.state === "unknown";
  return from.state !== "value" || regionOf(to.value) !== regionOf(from.value);
}

function regionOf(arn: unknown): string {
  return String(arn).split(":")[3] ?? "";
}

const instanceType = "aws:rds/instance:Instance";

const databaseCopies: Rule = {
  name: "aws-rds-instance-cross-region-backup",
  kind: "stack",
  description:
    "An RDS instance must replicate its backups to another region in production, so that it can be restored to any moment when its own region is lost.",
  severity: "high",
  frameworks: elsewhere,
  remediation: `Add an InstanceAutomatedBackupsReplication with a provider of another region. ${inPlace}`,
  settings: onlyIn(["production"]),
  check: (resources, context) => {
    if (!isHeld(context)) return [];
    return resources
      .filter(
        ({ type, props }) => type === instanceType && read(props, "replicateSourceDb").state === "absent",
      )
      .flatMap((instance): Finding[] => {
        const wording: Wording = {
          required: "an InstanceAutomatedBackupsReplication of this instance",
          fix: "add one in another region",
        };
        const replications = resources.filter(({ type }) => type === replicationType);
        if (configuring(resources, [replicationType], "sourceDbInstanceArn", instance, ["arn"]).length > 0)
          return [];
        const open = replications.find(({ props }) => read(props, "sourceDbInstanceArn").state === "unknown");
        if (open) return [finding(open, "sourceDbInstanceArn", wording)];
        return [
          { resource: instance, property: "automatedBackupsReplication", actual: "absent", ...wording },
        ];
      });
  },
};
const replicationType = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication";

const bucketTypes = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
const bucketNames = ["bucket", "id", "arn"];
const versioningTypes = [
  "aws:s3/bucketVersioning:BucketVersioning",
  "aws:s3/bucketVersioningV2:BucketVersioningV2",
];
const replicationTypes = ["aws:s3/bucketReplicationConfig:BucketReplicationConfig"];

const versioningRule: Rule = {
  name: "aws-s3-bucket-versioning",
  kind: "stack",
  description:
    "A bucket must keep old versions of its objects, so that one that is overwritten or deleted can be brought back.",
  severity: "medium",
  frameworks: [securityHub("S3.14"), nist("CP-10")],
  remediation: `Add a BucketVersioning with the status Enabled, and a lifecycle that ends old versions. ${inPlace}`,
  check: (resources) =>
    resources
      .filter(({ type }) => bucketTypes.includes(type))
      .flatMap((bucket) => {
        const [own] = configuring(resources, versioningTypes, "bucket", bucket, bucketNames);
        if (own) {
          return expectProperty(own, "versioningConfiguration.status", (value) => value === "Enabled", {
            required: '"Enabled"',
            fix: "set versioningConfiguration.status to Enabled",
          });
        }
        return expectProperty(bucket, "versioning.enabled", (value) => value === true, {
          required: "a BucketVersioning with the status Enabled",
          fix: "add one for this bucket",
        });
      }),
};

const bucketSetting: Setting = {
  type: "strings",
  default: ["*backup*"],
  description: "Logical names of the buckets that hold backups, * for any characters.",
};

const bucketCopies: Rule = {
  name: "aws-s3-bucket-replication",
  kind: "stack",
  description:
    "A bucket that holds backups must be replicated to another region in production, so that the loss of a region does not take the backups too.",
  severity: "high",
  frameworks: [securityHub("S3.7"), ...elsewhere],
  remediation: `Add a BucketReplicationConfig with an enabled rule to a bucket of another region. ${inPlace.replace(".", " and holds for new objects; copy old ones with a batch job.")}`,
  settings: { ...onlyIn(["production"]), buckets: bucketSetting },
  check: (resources, context) => {
    if (!isHeld(context)) return [];
    return resources
      .filter(
        ({ type, name }) =>
          bucketTypes.includes(type) && textsOf(context, "buckets").some((one) => matches(one, name)),
      )
      .filter((bucket) => !isDestination(bucket, resources))
      .flatMap((bucket): Finding[] => {
        const wording: Wording = {
          required: "a BucketReplicationConfig with an enabled rule",
          fix: "add one to a bucket of another region",
        };
        const [own] = configuring(resources, replicationTypes, "bucket", bucket, bucketNames);
        if (own === undefined) {
          return [{ resource: bucket, property: "bucketReplicationConfig", actual: "absent", ...wording }];
        }
        const rules = readList(own.props, "rules").map(({ path }) => ({
          path,
          found: read(own.props, `${path}.status`),
        }));
        if (rules.some(({ found }) => found.state === "value" && found.value === "Enabled")) return [];
        const open = rules.find(({ found }) => found.state === "unknown")?.path;
        const isAbsent = read(own.props, "rules").state === "absent";
        const actual = isAbsent ? "absent" : "a list without an enabled rule";
        return [
          open === undefined
            ? finding(own, "rules", { ...wording, actual })
            : finding(own, openPath(own, open), wording),
        ];
      });
  },
};

/** The list itself where it is unknown, else the status in it. */
function openPath(resource: GuardedResource, path: string): string {
  return read(resource.props, path).state === "unknown" ? path : `${path}.status`;
}

/** A bucket that is itself the copy of another. */
function isDestination(bucket: GuardedResource, resources: readonly GuardedResource[]): boolean {
  const arn = read(bucket.props, "arn");
  return resources
    .filter(({ type }) => replicationTypes.includes(type))
    .some((config) => {
      const named = readList(config.props, "rules").map(({ path }) =>
        read(config.props, `${path}.destination.bucket`),
      );
      const byArn = named.some(
        (one) => one.state === "value" && arn.state === "value" && one.value === arn.value,
      );
      return byArn || (config.propertyDependencies.rules?.includes(bucket.urn) ?? false);
    });
}

/** Backups that last, and copies of them out of the region. */
export const awsBackupRules: readonly Rule[] = [
  planRetention,
  planCopies,
  databaseCopies,
  versioningRule,
  bucketCopies,
];
