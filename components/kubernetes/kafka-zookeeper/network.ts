import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, selector } from "../../core/labels.ts";
import { createNetworkPolicy, type Peer, tcp } from "../network-policy.ts";
import { skipAwait } from "../skip-await.ts";
import { clientPeers, neighbours } from "../stores/traffic.ts";
import type { InClusterKafkaSpec } from "../stores-contract.ts";
import { exporterWorkload, ports, services, workloads } from "./config.ts";
import { provisionerLabels } from "./provision.ts";

const component = "messaging";

/** A name for each pod, and one for any broker. */
export function createConfluentServices(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
): void {
  const build = (service: string, workload: string, named: Record<string, number>, headless: boolean) =>
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
          ports: Object.entries(named).map(([port, number]) => ({
            name: port,
            port: number,
            targetPort: port,
          })),
          // Members must find each other before they are ready: alone none of them becomes so.
          ...(headless ? { clusterIP: "None", publishNotReadyAddresses: true } : {}),
        },
      },
      { parent },
    );
  const { clients, brokers, zookeeper, quorum, election } = ports;
  build(services.zookeeper, workloads.zookeeper, { client: zookeeper, quorum, election }, true);
  build(services.members, workloads.kafka, { clients, brokers }, true);
  build(services.bootstrap, workloads.kafka, { clients }, false);
}

/** Who may reach whom; nobody but brokers reaches ZooKeeper. */
export function createConfluentPolicies(
  parent: pulumi.ComponentResource,
  name: string,
  spec: InClusterKafkaSpec,
): pulumi.Resource[] {
  const zookeeper = neighbours(selector(workloads.zookeeper));
  const kafka = neighbours(selector(workloads.kafka));
  const provision = neighbours(provisionerLabels);
  const metrics = neighbours(selector(exporterWorkload));
  const policy = (
    policyName: string,
    podLabels: Record<string, string>,
    ingress: { from: Peer[]; ports: ReturnType<typeof tcp> }[],
    egress: { to: Peer[]; ports: ReturnType<typeof tcp> }[],
  ) =>
    createNetworkPolicy(parent, `${name}-policy-${policyName}`, {
      context: spec.context,
      component,
      policyName,
      namespace: spec.namespace.output,
      podLabels,
      ingress,
      egress,
    });
  const quorum = tcp(ports.quorum, ports.election);
  return [
    policy(
      workloads.zookeeper,
      selector(workloads.zookeeper),
      [
        { from: [kafka], ports: tcp(ports.zookeeper) },
        { from: [zookeeper], ports: quorum },
      ],
      [{ to: [zookeeper], ports: quorum }],
    ),
    policy(
      workloads.kafka,
      selector(workloads.kafka),
      [...clientRules(spec), { from: [kafka, provision, metrics], ports: tcp(ports.brokers) }],
      [
        { to: [zookeeper], ports: tcp(ports.zookeeper) },
        { to: [kafka], ports: tcp(ports.brokers) },
      ],
    ),
    policy("kafka-provision", provisionerLabels, [], [{ to: [kafka], ports: tcp(ports.brokers) }]),
  ];
}

function clientRules({ clients }: InClusterKafkaSpec): { from: Peer[]; ports: ReturnType<typeof tcp> }[] {
  const from = clientPeers(clients);
  return from.length === 0 ? [] : [{ from, ports: tcp(ports.clients) }];
}
