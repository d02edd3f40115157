import type { PricingContext } from "../pricing.ts";
import { at, gibibytes, numberAt, textAt, UnpricedError } from "../quantities.ts";
import type { CostResource, PricedItem, Pricing } from "../types.ts";
import { loadBalancerItems } from "./load-balancer.ts";
import { free, items } from "./rule.ts";
import { type VolumeClaims, volumeItems } from "./volumes.ts";

export const releaseType = "kubernetes:helm.sh/v3:Release";

/** Where the values of a chart say how many volumes of which size it claims. Paths below `values`. */
interface ClaimPaths {
  readonly size: string;
  readonly storageClass: string;
  /** Number of pods that claim one each; absent where it is always one. */
  readonly replicas?: string;
  /** Claimed only when this value is true. */
  readonly when?: string;
}

interface Chart {
  readonly claims?: readonly ClaimPaths[];
  /** Values of a Service that may be of type LoadBalancer. */
  readonly service?: string;
  /** What else the pods of the chart cause. */
  readonly beside?: (release: CostResource, context: PricingContext) => PricedItem[];
}

const template = "volumeClaimTemplate.spec";
const claim = (at: string, replicas: string): ClaimPaths => ({
  size: `${at}.${template}.resources.requests.storage`,
  storageClass: `${at}.${template}.storageClassName`,
  replicas,
});
const stateless: Chart = {};

/**
 * Charts by the last part of their name; paths as of the versions in `config/versions.json`. A chart that is not here
 * is reported as unpriced, since it may claim volumes.
 */
const charts: Readonly<Record<string, Chart>> = {
  base: stateless,
  istiod: stateless,
  cni: stateless,
  gateway: { service: "service" },
  "cert-manager": stateless,
  "trust-manager": stateless,
  "external-secrets": stateless,
  "external-dns": stateless,
  "argo-rollouts": stateless,
  "metrics-server": stateless,
  "cluster-autoscaler": stateless,
  "aws-load-balancer-controller": stateless,
  "prometheus-operator-crds": stateless,
  "kube-prometheus-stack": {
    claims: [
      claim("prometheus.prometheusSpec.storageSpec", "prometheus.prometheusSpec.replicas"),
      claim("alertmanager.alertmanagerSpec.storage", "alertmanager.alertmanagerSpec.replicas"),
      {
        size: "grafana.persistence.size",
        storageClass: "grafana.persistence.storageClassName",
        when: "grafana.persistence.enabled",
      },
    ],
  },
  loki: {
    claims: [
      {
        size: "singleBinary.persistence.size",
        storageClass: "singleBinary.persistence.storageClass",
        replicas: "singleBinary.replicas",
      },
    ],
  },
  alloy: stateless,
  "fluent-bit": stateless,
  jaeger: stateless,
  "opentelemetry-collector": { beside: spans },
  "prometheus-postgres-exporter": stateless,
  "prometheus-redis-exporter": stateless,
  "prometheus-elasticsearch-exporter": stateless,
  "prometheus-kafka-exporter": stateless,
  "prometheus-yet-another-cloudwatch-exporter": { beside: metricReads },
  "cloudnative-pg": stateless,
  "plugin-barman-cloud": stateless,
  "eck-operator": stateless,
  "strimzi-kafka-operator": stateless,
  keda: stateless,
  velero: { beside: snapshots },
};

/** What a Helm release causes beside the pods on the nodes. */
export function releaseItems(release: CostResource, context: PricingContext): Pricing {
  const name = textAt(release, "chart")?.split("/").at(-1) ?? "";
  const chart = Object.hasOwn(charts, name) ? charts[name] : undefined;
  if (!chart) {
    throw new UnpricedError(
      `whether the chart ${name || "(none)"} claims volumes is not known: add it in cost/pricers/helm.ts`,
    );
  }
  const { claims = [], service, beside } = chart;
  const values = at(release.props, "values");
  const list = [
    ...claims.flatMap((paths) => claimOf(release, paths)).flatMap((one) => volumeItems(one, context)),
    ...(service === undefined
      ? []
      : loadBalancerItems(
          release,
          { service: at(values, service), annotations: at(values, `${service}.annotations`) },
          context,
        )),
    ...(beside?.(release, context) ?? []),
  ];
  return list.length > 0 ? items(...list) : free("a chart whose pods run on the nodes: the nodes are priced");
}

function claimOf(release: CostResource, paths: ClaimPaths): VolumeClaims[] {
  if (paths.when !== undefined && at(release.props, `values.${paths.when}`) !== true) return [];
  const size = at(release.props, `values.${paths.size}`);
  if (size === undefined) return [];
  const sizeGiB = gibibytes(size);
  if (sizeGiB === undefined) throw new UnpricedError(`values.${paths.size} is no size of a volume`);
  const count = paths.replicas === undefined ? 1 : (numberAt(release, `values.${paths.replicas}`) ?? 1);
  return [{ count, sizeGiB, storageClass: textAt(release, `values.${paths.storageClass}`) }];
}

/** Spans that the collector sends to X-Ray over OTLP are billed by their size; one in a hundred is indexed for it. */
function spans(release: CostResource, context: PricingContext): PricedItem[] {
  const exporters = Object.values(
    (at(release.props, "values.config.exporters") ?? {}) as Record<string, unknown>,
  );
  if (!exporters.some((one) => String(at(one, "traces_endpoint")).startsWith("https://xray."))) return [];
  return [
    {
      item: "spans sent to X-Ray",
      price: "aws.xray.otlpSpans.ingestion.gb",
      quantity: context.share("traceSpanGiB", [release]),
    },
  ];
}

function metricReads(release: CostResource, context: PricingContext): PricedItem[] {
  return [
    {
      item: "metrics read from CloudWatch",
      price: "aws.cloudwatch.getMetricData.million",
      quantity: context.share("metricReadsMillions", [release]),
    },
  ];
}

/** Velero makes the snapshots of volumes, where it has a place for them. */
function snapshots(release: CostResource, context: PricingContext): PricedItem[] {
  if (at(release.props, "values.snapshotsEnabled") !== true) return [];
  return [
    {
      item: "snapshots of volumes",
      price: "aws.ebs.snapshot.gbMonth",
      quantity: context.share("volumeSnapshotGiB", [release]),
    },
  ];
}
