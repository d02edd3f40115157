import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StoreOutputs } from "../clouds/contract.ts";
import { labels, selector } from "../core/labels.ts";
import { createCustomResource } from "./custom-resource.ts";
import {
  clusterName,
  clusterSpec,
  elasticsearchSecretName,
  exporterUser,
  nodeLabels,
  reservedUsers,
  rolesFile,
  rolesSecret,
  tlsSecret,
  userSecretTemplate,
} from "./elasticsearch/cluster.ts";
import { createElasticsearchOperator } from "./elasticsearch/operator.ts";
import { createGeneratedSecret } from "./external-secrets.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { namespaces, serviceHost } from "./places.ts";
import { waitFor } from "./stores/await.ts";
import { createStoreAuthority, createStoreCertificate, storeDnsNames } from "./stores/certificates.ts";
import { createStoreExporter } from "./stores/exporter.ts";
import { refuseReservedUsers } from "./stores/reserved-users.ts";
import { clientPeers, neighbours } from "./stores/traffic.ts";
import type { ElasticsearchSpec } from "./stores-contract.ts";
import { image } from "./versions.ts";

const component = "data-tier";
const httpPort = 9200;
const transportPort = 9300;
const exporter = { workload: "elasticsearch-exporter", port: 9114 } as const;
const httpService = `${clusterName}-es-http`;

/**
 * Elasticsearch 8 inside the cluster through ECK: one node, or three, one a zone, on the memory pool where the cluster
 * has one. TLS and authentication are on; a user per service sees indices of its own prefix only.
 *
 * It keeps no snapshots of its own: what is in the index follows from `listing.events`, Velero copies the volumes, and
 * 8.19 cannot reach S3 with EKS Pod Identity (9.6 can), so a repository would need keys.
 */
export function createElasticsearch(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ElasticsearchSpec,
): StoreOutputs {
  const { context, namespace, users } = spec;
  const names = users.map((user) => user.name);
  refuseReservedUsers("elasticsearch", names, reservedUsers);
  const place = { context, component, namespace: namespace.output };
  const kinds = [...spec.cluster.ready, ...(spec.kinds ?? [])];

  const operator = createElasticsearchOperator(parent, name, { ...spec, httpPort, kinds });
  const secrets = [exporterUser, ...names].map((user) =>
    createGeneratedSecret(
      parent,
      `${name}-user-${user}`,
      { ...place, secretName: elasticsearchSecretName(user), template: userSecretTemplate(user) },
      { dependsOn: [...spec.secrets.ready] },
    ),
  );
  const roles = buildRoles(parent, name, spec);
  const certificate = buildCertificate(parent, name, spec, kinds);
  const policy = buildPolicy(parent, name, spec);
  const cluster = createCustomResource(
    parent,
    `${name}-cluster`,
    {
      ...place,
      apiVersion: "elasticsearch.k8s.elastic.co/v1",
      kind: "Elasticsearch",
      objectName: clusterName,
      annotations: waitFor("jsonpath={.status.phase}=Ready"),
      spec: clusterSpec(spec, [exporterUser, ...names].map(elasticsearchSecretName)),
    },
    { dependsOn: [operator, ...secrets, roles, certificate, policy], protect: context.protectData },
  );
  buildExporter(parent, name, spec, [cluster, ...kinds]);
  return {
    kind: "elasticsearch",
    host: pulumi.output(serviceHost(httpService, namespace.name)),
    port: httpPort,
    tls: true,
    auth: { kind: "password", secretName: elasticsearchSecretName },
    caSecret: tlsSecret,
    reference: undefined,
    namespace: namespace.name,
    adminSecretKey: undefined,
    ready: [cluster],
  };
}

function buildExporter(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: ElasticsearchSpec,
  dependsOn: readonly pulumi.Resource[],
): void {
  createStoreExporter(parent, `${name}-exporter`, {
    context,
    component,
    namespace: namespace.output,
    ...exporter,
    image: image("elasticsearch-exporter"),
    args: [
      `--es.uri=https://${serviceHost(httpService, namespace.name)}:${httpPort}`,
      "--es.all",
      "--es.indices",
      "--es.shards",
      "--es.ca=/tls/ca.crt",
      "--es.timeout=20s",
      `--web.listen-address=:${exporter.port}`,
    ],
    env: [
      { name: "ES_USERNAME", valueFrom: fromSecret("username") },
      { name: "ES_PASSWORD", valueFrom: fromSecret("password") },
    ],
    healthPath: "/healthz",
    tls: { secretName: tlsSecret, keys: ["ca.crt"] },
    store: { peer: neighbours(nodeLabels), port: httpPort },
    dependsOn,
  });
}

function fromSecret(key: string) {
  return { secretKeyRef: { name: elasticsearchSecretName(exporterUser), key } };
}

/** Roles are no secret, but ECK reads them from one. */
function buildRoles(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, users }: ElasticsearchSpec,
): kubernetes.core.v1.Secret {
  return new kubernetes.core.v1.Secret(
    `${name}-roles`,
    {
      metadata: {
        name: rolesSecret,
        namespace: namespace.output,
        labels: labels(context, component, rolesSecret),
      },
      stringData: { "roles.yml": rolesFile(users) },
    },
    { parent },
  );
}

function buildCertificate(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ElasticsearchSpec,
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
    // The operator calls nodes through the Service that belongs to their set.
    dnsNames: storeDnsNames(
      spec.namespace.name,
      [httpService, `${clusterName}-es-internal-http`],
      [`${clusterName}-es-nodes`],
    ),
    usages: ["server auth"],
  });
}

function buildPolicy(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace, clients }: ElasticsearchSpec,
): pulumi.Resource {
  const nodes = neighbours(nodeLabels);
  return createNetworkPolicy(parent, `${name}-policy`, {
    context,
    component,
    policyName: clusterName,
    namespace: namespace.output,
    podLabels: nodeLabels,
    ingress: [
      {
        from: [
          ...clientPeers(clients),
          nodes,
          neighbours(selector(exporter.workload)),
          podsIn(namespaces.elasticsearchOperator),
        ],
        ports: tcp(httpPort),
      },
      { from: [nodes], ports: tcp(transportPort) },
    ],
    egress: [{ to: [nodes], ports: tcp(httpPort, transportPort) }],
  });
}
