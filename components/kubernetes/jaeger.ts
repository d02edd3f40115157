import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StoreOutputs } from "../clouds/contract.ts";
import type { Secrets } from "../secrets.ts";
import { type MonitoringPlace, mainResources, observabilityComponent, ownerLabels } from "./monitoring.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { jaeger } from "./places.ts";
import { resources, restrictedContainer, restrictedPod } from "./pods.ts";
import { createRelease } from "./release.ts";
import { createSecretCopies } from "./secret-copies.ts";

export interface JaegerSpec extends MonitoringPlace {
  readonly secrets: Secrets;
  /** Keeps the spans, in indices whose names begin with the user's prefix. */
  readonly elasticsearch: StoreOutputs;
  /** Copies of each index beside the first: 0 where Elasticsearch has one node, which has nowhere to put them. */
  readonly indexReplicas: number;
}

/** Days that spans are kept: a trace explains a fault of this week, logs and metrics older ones. */
const traceRetentionDays = 7;
const authorityFolder = "/etc/elasticsearch";

/** Jaeger 2 in one process: takes OTLP from the collector, keeps spans in Elasticsearch, shows them to people. */
export function createJaeger(
  parent: pulumi.ComponentResource,
  name: string,
  spec: JaegerSpec,
): kubernetes.helm.v3.Release {
  const { context, elasticsearch, namespace } = spec;
  const { auth, caSecret, namespace: storeNamespace } = elasticsearch;
  if (auth.kind !== "password" || caSecret === undefined || storeNamespace === undefined) {
    throw new Error(`${name}: Jaeger needs Elasticsearch in the cluster, with a password and an authority`);
  }
  const copies = createSecretCopies(parent, `${name}-jaeger`, {
    context,
    component: observabilityComponent,
    reader: "jaeger-secrets",
    from: storeNamespace,
    to: namespace,
    secrets: { [auth.secretName(jaeger.user)]: ["username", "password"], [caSecret]: ["ca.crt"] },
    dependsOn: [...spec.secrets.ready, ...elasticsearch.ready],
  });
  createNetworkPolicy(parent, `${name}-jaeger-egress`, {
    context,
    component: observabilityComponent,
    policyName: "jaeger",
    namespace,
    podLabels: jaeger.podLabels,
    egress: [{ to: [podsIn(storeNamespace)], ports: tcp(elasticsearch.port) }],
  });
  const access = { userSecret: auth.secretName(jaeger.user), caSecret };
  return createRelease(
    parent,
    `${name}-jaeger`,
    { context, chart: "jaeger", namespace, values: jaegerValues(spec, access) },
    { dependsOn: [...spec.ready, ...copies, ...elasticsearch.ready] },
  );
}

interface Access {
  readonly userSecret: string;
  readonly caSecret: string;
}

function jaegerValues(spec: JaegerSpec, { userSecret, caSecret }: Access): Record<string, unknown> {
  const { context, elasticsearch } = spec;
  const url = pulumi.interpolate`https://${elasticsearch.host}:${elasticsearch.port}`;
  const fromUser = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: userSecret, key } },
  });
  const environment = [fromUser("ES_USERNAME", "username"), fromUser("ES_PASSWORD", "password")];
  const security = { podSecurityContext: restrictedPod, securityContext: restrictedContainer };
  return {
    fullnameOverride: jaeger.service,
    jaeger: {
      // Spans are in Elasticsearch and wait in the collector's queue while the one copy is made again.
      replicas: 1,
      podLabels: ownerLabels(context),
      resources: mainResources("jaeger", context),
      ...security,
      extraEnv: environment,
      extraVolumes: [{ name: "authority", secret: { secretName: caSecret } }],
      extraVolumeMounts: [{ name: "authority", mountPath: authorityFolder, readOnly: true }],
    },
    storage: { type: "elasticsearch", elasticsearch: { url } },
    esIndexCleaner: {
      enabled: true,
      numberOfDays: traceRetentionDays,
      schedule: "55 3 * * *",
      podLabels: ownerLabels(context),
      resources: resources({ cpuMillis: 10, memoryMiB: 32, memoryLimitMiB: 128 }),
      ...security,
      extraEnv: [
        ...environment,
        { name: "ES_TLS_ENABLED", value: "true" },
        { name: "ES_TLS_CA", value: `${authorityFolder}/ca.crt` },
      ],
      extraSecretMounts: [
        { name: "authority", secretName: caSecret, mountPath: authorityFolder, readOnly: true },
      ],
    },
    spark: { enabled: false },
    userconfig: jaegerConfig(url, spec.indexReplicas),
  };
}

/** A reference that Jaeger resolves when it reads its configuration. */
function fromEnvironment(variable: string): string {
  return `\${env:${variable}}`;
}

function jaegerConfig(url: pulumi.Input<string>, indexReplicas: number): Record<string, unknown> {
  const listen = (port: number) => ({ endpoint: `0.0.0.0:${port}` });
  return {
    service: {
      extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
      pipelines: {
        traces: { receivers: ["otlp"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] },
      },
      telemetry: {
        metrics: {
          readers: [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port: jaeger.metricsPort } } } }],
        },
      },
    },
    extensions: {
      healthcheckv2: { use_v2: true, http: listen(13133) },
      jaeger_query: { storage: { traces: "spans" } },
      jaeger_storage: {
        backends: {
          spans: {
            elasticsearch: {
              server_urls: [url],
              auth: {
                basic: { username: fromEnvironment("ES_USERNAME"), password: fromEnvironment("ES_PASSWORD") },
              },
              tls: { ca_file: `${authorityFolder}/ca.crt` },
              indices: Object.fromEntries(
                ["spans", "services", "dependencies", "sampling"].map((index) => [
                  index,
                  { replicas: indexReplicas },
                ]),
              ),
            },
          },
        },
      },
    },
    receivers: { otlp: { protocols: { grpc: listen(jaeger.otlpPort), http: listen(4318) } } },
    processors: { batch: {} },
    exporters: { jaeger_storage_exporter: { trace_storage: "spans" } },
  };
}
