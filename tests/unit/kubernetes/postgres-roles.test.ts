// Covers the Job that makes databases and roles in a managed PostgreSQL: its SQL word for word, its pod, where the
// administrator's password comes from, and when it runs again.
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { createNamespace } from "../../../components/kubernetes/namespace.ts";
import { createPostgresRoles, rolesSql } from "../../../components/kubernetes/postgres-roles.ts";
import type { PostgresDatabase } from "../../../components/kubernetes/stores-contract.ts";
import { objectOf, production, recordOn, store } from "../components/stores-fixture.ts";

const publishing = { name: "publishing", owner: "publishing", runtime: "publishing_runtime" };
const databases: PostgresDatabase[] = [{ ...publishing, connectionLimit: 313 }];

class Tier extends pulumi.ComponentResource {}

function record(wanted: readonly PostgresDatabase[] = databases) {
  return recordOn(production, (platform) => {
    const parent = new Tier(
      "llm-marketplace:test:Tier",
      "tier",
      {},
      { providers: [platform.cluster.provider] },
    );
    const namespace = createNamespace(parent, "data", {
      context: platform.context,
      component: "data-tier",
      podSecurity: "restricted",
      mesh: false,
    });
    createPostgresRoles(parent, "data-postgres-roles", {
      ...platform,
      namespace: { name: "data", output: namespace.metadata.name },
      store: { ...store("postgres"), adminSecretKey: pulumi.output("rds!db-1"), caCertificate: "root" },
      databases: wanted,
    });
    return undefined;
  });
}

const jobType = "kubernetes:batch/v1:Job";
const job = async (wanted?: readonly PostgresDatabase[]) =>
  (await record(wanted)).get(jobType, "data-postgres-roles-job");

describe("roles of a managed PostgreSQL", () => {
  it("are made by SQL that can run again and gives each service a role that owns and one that serves, in its own database only", () => {
    expect(rolesSql(databases).split("\n")).to.deep.equal([
      "-- Databases and roles of the services. Safe to run again.",
      "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;",
      "REVOKE ALL ON DATABASE postgres FROM PUBLIC;",
      "",
      "\\connect postgres",
      "SELECT 'CREATE ROLE \"publishing\" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'publishing') \\gexec",
      'ALTER ROLE "publishing" LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 3;',
      'GRANT rds_iam TO "publishing";',
      "SELECT 'CREATE ROLE \"publishing_runtime\" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'publishing_runtime') \\gexec",
      'ALTER ROLE "publishing_runtime" LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 313;',
      'GRANT rds_iam TO "publishing_runtime";',
      "SELECT 'CREATE DATABASE \"publishing\"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'publishing') \\gexec",
      'REVOKE ALL ON DATABASE "publishing" FROM PUBLIC;',
      'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE "publishing" TO "publishing";',
      'GRANT CONNECT ON DATABASE "publishing" TO "publishing_runtime";',
      '\\connect "publishing"',
      "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
      'GRANT USAGE, CREATE ON SCHEMA public TO "publishing";',
      'GRANT USAGE ON SCHEMA public TO "publishing_runtime";',
      "",
    ]);
  });

  it("never make the administrator a member of a role that logs in by token", () => {
    expect(rolesSql(databases)).not.to.match(/GRANT "publishing|OWNER|CURRENT_USER/);
  });

  it("quote names, so that no name can end the statement", () => {
    const sql = rolesSql([{ name: `a"b'c`, owner: "d", runtime: "d_runtime", connectionLimit: 1 }]);
    expect(sql).to.contain(`REVOKE ALL ON DATABASE "a""b'c" FROM PUBLIC;`);
    expect(sql).to.contain("WHERE datname = 'a\"b''c'");
  });

  it("are made by a pod of the restricted level that verifies the server's certificate", async () => {
    const { template, backoffLimit } = (await job()).inputs.spec as {
      template: { spec: Record<string, unknown> };
      backoffLimit: number;
    };
    expect(backoffLimit).to.equal(6);
    const { containers, securityContext, automountServiceAccountToken } = template.spec;
    expect(securityContext).to.include({ runAsNonRoot: true });
    expect(automountServiceAccountToken).to.equal(false);
    const [container] = containers as { image: string; env: { name: string }[]; resources: object }[];
    expect(container?.image).to.match(/^ghcr\.io\/cloudnative-pg\/postgresql:15\.\d+.*@sha256:[0-9a-f]{64}$/);
    expect(container?.resources).to.deep.equal({
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { memory: "128Mi" },
    });
    expect(container?.env).to.deep.equal([
      { name: "HOME", value: "/tmp" },
      { name: "PGHOST", value: "postgres.example" },
      { name: "PGPORT", value: "5432" },
      { name: "PGDATABASE", value: "postgres" },
      { name: "PGSSLMODE", value: "verify-full" },
      { name: "PGSSLROOTCERT", value: "/etc/postgres-roles/ca.crt" },
      { name: "PGCONNECT_TIMEOUT", value: "10" },
      { name: "PGUSER", valueFrom: { secretKeyRef: { name: "postgres-admin", key: "username" } } },
      { name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: "postgres-admin", key: "password" } } },
    ]);
  });

  it("take the administrator's password from the cloud's secret store into the cluster", async () => {
    const recording = await record();
    const secret = objectOf(recording, "ExternalSecret", "postgres-admin");
    expect((secret.inputs.spec as { data: object }).data).to.deep.equal([
      { secretKey: "username", remoteRef: { key: "rds!db-1", property: "username" } },
      { secretKey: "password", remoteRef: { key: "rds!db-1", property: "password" } },
    ]);
    expect(recording.ofType("kubernetes:core/v1:Secret")).to.deep.equal([]);
    expect(recording.get(jobType, "data-postgres-roles-job").dependencies).to.include.members([
      secret.urn,
      objectOf(recording, "NetworkPolicy", "postgres-roles-to-database").urn,
      objectOf(recording, "Namespace", "data").urn,
    ]);
  });

  it("are reached inside the platform's network only, on the database's port", async () => {
    const policy = objectOf(await record(), "NetworkPolicy", "postgres-roles-to-database");
    expect((policy.inputs.spec as { egress: object }).egress).to.deep.equal([
      { to: [{ ipBlock: { cidr: "10.20.0.0/16" } }], ports: [{ protocol: "TCP", port: 5432 }] },
    ]);
  });

  it("start anew with the next deployment when they have failed", async () => {
    const { inputs, options } = await job();
    expect((inputs.metadata as { annotations: object }).annotations).to.deep.equal({
      "pulumi.com/replaceUnready": "true",
    });
    expect(options.deleteBeforeReplace).to.equal(true);
  });

  it("are made again under another name when what is wanted changes, and only then", async () => {
    const nameOf = async (wanted?: readonly PostgresDatabase[]) =>
      ((await job(wanted)).inputs.metadata as { name: string }).name;
    const [first, again, changed] = [
      await nameOf(),
      await nameOf(),
      await nameOf([{ ...publishing, connectionLimit: 314 }]),
    ];
    expect(first).to.match(/^postgres-roles-[0-9a-f]{8}$/);
    expect(again).to.equal(first);
    expect(changed).not.to.equal(first);
  });
});
