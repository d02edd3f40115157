import { named } from "../../../shared/belongs.ts";
import { nist } from "../../../shared/frameworks.ts";
import type { Finding, GuardedResource, Rule } from "../../../shared/rule.ts";
import { finding, member, read, readList } from "../../../shared/value.ts";

/** The parameter by which each engine refuses plain connections. Engines without one are not judged. */
const forcedBy: Readonly<Record<string, string>> = {
  postgres: "rds.force_ssl",
  "aurora-postgresql": "rds.force_ssl",
  mysql: "require_secure_transport",
  "aurora-mysql": "require_secure_transport",
  mariadb: "require_secure_transport",
};
/** TLS is a setting of the parameter group that a database uses, so the two are judged together. */
interface Database {
  readonly name: string;
  readonly type: string;
  readonly subject: string;
  /** Where the database names its group, and the group's kind. */
  readonly property: string;
  readonly group: string;
}

const databases: readonly Database[] = [
  {
    name: "aws-rds-instance-tls",
    type: "aws:rds/instance:Instance",
    subject: "An RDS instance",
    property: "parameterGroupName",
    group: "aws:rds/parameterGroup:ParameterGroup",
  },
  {
    name: "aws-rds-cluster-tls",
    type: "aws:rds/cluster:Cluster",
    subject: "An Aurora cluster",
    property: "dbClusterParameterGroupName",
    group: "aws:rds/clusterParameterGroup:ClusterParameterGroup",
  },
];

export const awsDatabaseTlsRules: readonly Rule[] = databases.map((database) => ({
  name: database.name,
  kind: "stack",
  description: `${database.subject} must refuse connections without TLS, so that nobody on the way reads or changes data.`,
  severity: "high",
  frameworks: [nist("SC-8(1)")],
  remediation:
    "Give it a parameter group of its own that sets rds.force_ssl (PostgreSQL) or require_secure_transport (MySQL, MariaDB) to 1. The change is made in place; clients must use TLS by then.",
  check: (resources) =>
    resources.filter(({ type }) => type === database.type).flatMap((one) => judge(one, database, resources)),
}));

function judge(
  resource: GuardedResource,
  { property, group: groupType }: Database,
  resources: readonly GuardedResource[],
): Finding[] {
  const engine = read(resource.props, "engine");
  const parameter = engine.state === "value" ? forcedBy[String(engine.value)] : undefined;
  if (parameter === undefined) return [];
  const wording = {
    required: `a group that sets ${parameter} to 1`,
    fix: `set ${parameter} to 1 in its parameter group`,
  };
  const group = named(resources, groupType, resource, property, ["name", "id"]);
  if (group === undefined) return [finding(resource, property, wording)];
  const list = readList(group.props, "parameters");
  const unknown = list.find(({ found }) => found.state === "unknown");
  if (unknown) return [finding(group, unknown.path, wording)];
  const entry = list.find(({ path }) => valueAt(group, member(path, "name")) === parameter);
  if (entry === undefined) {
    return [finding(group, "parameters", { ...wording, actual: `a list without ${parameter}` })];
  }
  const at = member(entry.path, "value");
  const isOn = ["1", "on", "true"].includes(String(valueAt(group, at)).toLowerCase());
  return isOn ? [] : [finding(group, at, { required: "1", fix: wording.fix })];
}

function valueAt(resource: GuardedResource, path: string): unknown {
  const found = read(resource.props, path);
  return found.state === "value" ? found.value : undefined;
}
