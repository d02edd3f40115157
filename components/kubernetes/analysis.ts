import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { createCustomResource } from "./custom-resource.ts";
import { prometheus } from "./places.ts";

export interface AnalysisSpec {
  readonly context: PlatformContext;
  readonly controller: pulumi.Resource;
}

export interface AnalysisTemplates {
  readonly errorRate: string;
  readonly latency: string;
  readonly resources: readonly pulumi.Resource[];
}

/** Five measurements, a minute apart: the status summary's five minutes of monitoring per step. */
const measurements = 5;
const intervalSeconds = 60;

/** Share of failed requests at which a release goes back: the critical alert's threshold. */
export const errorRateLimit = 0.01;

/**
 * Selects the series of the new version: the scraped pod carries its Rollout's pod hash. Istio's are counted where
 * the request arrives; the service's own metrics have no `reporter`.
 */
const newVersion =
  'namespace="{{args.namespace}}",job="{{args.service}}",rollouts_pod_template_hash="{{args.new-hash}}",reporter=~"destination|"';

/** Share of requests that ended in a server error; no requests count as no errors, so that an idle stack can deploy. */
export const errorRateQuery =
  `sum(rate(istio_requests_total{${newVersion},response_code=~"5.."}[2m])) / ` +
  `sum(rate(istio_requests_total{${newVersion}}[2m])) or on() vector(0)`;

/** p95 in milliseconds of the histogram that the service's objective names. */
export const latencyQuery = `histogram_quantile(0.95, sum by (le) (rate({{args.histogram}}{${newVersion}}[2m])))`;

/** The analyses by which a Rollout goes on or back; their arguments come from each Rollout. */
export function createAnalysisTemplates(
  parent: pulumi.ComponentResource,
  name: string,
  { context, controller }: AnalysisSpec,
): AnalysisTemplates {
  const build = (
    objectName: string,
    args: readonly string[],
    metric: { readonly query: string; readonly successCondition: string },
  ) =>
    createCustomResource(
      parent,
      `${name}-analysis-${objectName}`,
      {
        context,
        component: "delivery",
        apiVersion: "argoproj.io/v1alpha1",
        kind: "ClusterAnalysisTemplate",
        objectName,
        spec: {
          args: args.map((arg) => ({ name: arg })),
          metrics: [
            {
              name: objectName,
              interval: `${intervalSeconds}s`,
              initialDelay: `${intervalSeconds}s`,
              count: measurements,
              // One bad minute is noise, two are a bad release.
              failureLimit: 1,
              consecutiveErrorLimit: 4,
              successCondition: metric.successCondition,
              provider: {
                prometheus: { address: `http://${prometheus.host}:${prometheus.port}`, query: metric.query },
              },
            },
          ],
        },
      },
      { dependsOn: [controller] },
    );
  const errorRate = "error-rate";
  const latency = "latency-p95";
  return {
    errorRate,
    latency,
    resources: [
      build(errorRate, ["namespace", "service", "new-hash"], {
        query: errorRateQuery,
        successCondition: `len(result) == 0 || isNaN(result[0]) || result[0] <= ${errorRateLimit}`,
      }),
      build(latency, ["namespace", "service", "new-hash", "histogram", "limit-millis"], {
        query: latencyQuery,
        successCondition: "len(result) == 0 || isNaN(result[0]) || result[0] <= {{args.limit-millis}}",
      }),
    ],
  };
}
