/** The world of a plan: its objects as they would be applied, and everything that has an address in it. */
import { parse } from "yaml";
import { manifests } from "../../../cli/plan/manifests.ts";
import type { Plan } from "../../../cli/plan/plan.ts";
import { type ChartPod, clusterPods, releasePods, resourcePods } from "./chart-pods.ts";
import type { Address, KubernetesObject, Labels, Pod, Port, World } from "./model.ts";

interface Release {
  readonly release: string;
  readonly namespace: string;
  // biome-ignore lint/suspicious/noExplicitAny: values have the form of their chart
  readonly values: any;
}

const workloadKinds = ["Rollout", "Deployment", "StatefulSet", "Job", "CronJob"];
const operatorKinds = ["Elasticsearch", "Cluster", "Kafka"];

export function worldOf(plan: Plan): World {
  const documents = manifests(plan.resources).map(
    ({ content }) => parse(content) as KubernetesObject | Release,
  );
  const releases = documents.filter((document): document is Release => "release" in document);
  const objects = documents.filter((document): document is KubernetesObject => "kind" in document);
  const namespaces = namespaceLabels(objects);
  const network = networkOf(plan);
  const pods = [
    ...objects.filter(({ kind }) => workloadKinds.includes(kind)).map(workloadPod),
    ...releases.flatMap(({ release, namespace }) => rowsOf(release, namespace)),
    ...objects
      .filter(({ kind }) => operatorKinds.includes(kind))
      .flatMap(({ kind, metadata }) =>
        chartPods(resourcePods, `${kind} ${metadata.name}`, metadata.namespace),
      ),
    ...clusterPods.map((row) => chartPod(row, "kube-system")),
  ];
  const istiod = releases.find(({ release }) => release === "istiod");
  return {
    namespaces,
    endpoints: [
      ...pods.map((pod, index) => placed(pod, network, index, namespaces)),
      ...addresses(plan, network, objects),
    ],
    objects: [...objects, ...knownServices()],
    outboundMode: istiod?.values.meshConfig.outboundTrafficPolicy.mode ?? "ALLOW_ANY",
    rootNamespace: istiod?.namespace ?? "istio-system",
  };
}

/** Everything of a pod but its address and what follows from its namespace. */
type Unplaced = Omit<Pod, "kind" | "ip" | "proxy"> & { readonly proxy?: Pod["proxy"] };

/** Namespaces of the plan, and the one that is always there. */
function namespaceLabels(objects: readonly KubernetesObject[]): Record<string, Labels> {
  const made = objects.filter(({ kind }) => kind === "Namespace").map(({ metadata }) => metadata);
  return Object.fromEntries(
    [...made, { name: "kube-system", labels: {} }].map(({ name, labels }) => [
      name,
      { ...labels, "kubernetes.io/metadata.name": name },
    ]),
  );
}

function workloadPod({ kind, metadata, spec }: KubernetesObject): Unplaced {
  const template = kind === "CronJob" ? spec.jobTemplate.spec.template : spec.template;
  const namespace = metadata.namespace ?? "";
  // A Job's name ends in a hash of what it does.
  const workload = kind === "Job" ? metadata.name.replace(/-[0-9a-f]{8}$/, "") : metadata.name;
  const containers: { ports?: { name?: string; containerPort: number; protocol?: Port["protocol"] }[] }[] =
    template.spec.containers;
  return {
    name: `${namespace}/${workload}`,
    namespace,
    labels: template.metadata.labels,
    annotations: template.metadata.annotations ?? {},
    serviceAccount: template.spec.serviceAccountName ?? "default",
    ...(template.metadata.labels["sidecar.istio.io/inject"] === "false" ? { proxy: "none" as const } : {}),
    ports: containers
      .flatMap(({ ports = [] }) => ports)
      .map(({ name, containerPort, protocol }) => ({
        number: containerPort,
        ...(name === undefined ? {} : { name }),
        ...(protocol === undefined ? {} : { protocol }),
      })),
  };
}

function rowsOf(release: string, namespace: string): Unplaced[] {
  return chartPods(releasePods, release, namespace);
}

function chartPods(
  table: Readonly<Record<string, readonly ChartPod[]>>,
  key: string,
  namespace: string | undefined,
): Unplaced[] {
  const rows = table[key];
  if (rows === undefined) {
    throw new Error(
      `tests/support/network/chart-pods.ts has no row for ${key}: add its pods, labels and ports`,
    );
  }
  return rows.filter((row) => row.isHostNetwork !== true).map((row) => chartPod(row, namespace ?? ""));
}

function chartPod({ workload, labels, ports, proxy, ...row }: ChartPod, release: string): Unplaced {
  const namespace = row.namespace ?? release;
  return {
    name: `${namespace}/${workload}`,
    namespace,
    labels,
    annotations: {},
    serviceAccount: workload,
    ports,
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** Services of charts over pods that sidecars call by name. */
function knownServices(): KubernetesObject[] {
  const rows = Object.values(releasePods).flat();
  const inNamespace = [
    ...rows.map((row) => ({ row, namespace: row.workload === "istiod" ? "istio-system" : "monitoring" })),
    ...clusterPods.map((row) => ({ row, namespace: "kube-system" })),
  ];
  return inNamespace.flatMap(({ row, namespace }) =>
    row.service === undefined
      ? []
      : [
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: row.service, namespace },
            spec: { selector: row.labels },
          },
        ],
  );
}

/** First two numbers of the network's addresses: pods have them too, as the VPC CNI hands them out. */
function networkOf(plan: Plan): string {
  const vpc = plan.resources.find(({ type }) => type === "aws:ec2/vpc:Vpc");
  const cidr = (vpc?.inputs.cidrBlock as string | undefined) ?? "10.244.0.0/16";
  return cidr.split(".").slice(0, 2).join(".");
}

function placed(pod: Unplaced, network: string, index: number, namespaces: World["namespaces"]): Pod {
  const isInjected = namespaces[pod.namespace]?.["istio-injection"] === "enabled";
  const proxy = pod.proxy ?? (isInjected ? "sidecar" : "none");
  // The agent's and the proxy's own ports come with the injection.
  const own = proxy === "sidecar" ? [15020, 15021, 15090].map((number) => ({ number })) : [];
  return { ...pod, kind: "pod", ip: `${network}.100.${index + 1}`, proxy, ports: [...pod.ports, ...own] };
}

/** What has an address and is no pod. Managed stores are there where the plan has them. */
function addresses(plan: Plan, network: string, objects: readonly KubernetesObject[]): Address[] {
  const address = (name: string, ip: string, ...numbers: number[]): Address => ({
    kind: "address",
    name,
    ip,
    ports: numbers.map((number) => ({ number })),
  });
  const has = (type: string) => plan.resources.some((resource) => resource.type === type);
  const issuer = objects.find(
    ({ kind, metadata }) => kind === "ServiceEntry" && metadata.name === "token-issuer",
  );
  return [
    { ...address("@node", `${network}.2.10`, 22, 9100, 10250), isNode: true },
    address("@api-server", `${network}.1.10`, 443, 6443),
    address("@load-balancer", `${network}.4.10`),
    address("@internet", "203.0.113.10", 25, 53, 80, 443),
    { ...address("@token-issuer", "198.51.100.10", 443), host: issuer?.spec.hosts[0] },
    address("@name-server", "198.51.100.53", 53),
    address("@identity-agent", "169.254.170.23", 80),
    address("@instance-metadata", "169.254.169.254", 80),
    ...(has("aws:rds/instance:Instance") ? [address("@managed-postgres", `${network}.3.10`, 5432)] : []),
    ...(has("aws:elasticache/replicationGroup:ReplicationGroup")
      ? [address("@managed-redis", `${network}.3.20`, 6379)]
      : []),
    ...(has("aws:msk/cluster:Cluster") ? [address("@managed-kafka", `${network}.3.30`, 9098)] : []),
  ];
}
