import { nist, wellArchitected } from "../../../shared/frameworks.ts";
import { objectName } from "../../../shared/kubernetes.ts";
import type { Finding, GuardedResource, Rule } from "../../../shared/rule.ts";
import { expectProperty, finding, isObject, member, read, readList } from "../../../shared/value.ts";
import { heldEnvironments, limitOf, perEnvironment } from "../environments.ts";
import { atLeastRule, durationDays, policyDays, retention, valueRule } from "../forms.ts";
import { areNeighbours, releaseTypes } from "../workloads.ts";

const frameworks = [nist("CP-9"), wellArchitected("REL09-BP03")];
const kept =
  "must be kept as long as the environment asks for, so that damage which is noticed late can be undone";
const clusterType = "kubernetes:postgresql.cnpg.io/v1:Cluster";
const scheduleType = "kubernetes:velero.io/v1:Schedule";

const plain: readonly Rule[] = [
  atLeastRule({
    name: "kubernetes-postgres-backup-retention",
    types: "kubernetes:barmancloud.cnpg.io/v1:ObjectStore",
    subject: "the backups of a PostgreSQL cluster",
    must: kept,
    property: "spec.retentionPolicy",
    frameworks,
    number: policyDays,
    unit: " days",
    written: (days) => `${days}d`,
    ...retention,
  }),
  valueRule({
    name: "kubernetes-storageclass-reclaim-policy",
    types: "kubernetes:storage.k8s.io/v1:StorageClass",
    subject: "a storage class",
    must: "must keep a volume whose claim is deleted, so that a deleted claim can be brought back",
    property: "reclaimPolicy",
    allowed: ["Retain"],
    held: heldEnvironments,
    frameworks: [nist("CP-10")],
    effect: "An existing class is replaced by that; volumes that it made keep their own policy.",
  }),
];

const archivesRule: Rule = {
  name: "kubernetes-postgres-point-in-time",
  kind: "resource",
  types: [clusterType],
  description:
    "A PostgreSQL cluster must archive its log all the time, so that it can be restored to any moment and not only to the last backup.",
  severity: "high",
  frameworks: [nist("CP-10"), wellArchitected("REL09-BP03")],
  remediation:
    "Name a plugin with isWALArchiver true in spec.plugins (barman-cloud.cloudnative-pg.io), or spec.backup.barmanObjectStore. The change is made in place.",
  check: (resource) => {
    const inTree = read(resource.props, "spec.backup.barmanObjectStore");
    const plugins = readList(resource.props, "spec.plugins");
    const isArchiver = ({ path }: { readonly path: string }) => {
      const found = read(resource.props, `${path}.isWALArchiver`);
      return found.state === "value" && found.value === true;
    };
    if (inTree.state === "value" || plugins.some(isArchiver)) return [];
    const open = plugins.find(({ found }) => found.state === "unknown")?.path;
    const property = inTree.state === "unknown" ? "spec.backup.barmanObjectStore" : (open ?? "spec.plugins");
    const isAbsent = read(resource.props, property).state === "absent";
    return [
      finding(resource, property, {
        actual: isAbsent ? "absent" : "a list without an archiver",
        required: "a plugin with isWALArchiver true",
        fix: "add the Barman Cloud plugin with isWALArchiver true",
      }),
    ];
  },
};

const scheduledRule: Rule = {
  name: "kubernetes-postgres-scheduled-backup",
  kind: "stack",
  description: "A PostgreSQL cluster must be backed up on a schedule, because a log alone restores nothing.",
  severity: "high",
  frameworks,
  remediation: "Add a ScheduledBackup that names the cluster. The change is made in place.",
  check: (resources) =>
    resources
      .filter(({ type }) => type === clusterType)
      .flatMap((cluster): Finding[] => {
        const wording = {
          required: "one that names the cluster",
          fix: "add a ScheduledBackup of the cluster",
        };
        const near = resources.filter(
          (one) =>
            one.type === "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup" && areNeighbours(one, cluster),
        );
        const names = near.map((one) => ({ one, name: read(one.props, "spec.cluster.name") }));
        const own = names.find(
          ({ name }) => name.state === "value" && name.value === objectName(cluster),
        )?.one;
        if (own) {
          const suspended = read(own.props, "spec.suspend");
          const runs =
            suspended.state === "absent" || (suspended.state === "value" && suspended.value === false);
          return runs
            ? []
            : [finding(own, "spec.suspend", { required: "false", fix: "set spec.suspend to false" })];
        }
        const open = names.find(({ name }) => name.state === "unknown")?.one;
        if (open) return [finding(open, "spec.cluster.name", wording)];
        return [{ resource: cluster, property: "scheduledBackup", actual: "absent", ...wording }];
      }),
};

const veleroRule: Rule = {
  name: "kubernetes-velero-backup-retention",
  kind: "resource",
  types: [scheduleType, ...releaseTypes],
  description: `Backups of a cluster's objects ${kept}.`,
  severity: "high",
  frameworks,
  remediation:
    "Set template.ttl of the Schedule, or of every schedule in the values of Velero's chart. The change is made in place and holds for new backups.",
  settings: perEnvironment(retention.setting, retention.table, retention.bounds),
  check: (resource, context) => {
    const limit = limitOf(context, retention.setting);
    if (limit === 0) return [];
    return schedulePaths(resource, limit).flatMap((path) =>
      typeof path === "string"
        ? expectProperty(resource, path, (ttl) => (durationDays(ttl) ?? -1) >= limit, ttlWording(path, limit))
        : [path],
    );
  },
};

function ttlWording(path: string, limit: number) {
  return { required: `at least ${limit} days`, fix: `set ${path} to ${limit * 24}h0m0s or more` };
}

/** Where each schedule says how long its backups are kept; a finding where a chart has no schedule. */
function schedulePaths(resource: GuardedResource, limit: number): (string | Finding)[] {
  if (resource.type === scheduleType) return ["spec.template.ttl"];
  if (!/(^|\/)velero(-[0-9].*)?$/.test(String(resource.props.chart ?? ""))) return [];
  const found = read(resource.props, "values.schedules");
  const names = found.state === "value" && isObject(found.value) ? Object.keys(found.value) : [];
  if (names.length > 0) return names.map((name) => `${member("values.schedules", name)}.template.ttl`);
  return [
    finding(resource, "values.schedules", {
      required: `a schedule whose backups are kept for at least ${limit} days`,
      fix: "add a schedule to the values of the chart",
    }),
  ];
}

/** That what is lost in the cluster can be brought back. */
export const backupRules: readonly Rule[] = [...plain, archivesRule, scheduledRule, veleroRule];
