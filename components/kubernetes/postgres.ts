import * as pulumi from "@pulumi/pulumi";
import type { IdentityOutputs, StoreOutputs } from "../clouds/contract.ts";
import { createCustomResource } from "./custom-resource.ts";
import { createGeneratedSecret } from "./external-secrets.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { namespaces, serviceHost } from "./places.ts";
import {
  clusterName,
  clusterSpec,
  databaseSpec,
  objectStoreName,
  objectStoreSpec,
  postgresSecretName,
  reservedUsers,
  scheduledBackupSpec,
  tlsSecret,
} from "./postgres/cluster.ts";
import { createPostgresOperator, instanceStatusPort } from "./postgres/operator.ts";
import { waitFor } from "./stores/await.ts";
import { createStoreAuthority, createStoreCertificate, storeDnsNames } from "./stores/certificates.ts";
import { createPodMonitor } from "./stores/monitors.ts";
import { refuseReservedUsers } from "./stores/reserved-users.ts";
import {
  apiServerEgress,
  clientPeers,
  fromPeers,
  neighbours,
  objectStoreEgress,
  scraped,
} from "./stores/traffic.ts";
import type { InClusterPostgresSpec } from "./stores-contract.ts";

const component = "data-tier";
const postgresPort = 5432;
const metricsPort = 9187;
const readWrite = `${clusterName}-rw`;

/**
 * PostgreSQL 15 inside the cluster through CloudNativePG: one instance, or three, one a zone, with a standby that has
 * every commit before it is acknowledged. WAL goes to the object store as it is written (at least every five
 * minutes) and a base backup every hour, so that any point of the retention can be restored. A database and a role
 * per service; the role reaches its own database only.
 */
export function createInClusterPostgres(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterPostgresSpec,
): StoreOutputs {
  const { context, namespace, databases } = spec;
  const users = [...new Set(databases.flatMap(({ owner, runtime }) => [owner, runtime]))];
  refuseReservedUsers("postgres", users, reservedUsers);
  const place = { context, component, namespace: namespace.output };
  const kinds = [...spec.cluster.ready, ...(spec.kinds ?? [])];

  const operator = createPostgresOperator(parent, name, { ...spec, kinds });
  const passwords = buildPasswords(parent, name, spec, users);
  const certificate = buildCertificate(parent, name, spec, kinds);
  const identity = buildIdentity(parent, name, spec);
  const archive = createCustomResource(
    parent,
    `${name}-object-store`,
    {
      ...place,
      apiVersion: "barmancloud.cnpg.io/v1",
      kind: "ObjectStore",
      objectName: objectStoreName,
      spec: objectStoreSpec(pulumi.interpolate`s3://${spec.backup.objectStore.bucket}/postgres`, spec.backup),
    },
    { dependsOn: [...operator, ...spec.backup.objectStore.ready] },
  );
  const policies = buildPolicies(parent, name, spec);
  const cluster = createCustomResource(
    parent,
    `${name}-cluster`,
    {
      ...place,
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "Cluster",
      objectName: clusterName,
      annotations: waitFor("condition=Ready"),
      spec: clusterSpec(spec, identity.serviceAccountAnnotations),
    },
    {
      dependsOn: [...operator, ...passwords, certificate, archive, policies, ...identity.ready],
      protect: context.protectData,
    },
  );
  const built = buildDatabases(parent, name, spec, cluster);
  buildBackup(parent, name, spec, cluster);
  createPodMonitor(parent, `${name}-monitor`, {
    ...place,
    monitorName: clusterName,
    podLabels: instanceLabels,
    port: "metrics",
    podTargetLabels: ["cnpg.io/instanceName", "cnpg.io/instanceRole"],
    dependsOn: kinds,
  });
  return {
    kind: "postgres",
    host: pulumi.output(serviceHost(readWrite, namespace.name)),
    port: postgresPort,
    tls: true,
    auth: { kind: "password", secretName: postgresSecretName },
    caSecret: tlsSecret,
    reference: undefined,
    namespace: namespace.name,
    adminSecretKey: undefined,
    ready: [cluster, ...built],
  };
}

function buildPasswords(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterPostgresSpec,
  users: readonly string[],
): pulumi.Resource[] {
  const place = { context: spec.context, component, namespace: spec.namespace.output };
  return users.map((user) =>
    createGeneratedSecret(
      parent,
      `${name}-user-${user.replaceAll("_", "-")}`,
      {
        ...place,
        secretName: postgresSecretName(user),
        template: { username: user, password: "{{ .password }}" },
      },
      { dependsOn: [...spec.secrets.ready] },
    ),
  );
}

function buildBackup(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: InClusterPostgresSpec,
  cluster: pulumi.Resource,
): void {
  const place = { context, component, namespace: namespace.output };
  createCustomResource(
    parent,
    `${name}-backup`,
    {
      ...place,
      apiVersion: "postgresql.cnpg.io/v1",
      kind: "ScheduledBackup",
      objectName: `${clusterName}-hourly`,
      spec: scheduledBackupSpec(),
    },
    { dependsOn: [cluster] },
  );
}

/** Labels that CloudNativePG gives to pods of instances, and not to those of its jobs. */
const instanceLabels = { "cnpg.io/cluster": clusterName, "cnpg.io/podRole": "instance" };

function buildCertificate(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterPostgresSpec,
  dependsOn: readonly pulumi.Resource[],
): pulumi.Resource {
  const authority = createStoreAuthority(parent, `${name}-tls`, {
    context: spec.context,
    component,
    namespace: spec.namespace.output,
    store: clusterName,
    dependsOn,
  });
  return createStoreCertificate(parent, `${name}-tls-certificate`, authority, {
    secretName: tlsSecret,
    dnsNames: storeDnsNames(spec.namespace.name, [readWrite, `${clusterName}-ro`], []),
    usages: ["server auth"],
    // The instance loads a renewed certificate by itself when its secret has this label.
    secretLabels: { "cnpg.io/reload": "" },
  });
}

/** Rights on the bucket, where the cloud gives them to the pods; with keys of an object store they need none. */
function buildIdentity(
  parent: pulumi.ComponentResource,
  name: string,
  { context, cloud, cluster, encryption, namespace, backup }: InClusterPostgresSpec,
): Pick<IdentityOutputs, "serviceAccountAnnotations" | "ready"> {
  if (backup.objectStore.credentialsSecret !== undefined) {
    return { serviceAccountAnnotations: {}, ready: [] };
  }
  return cloud.identity(parent, `${name}-identity`, {
    context,
    cluster,
    encryption,
    namespace: namespace.name,
    // CloudNativePG names the ServiceAccount after the Cluster.
    serviceAccount: clusterName,
    grants: [{ to: "object-store", store: backup.objectStore, access: "read-write" }],
  });
}

function buildDatabases(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, databases }: InClusterPostgresSpec,
  cluster: pulumi.Resource,
): pulumi.Resource[] {
  return databases.map((database) =>
    createCustomResource(
      parent,
      `${name}-database-${database.name}`,
      {
        context,
        component,
        namespace: namespace.output,
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Database",
        // PostgreSQL allows an underscore in a name, Kubernetes does not.
        objectName: `${clusterName}-${database.name.replaceAll("_", "-")}`,
        spec: databaseSpec(database),
      },
      { dependsOn: [cluster], protect: context.protectData },
    ),
  );
}

function buildPolicies(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterPostgresSpec,
): pulumi.Resource {
  const members = { "cnpg.io/cluster": clusterName };
  return createNetworkPolicy(parent, `${name}-policy`, {
    context: spec.context,
    component,
    policyName: clusterName,
    namespace: spec.namespace.output,
    // Jobs that initialise or join an instance have this label too, and need the same.
    podLabels: members,
    ingress: [
      ...fromPeers(clientPeers(spec.clients), postgresPort),
      { from: [neighbours(members)], ports: tcp(postgresPort, instanceStatusPort) },
      { from: [podsIn(namespaces.postgresOperator)], ports: tcp(instanceStatusPort) },
      scraped(metricsPort),
    ],
    egress: [
      { to: [neighbours(members)], ports: tcp(postgresPort, instanceStatusPort) },
      apiServerEgress,
      ...objectStoreEgress(spec.backup.objectStore.endpoint),
    ],
  });
}
