/**
 * Pods that charts and operators make: their names, labels and ports, of which the plan shows the release or the
 * custom resource alone. Labels are those of the pinned charts' templates and of the operators, as far as policies,
 * monitors and Services look at them. A release without a row fails the tests.
 */
import type { Labels, Pod, Port } from "./model.ts";

export interface ChartPod {
  /** Name of the workload; the pod is called `<namespace>/<workload>`. */
  readonly workload: string;
  readonly labels: Labels;
  readonly ports: readonly Port[];
  readonly proxy?: Pod["proxy"];
  /** Where that is not the release's own namespace. */
  readonly namespace?: string;
  /** It has its node's address, and policies do not bind it. */
  readonly isHostNetwork?: boolean;
  /** Services over it that sidecars must know. */
  readonly service?: string;
}

const name = (workload: string, component?: string): Labels => ({
  "app.kubernetes.io/name": workload,
  ...(component === undefined ? {} : { "app.kubernetes.io/component": component }),
});
const ports = (...numbers: number[]): Port[] => numbers.map((number) => ({ number }));

/** By name of the release. */
export const releasePods: Readonly<Record<string, readonly ChartPod[]>> = {
  "prometheus-operator-crds": [],
  "istio-base": [],
  "cluster-autoscaler": [
    { workload: "cluster-autoscaler", labels: name("cluster-autoscaler"), ports: ports(8085) },
  ],
  "aws-load-balancer-controller": [
    {
      workload: "aws-load-balancer-controller",
      labels: name("aws-load-balancer-controller"),
      ports: ports(8080, 9443),
    },
  ],
  "metrics-server": [{ workload: "metrics-server", labels: name("metrics-server"), ports: ports(10250) }],
  "argo-rollouts": [
    {
      workload: "argo-rollouts",
      labels: name("argo-rollouts", "rollouts-controller"),
      ports: ports(8090, 8080),
    },
  ],
  keda: [
    {
      workload: "keda-operator",
      labels: { app: "keda-operator", ...name("keda-operator") },
      ports: ports(8080, 9666),
    },
    {
      workload: "keda-metrics-apiserver",
      labels: { app: "keda-operator-metrics-apiserver", ...name("keda-operator-metrics-apiserver") },
      ports: ports(6443, 8080),
    },
    {
      workload: "keda-admission-webhooks",
      labels: { app: "keda-admission-webhooks", ...name("keda-admission-webhooks") },
      ports: ports(8080, 9443),
    },
  ],
  "cert-manager": [
    { workload: "cert-manager", labels: name("cert-manager", "controller"), ports: ports(9402, 9403) },
    { workload: "cert-manager-webhook", labels: name("webhook", "webhook"), ports: ports(10250, 6080) },
    { workload: "cert-manager-cainjector", labels: name("cainjector", "cainjector"), ports: ports(9402) },
    {
      workload: "cert-manager-startupapicheck",
      labels: name("startupapicheck", "startupapicheck"),
      ports: [],
    },
  ],
  "istio-cni": [
    { workload: "istio-cni-node", labels: { "k8s-app": "istio-cni-node" }, ports: ports(8000, 15014) },
  ],
  istiod: [
    {
      workload: "istiod",
      labels: { app: "istiod", istio: "pilot" },
      ports: ports(8080, 15010, 15012, 15014, 15017),
      service: "istiod",
    },
  ],
  "external-dns": [{ workload: "external-dns", labels: name("external-dns"), ports: ports(7979) }],
  "istio-ingressgateway": [
    {
      workload: "istio-ingressgateway",
      labels: {
        app: "istio-ingressgateway",
        istio: "ingressgateway",
        "security.istio.io/tlsMode": "istio",
      },
      ports: ports(80, 443, 15020, 15021, 15090),
      proxy: "gateway",
    },
  ],
  "kafka-exporter": [
    {
      workload: "kafka-exporter",
      labels: { app: "prometheus-kafka-exporter", "llm-marketplace.io/exporter": "kafka-exporter" },
      ports: ports(9308),
    },
  ],
  loki: [{ workload: "loki", labels: name("loki", "single-binary"), ports: ports(3100, 7946, 9095) }],
  alloy: [{ workload: "alloy", labels: name("alloy"), ports: ports(12345) }],
  "external-secrets": [
    { workload: "external-secrets", labels: name("external-secrets"), ports: ports(8080) },
    {
      workload: "external-secrets-webhook",
      labels: name("external-secrets-webhook"),
      ports: ports(8080, 10250),
    },
    {
      workload: "external-secrets-cert-controller",
      labels: name("external-secrets-cert-controller"),
      ports: ports(8080),
    },
  ],
  velero: [{ workload: "velero", labels: name("velero"), ports: ports(8085) }],
  "eck-operator": [
    {
      workload: "elastic-operator",
      labels: { ...name("elastic-operator"), "control-plane": "elastic-operator" },
      ports: ports(8081, 9443),
    },
  ],
  "cloudwatch-exporter": [
    {
      workload: "cloudwatch-exporter",
      labels: name("prometheus-yet-another-cloudwatch-exporter"),
      ports: ports(5000),
    },
  ],
  "kube-prometheus-stack": [
    { workload: "prometheus", labels: name("prometheus"), ports: ports(8080, 9090) },
    { workload: "alertmanager", labels: name("alertmanager"), ports: ports(8080, 9093, 9094) },
    { workload: "grafana", labels: name("grafana"), ports: ports(3000) },
    {
      workload: "prometheus-operator",
      labels: { ...name("kube-prometheus-stack-prometheus-operator"), app: "kube-prometheus-stack-operator" },
      ports: ports(8080),
    },
    { workload: "kube-state-metrics", labels: name("kube-state-metrics", "metrics"), ports: ports(8080) },
    {
      workload: "node-exporter",
      labels: name("prometheus-node-exporter"),
      ports: ports(9100),
      namespace: "monitoring-agents",
      isHostNetwork: true,
    },
  ],
  jaeger: [
    {
      workload: "jaeger",
      labels: name("jaeger", "all-in-one"),
      ports: ports(4317, 4318, 8888, 13133, 16686),
    },
    { workload: "jaeger-es-index-cleaner", labels: name("jaeger", "es-index-cleaner"), ports: [] },
  ],
  "otel-collector": [
    {
      workload: "otel-collector",
      labels: name("opentelemetry-collector"),
      ports: ports(4317, 4318, 8888, 13133),
      service: "otel-collector",
    },
  ],
  "strimzi-kafka-operator": [
    {
      workload: "strimzi-cluster-operator",
      labels: { name: "strimzi-cluster-operator", "strimzi.io/kind": "cluster-operator" },
      ports: [{ name: "http", number: 8080 }],
    },
  ],
  "cloudnative-pg": [
    { workload: "cloudnative-pg", labels: name("cloudnative-pg"), ports: ports(8080, 9443) },
  ],
  "plugin-barman-cloud": [
    {
      workload: "barman-cloud",
      labels: { ...name("plugin-barman-cloud"), app: "barman-cloud" },
      ports: ports(9090),
    },
  ],
};

/** Pods of operators' custom resources, by `<kind> <name>`. */
export const resourcePods: Readonly<Record<string, readonly ChartPod[]>> = {
  "Elasticsearch elasticsearch": [
    {
      workload: "elasticsearch",
      labels: { "elasticsearch.k8s.elastic.co/cluster-name": "elasticsearch" },
      ports: ports(9200, 9300),
    },
  ],
  "Cluster postgres": [
    {
      workload: "postgres",
      labels: { "cnpg.io/cluster": "postgres", "cnpg.io/podRole": "instance" },
      ports: [{ number: 5432 }, { number: 8000 }, { name: "metrics", number: 9187 }],
    },
  ],
  "Kafka kafka": [
    {
      workload: "kafka-brokers",
      labels: { "strimzi.io/cluster": "kafka", "strimzi.io/name": "kafka-kafka" },
      ports: [...ports(8443, 9090, 9091, 9093), { name: "tcp-prometheus", number: 9404 }],
    },
    {
      workload: "kafka-entity-operator",
      labels: { "strimzi.io/cluster": "kafka", "strimzi.io/name": "kafka-entity-operator" },
      ports: ports(8080, 8081),
    },
    {
      workload: "kafka-exporter",
      labels: { "strimzi.io/cluster": "kafka", "strimzi.io/name": "kafka-kafka-exporter" },
      ports: [{ name: "tcp-prometheus", number: 9404 }],
    },
  ],
};

/** What every cluster has before the platform comes. */
export const clusterPods: readonly ChartPod[] = [
  {
    workload: "coredns",
    labels: { "k8s-app": "kube-dns" },
    ports: [{ number: 53 }, { number: 53, protocol: "UDP" }, { number: 9153 }],
    service: "kube-dns",
  },
];
