import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { containerResources, workloads } from "../../core/footprint.ts";
import { labels, selector } from "../../core/labels.ts";
import { fitName } from "../../core/naming.ts";
import { storageQuantity } from "../../core/units.ts";
import { createCustomResource } from "../../kubernetes/custom-resource.ts";
import { createGeneratedSecret } from "../../kubernetes/external-secrets.ts";
import { createNamespace } from "../../kubernetes/namespace.ts";
import { createNetworkPolicy, podsIn, tcp } from "../../kubernetes/network-policy.ts";
import { namespaces, secretStoreName, serviceHost } from "../../kubernetes/places.ts";
import { restrictedContainer, restrictedPod } from "../../kubernetes/pods.ts";
import { skipAwait } from "../../kubernetes/skip-await.ts";
import { image } from "../../kubernetes/versions.ts";
import { secretStoreNamespace } from "./secrets.ts";

const component = "object-store";
const app = "object-store";
const namespaceName = "object-store";
const port = 7070;
const healthPath = "/_/health";
/** Namespaces whose pods keep objects: logs, backups of the stores, backups of the cluster. */
const clients = [namespaces.monitoring, namespaces.data, namespaces.backup];

export const objectStoreEndpoint = `http://${serviceHost(app, namespaceName)}:${port}`;
/** Secret with `access-key` and `secret-key`, the same in every client's namespace. */
export const objectStoreSecret = "object-store-credentials";

export interface ObjectStoreServerArgs {
  readonly context: PlatformContext;
  /** The component that installs External Secrets. */
  readonly operator: pulumi.Resource;
}

/**
 * An S3 server for clusters without a cloud: Versity's gateway over one volume, a folder a bucket.
 *
 * **Creates**: a namespace, the StatefulSet with its Service and volume, credentials that are generated in the
 * cluster and copied to its clients' namespaces, the NetworkPolicy that lets those in.
 * **Does not create**: buckets (`createBucket`), TLS (traffic stays on the laptop), copies of the data.
 * **Cost**: none beside the node. **Replaces**: its volume is as large as it was made.
 * **Example**: `new ObjectStoreServer("object-store", { context, operator: secrets }, { providers: [provider] })`
 */
export class ObjectStoreServer extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: ObjectStoreServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:clouds:ObjectStoreServer", name, {}, opts);
    const { context } = args;
    const namespace = createNamespace(this, namespaceName, {
      context,
      component,
      podSecurity: "restricted",
      mesh: false,
      traffic: { internal: true },
    });
    this.namespace = namespace.metadata.name;
    const place = { context, namespace: this.namespace };
    const credentials = buildCredentials(this, name, args, namespace);
    createNetworkPolicy(this, `${name}-allow-clients`, {
      ...place,
      component,
      policyName: "allow-clients",
      podLabels: selector(app),
      ingress: [{ from: clients.map((client) => podsIn(client)), ports: tcp(port) }],
    });
    const service = buildService(this, name, place);
    this.ready = [buildStatefulSet(this, name, place, [service, credentials]), service];
    this.registerOutputs({ endpoint: objectStoreEndpoint });
  }
}

interface Place {
  readonly context: PlatformContext;
  readonly namespace: pulumi.Output<string>;
}

/** Made once in the secret store's namespace and copied from there, so that server and clients hold the same. */
function buildCredentials(
  parent: pulumi.ComponentResource,
  name: string,
  { context, operator }: ObjectStoreServerArgs,
  namespace: pulumi.Resource,
): pulumi.Resource {
  const source = createGeneratedSecret(
    parent,
    `${name}-credentials`,
    {
      context,
      component,
      namespace: secretStoreNamespace,
      secretName: objectStoreSecret,
      template: { "access-key": context.project, "secret-key": "{{ .password }}" },
    },
    { dependsOn: [operator] },
  );
  return createCustomResource(
    parent,
    `${name}-credentials-copies`,
    {
      context,
      component,
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterExternalSecret",
      objectName: objectStoreSecret,
      spec: {
        externalSecretName: objectStoreSecret,
        namespaceSelectors: [
          {
            matchExpressions: [
              {
                key: "kubernetes.io/metadata.name",
                operator: "In",
                values: [namespaceName, ...clients],
              },
            ],
          },
        ],
        refreshTime: "1m",
        externalSecretSpec: {
          refreshInterval: "1h",
          secretStoreRef: { kind: "ClusterSecretStore", name: secretStoreName },
          target: { name: objectStoreSecret, creationPolicy: "Owner" },
          dataFrom: [{ extract: { key: objectStoreSecret } }],
        },
      },
    },
    { dependsOn: [source, operator, namespace] },
  );
}

function buildService(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: Place,
): kubernetes.core.v1.Service {
  return new kubernetes.core.v1.Service(
    `${name}-service`,
    {
      metadata: { name: app, namespace, labels: labels(context, component, app), annotations: skipAwait },
      spec: { selector: selector(app), ports: [{ name: "s3", port, targetPort: "s3" }] },
    },
    { parent },
  );
}

/** A key of the credentials as an environment variable. */
function fromCredentials(variable: string, key: "access-key" | "secret-key") {
  return { name: variable, valueFrom: { secretKeyRef: { name: objectStoreSecret, key } } };
}

function buildStatefulSet(
  parent: pulumi.ComponentResource,
  name: string,
  { context, namespace }: Place,
  dependsOn: pulumi.Resource[],
): kubernetes.apps.v1.StatefulSet {
  const shared = { image: image("versitygw"), securityContext: restrictedContainer };
  const volumeMounts = [{ name: "data", mountPath: "/data" }];
  const resources = containerResources("object-store", context.environment);
  const probe = { httpGet: { path: healthPath, port: "s3" }, periodSeconds: 10, timeoutSeconds: 3 };
  return new kubernetes.apps.v1.StatefulSet(
    `${name}-server`,
    {
      metadata: { name: app, namespace, labels: labels(context, component, app) },
      spec: {
        serviceName: app,
        replicas: 1,
        selector: { matchLabels: selector(app) },
        template: {
          metadata: { labels: labels(context, component, app) },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            priorityClassName: "stateful",
            securityContext: restrictedPod,
            initContainers: [
              {
                ...shared,
                name: "folders",
                command: ["mkdir", "-p", "/data/objects", "/data/metadata"],
                resources,
                volumeMounts,
              },
            ],
            containers: [
              {
                ...shared,
                name: "server",
                // Metadata beside the objects: provisioners of laptops rarely keep extended attributes.
                args: ["posix", "--sidecar", "/data/metadata", "/data/objects"],
                env: [
                  fromCredentials("ROOT_ACCESS_KEY_ID", "access-key"),
                  fromCredentials("ROOT_SECRET_ACCESS_KEY", "secret-key"),
                  { name: "VGW_PORT", value: `:${port}` },
                  { name: "VGW_HEALTH", value: healthPath },
                  { name: "VGW_QUIET", value: "true" },
                ],
                ports: [{ name: "s3", containerPort: port }],
                readinessProbe: probe,
                livenessProbe: { ...probe, periodSeconds: 30, failureThreshold: 5 },
                resources,
                volumeMounts,
              },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data", labels: labels(context, component, app) },
            spec: {
              accessModes: ["ReadWriteOnce"],
              storageClassName: "ssd",
              resources: {
                requests: { storage: storageQuantity(workloads["object-store"].storageGiB ?? 20) },
              },
            },
          },
        ],
      },
    },
    { parent, dependsOn, protect: context.protectData },
  );
}

export interface BucketSpec {
  readonly context: PlatformContext;
  readonly server: ObjectStoreServer;
  readonly bucketName: string;
}

/** Makes the bucket unless it is there; nothing deletes it, since it may hold the only backups. */
const createBucketScript = `
versitygw admin list-buckets | grep -qw "$BUCKET" ||
  versitygw admin create-bucket --bucket "$BUCKET" --owner "$ADMIN_ACCESS_KEY_ID"
`.trim();

/** A bucket, made by a job beside the server. */
export function createBucket(
  parent: pulumi.ComponentResource,
  name: string,
  { context, server, bucketName }: BucketSpec,
): { bucket: pulumi.Output<string>; ready: readonly pulumi.Resource[] } {
  const jobName = fitName(`bucket-${bucketName}`, 63);
  const job = new kubernetes.batch.v1.Job(
    `${name}-bucket`,
    {
      metadata: { name: jobName, namespace: server.namespace, labels: labels(context, component, jobName) },
      spec: {
        backoffLimit: 6,
        template: {
          metadata: { labels: labels(context, component, jobName) },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            priorityClassName: "stateful",
            restartPolicy: "Never",
            securityContext: restrictedPod,
            containers: [
              {
                name: "bucket",
                image: image("versitygw"),
                command: ["/bin/sh", "-ec", createBucketScript],
                env: [
                  { name: "BUCKET", value: bucketName },
                  { name: "ADMIN_ENDPOINT_URL", value: objectStoreEndpoint },
                  fromCredentials("ADMIN_ACCESS_KEY_ID", "access-key"),
                  fromCredentials("ADMIN_SECRET_ACCESS_KEY", "secret-key"),
                ],
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                securityContext: restrictedContainer,
              },
            ],
          },
        },
      },
    },
    { parent, dependsOn: [...server.ready] },
  );
  return { bucket: pulumi.output(bucketName), ready: [job] };
}
