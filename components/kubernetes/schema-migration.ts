import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs, IdentityOutputs } from "../clouds/contract.ts";
import { labels, selector } from "../core/labels.ts";
import { createNetworkPolicy, dnsEgress, identityAgent, tcp } from "./network-policy.ts";
import { namespaces } from "./places.ts";
import { resources, restrictedContainer, restrictedPod } from "./pods.ts";
import { storePeer } from "./service-access.ts";
import { type MigrationSpec, migrationEnvironment, migrationVolumes } from "./service-environment.ts";
import { type ServicePart, serviceComponent, serviceNames } from "./service-names.ts";
import { ownerGrants, ownerUse } from "./service-stores.ts";
import { skipAwait } from "./skip-await.ts";
import { copyCredentials } from "./store-credentials.ts";

export interface SchemaMigrationSpec extends ServicePart, MigrationSpec {
  readonly cloud: Cloud;
  readonly cluster: ClusterOutputs;
  readonly encryption: EncryptionOutputs;
  readonly image: pulumi.Input<string>;
  /** Range of the network in which managed stores have their addresses; undefined on local. */
  readonly networkCidr: string | undefined;
  /** What must exist before: the secrets operator, root certificates of stores, the services' namespace. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * A Job that brings the schema of a service's database up to date, one for each version of the service, as the owner of
 * the tables: with an identity and credentials of its own, which no pod that serves ever has.
 *
 * Nothing waits for it here: an image may be pushed after the deployment. New pods are not ready until the schema is
 * theirs; old ones serve on beside it. A service without a database has none.
 */
export function createSchemaMigration(
  parent: pulumi.ComponentResource,
  name: string,
  spec: SchemaMigrationSpec,
): void {
  const { context, service, namespace } = spec;
  const { postgres } = service;
  const use = ownerUse(service, spec);
  if (postgres === undefined || use === undefined) return;
  const workload = serviceNames(service.name).migration;
  const own = `${name}-migration`;
  const metadata = { namespace, labels: labels(context, serviceComponent, workload) };
  const identity = buildIdentity(parent, own, workload, spec);
  const account = new kubernetes.core.v1.ServiceAccount(
    `${own}-account`,
    {
      metadata: { ...metadata, name: workload, annotations: identity.serviceAccountAnnotations },
      automountServiceAccountToken: false,
    },
    { parent },
  );
  const credentials = copyCredentials(parent, own, { ...spec, workload }, [use]);
  const policy = createNetworkPolicy(parent, `${own}-network`, {
    context,
    component: serviceComponent,
    policyName: workload,
    namespace,
    podLabels: selector(workload),
    ingress: [],
    egress: [
      dnsEgress,
      { to: [storePeer(use, spec.networkCidr)], ports: tcp(...use.ports) },
      ...(use.auth.kind === "cloud-identity" ? [{ to: [identityAgent], ports: tcp(80) }] : []),
    ],
  });
  new kubernetes.batch.v1.Job(
    `${own}-job`,
    {
      metadata: {
        ...metadata,
        name: `${workload}-${revision(service.version, postgres.migration)}`,
        // A Job that has failed stays failed: the next deployment starts it anew.
        annotations: { "pulumi.com/replaceUnready": "true", ...skipAwait },
      },
      spec: {
        backoffLimit: 6,
        template: {
          // A sidecar would never end, and has no part in it: the way to the database is TLS of its own.
          metadata: { labels: { ...metadata.labels, "sidecar.istio.io/inject": "false" } },
          spec: podSpec(workload, postgres.migration, spec),
        },
      },
    },
    {
      parent,
      deleteBeforeReplace: true,
      dependsOn: [account, policy, ...credentials, ...identity.ready, ...spec.ready, ...use.ready],
    },
  );
}

/** Another version, or another way to migrate, is another Job; nothing else runs it again. */
function revision(version: string, args: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify([version, args]))
    .digest("hex")
    .slice(0, 8);
}

/** The right to enter as the owner, where the database goes by cloud identities; none where a password is shown. */
function buildIdentity(
  parent: pulumi.ComponentResource,
  name: string,
  serviceAccount: string,
  spec: SchemaMigrationSpec,
): Pick<IdentityOutputs, "serviceAccountAnnotations" | "ready"> {
  const grants = ownerGrants(spec.service, spec);
  if (grants.length === 0) return { serviceAccountAnnotations: {}, ready: [] };
  const { cloud, context, cluster, encryption } = spec;
  return cloud.identity(parent, name, {
    context,
    cluster,
    encryption,
    namespace: namespaces.services,
    serviceAccount,
    grants,
  });
}

function podSpec(
  workload: string,
  args: readonly string[],
  spec: SchemaMigrationSpec,
): kubernetes.types.input.core.v1.PodSpec {
  const { volumes, mounts } = migrationVolumes(spec);
  return {
    restartPolicy: "OnFailure",
    serviceAccountName: workload,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    priorityClassName: "services",
    securityContext: restrictedPod,
    containers: [
      {
        name: "migration",
        image: spec.image,
        imagePullPolicy: "IfNotPresent",
        args: [...args],
        env: migrationEnvironment(spec),
        resources: resources({ cpuMillis: 50, memoryMiB: 128, memoryLimitMiB: 256 }),
        securityContext: restrictedContainer,
        volumeMounts: mounts,
      },
    ],
    volumes,
  };
}
