import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, selector } from "../../core/labels.ts";
import { createNetworkPolicy, tcp } from "../network-policy.ts";
import { skipAwait } from "../skip-await.ts";
import { clientPeers, neighbours, scraped } from "../stores/traffic.ts";
import type { InClusterRedisSpec } from "../stores-contract.ts";
import { exporterPort, redisPort, sentinelPort, services, workloads } from "./config.ts";

const component = "data-tier";

/** A name for each pod, one for any member, one for the Sentinels. */
export function createRedisServices(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterRedisSpec,
): void {
  const build = (
    service: string,
    workload: string,
    port: { name: string; port: number },
    headless: boolean,
  ) =>
    new kubernetes.core.v1.Service(
      `${name}-service-${service}`,
      {
        metadata: {
          name: service,
          namespace: spec.namespace.output,
          labels: labels(spec.context, component, service),
          annotations: skipAwait,
        },
        spec: {
          selector: selector(workload),
          ports: [{ ...port, targetPort: port.name, appProtocol: "redis" }],
          // Members must find each other before they are ready: a replica is not, while its primary is gone.
          ...(headless ? { clusterIP: "None", publishNotReadyAddresses: true } : {}),
        },
      },
      { parent },
    );
  const redis = { name: "redis", port: redisPort };
  build(services.any, workloads.members, redis, false);
  build(services.members, workloads.members, redis, true);
  build(services.sentinels, workloads.sentinels, { name: "sentinel", port: sentinelPort }, true);
}

/** Clients reach members and Sentinels; both reach each other; Prometheus reaches the exporter. */
export function createRedisPolicies(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterRedisSpec,
): void {
  const { context } = spec;
  const own = Object.values(workloads).map((workload) => neighbours(selector(workload)));
  const egress = [
    { to: [neighbours(selector(workloads.members))], ports: tcp(redisPort) },
    { to: [neighbours(selector(workloads.sentinels))], ports: tcp(sentinelPort) },
  ];
  const policy = (workload: string, port: number, metrics: number[]) =>
    createNetworkPolicy(parent, `${name}-policy-${workload}`, {
      context,
      component,
      policyName: workload,
      namespace: spec.namespace.output,
      podLabels: selector(workload),
      ingress: [
        { from: [...clientPeers(spec.clients), ...own], ports: tcp(port) },
        ...metrics.map((metricsPort) => scraped(metricsPort)),
      ],
      egress,
    });
  policy(workloads.members, redisPort, [exporterPort]);
  policy(workloads.sentinels, sentinelPort, []);
}
