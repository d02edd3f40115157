import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClusterOutputs, NetworkOutputs, StoreOutputs } from "../clouds/contract.ts";
import type { PlatformContext } from "../core/context.ts";
import { labels, selector } from "../core/labels.ts";
import type { Mesh } from "../mesh.ts";
import type { Secrets } from "../secrets.ts";
import { createExternalSecret } from "./external-secrets.ts";
import { createNetworkPolicy, range, tcp } from "./network-policy.ts";
import { resources, restrictedContainer, restrictedPod } from "./pods.ts";
import { ownerConnections, type PostgresDatabase, type StoreNamespace } from "./stores-contract.ts";
import { image } from "./versions.ts";

export interface PostgresRolesSpec {
  readonly context: PlatformContext;
  readonly cluster: ClusterOutputs;
  readonly network: NetworkOutputs;
  readonly secrets: Secrets;
  readonly mesh: Mesh;
  readonly namespace: StoreNamespace;
  /** The managed PostgreSQL, with `adminSecretKey` and `caCertificate`. */
  readonly store: StoreOutputs;
  readonly databases: readonly PostgresDatabase[];
}

const component = "data-tier";
const workload = "postgres-roles";

/**
 * A Job that makes the services' databases and roles in a managed PostgreSQL. Its SQL can be run any number of times;
 * another SQL (or image) is another Job under another name, so a change runs once and nothing else does.
 *
 * The administrator's password comes from the cloud's secret store into a Kubernetes secret, never through Pulumi.
 * Returns the Job: what depends on it starts when the roles exist.
 */
export function createPostgresRoles(
  parent: pulumi.ComponentResource,
  name: string,
  spec: PostgresRolesSpec,
): kubernetes.batch.v1.Job {
  const { context, namespace, store } = spec;
  if (store.adminSecretKey === undefined || store.caCertificate === undefined) {
    throw new Error(
      `${name}: a managed PostgreSQL must name its administrator's secret and its root certificate`,
    );
  }
  const sql = rolesSql(spec.databases);
  const revision = createHash("sha256")
    .update(sql)
    .update(store.caCertificate)
    .update(image("cnpg-postgres"));
  const jobName = `${workload}-${revision.digest("hex").slice(0, 8)}`;
  const adminSecret = createExternalSecret(
    parent,
    `${name}-admin`,
    {
      context,
      component,
      namespace: namespace.output,
      secretName: "postgres-admin",
      remoteKey: store.adminSecretKey,
      keys: { username: "username", password: "password" },
    },
    { dependsOn: [...spec.secrets.ready] },
  );
  const scripts = new kubernetes.core.v1.ConfigMap(
    `${name}-sql`,
    {
      metadata: {
        name: jobName,
        namespace: namespace.output,
        labels: labels(context, component, workload),
      },
      immutable: true,
      data: { "roles.sql": sql, "ca.crt": store.caCertificate },
    },
    { parent },
  );
  const policy = createNetworkPolicy(parent, `${name}-egress`, {
    context,
    component,
    policyName: `${workload}-to-database`,
    namespace: namespace.output,
    podLabels: selector(workload),
    egress: [{ to: [range(spec.network.cidr)], ports: tcp(store.port) }],
  });
  return new kubernetes.batch.v1.Job(
    `${name}-job`,
    {
      metadata: {
        name: jobName,
        namespace: namespace.output,
        labels: labels(context, component, workload),
        // A Job that has failed stays failed: the next deployment starts it anew instead of waiting for it again.
        annotations: { "pulumi.com/replaceUnready": "true" },
      },
      spec: {
        backoffLimit: 6,
        activeDeadlineSeconds: 540,
        template: {
          metadata: { labels: labels(context, component, workload) },
          spec: podSpec(store, scripts.metadata.name, adminSecret.metadata.name),
        },
      },
    },
    {
      parent,
      deleteBeforeReplace: true,
      dependsOn: [adminSecret, policy, ...store.ready, ...spec.cluster.ready, ...spec.mesh.ready],
    },
  );
}

function podSpec(
  store: StoreOutputs,
  scripts: pulumi.Input<string>,
  adminSecret: pulumi.Input<string>,
): kubernetes.types.input.core.v1.PodSpec {
  const fromSecret = (key: string) => ({ secretKeyRef: { name: adminSecret, key } });
  return {
    restartPolicy: "OnFailure",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: "platform-critical",
    securityContext: restrictedPod,
    containers: [
      {
        name: "psql",
        image: image("cnpg-postgres"),
        command: [
          "psql",
          "--no-psqlrc",
          "--quiet",
          "--set=ON_ERROR_STOP=1",
          "--file=/etc/postgres-roles/roles.sql",
        ],
        env: [
          { name: "HOME", value: "/tmp" },
          { name: "PGHOST", value: store.host },
          { name: "PGPORT", value: `${store.port}` },
          { name: "PGDATABASE", value: "postgres" },
          { name: "PGSSLMODE", value: "verify-full" },
          { name: "PGSSLROOTCERT", value: "/etc/postgres-roles/ca.crt" },
          { name: "PGCONNECT_TIMEOUT", value: "10" },
          { name: "PGUSER", valueFrom: fromSecret("username") },
          { name: "PGPASSWORD", valueFrom: fromSecret("password") },
        ],
        resources: resources({ cpuMillis: 50, memoryMiB: 64, memoryLimitMiB: 128 }),
        securityContext: restrictedContainer,
        volumeMounts: [
          { name: "scripts", mountPath: "/etc/postgres-roles", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "scripts", configMap: { name: scripts } },
      { name: "tmp", emptyDir: { sizeLimit: "16Mi" } },
    ],
  };
}

/**
 * SQL that leaves each service with two roles that log in by IAM token: one that may fill its own database, and one that
 * may enter it. What the second may do with a table the first decides in its migrations.
 *
 * The administrator owns the databases and never becomes a member of these roles: membership would pass
 * `rds_iam` on, and PostgreSQL would then refuse the administrator's own password.
 */
export function rolesSql(databases: readonly PostgresDatabase[]): string {
  return [
    "-- Databases and roles of the services. Safe to run again.",
    "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;",
    "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
    ...databases.flatMap(databaseSql),
    "",
  ].join("\n");
}

function databaseSql({ name, owner, runtime, connectionLimit }: PostgresDatabase): string[] {
  const role = identifier(owner);
  const database = identifier(name);
  return [
    "",
    "\\connect postgres",
    ...roleSql(owner, ownerConnections),
    ...roleSql(runtime, connectionLimit),
    `SELECT 'CREATE DATABASE ${database}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = ${literal(name)}) \\gexec`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC;`,
    `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${database} TO ${role};`,
    `GRANT CONNECT ON DATABASE ${database} TO ${identifier(runtime)};`,
    `\\connect ${database}`,
    "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    `GRANT USAGE, CREATE ON SCHEMA public TO ${role};`,
    `GRANT USAGE ON SCHEMA public TO ${identifier(runtime)};`,
  ];
}

function roleSql(name: string, connectionLimit: number): string[] {
  const role = identifier(name);
  return [
    `SELECT 'CREATE ROLE ${role} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) \\gexec`,
    `ALTER ROLE ${role} LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT ${connectionLimit};`,
    `GRANT rds_iam TO ${role};`,
  ];
}

/** Names come from the catalogue; quoting them keeps hyphens and reserved words harmless. */
function identifier(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
