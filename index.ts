import { Backup } from "./components/backup.ts";
import { createCloud } from "./components/clouds/select.ts";
import { Cluster } from "./components/cluster.ts";
import { DataTier } from "./components/data-tier.ts";
import { Delivery } from "./components/delivery.ts";
import { Edge } from "./components/edge.ts";
import { Encryption } from "./components/encryption.ts";
import { MarketplaceService } from "./components/marketplace-service.ts";
import { Mesh } from "./components/mesh.ts";
import { Messaging } from "./components/messaging.ts";
import { Network } from "./components/network.ts";
import { Observability } from "./components/observability.ts";
import { Registry } from "./components/registry.ts";
import { Secrets } from "./components/secrets.ts";
import { loadSettings } from "./config/load.ts";

/** Wires the components of one stack together; every decision is in `config/`, every resource in `components/`. */
export default async function marketplace() {
  const settings = loadSettings();
  const { context } = settings;
  const cloud = await createCloud(settings);
  const common = { context, cloud };

  const encryption = new Encryption("encryption", { ...common, recovery: settings.backup.crossRegionCopies });
  const network = new Network("network", { ...common, encryption, ...settings.network });
  const cluster = new Cluster("cluster", { ...common, encryption, network, ...settings.cluster });
  const inside = { ...common, encryption, network, cluster };

  const registry = new Registry("registry", {
    ...common,
    encryption,
    repositories: settings.services.map((s) => s.name),
  });
  const mesh = new Mesh("mesh", {
    ...inside,
    ...settings.mesh,
    traceSamplingPercent: settings.observability.traceSamplingPercent,
    services: settings.services,
    tokens: settings.identity,
  });
  const edge = new Edge("edge", { ...inside, mesh });
  const secrets = new Secrets("secrets", { ...inside });
  const delivery = new Delivery("delivery", { ...inside, ...settings.delivery });
  const logRetentionDays = settings.observability.cloudLogRetentionDays;
  const data = new DataTier("data", {
    ...inside,
    mesh,
    edge,
    secrets,
    backup: settings.backup,
    logRetentionDays,
    services: settings.services,
    ...settings.data,
  });
  const messaging = new Messaging("messaging", {
    ...inside,
    mesh,
    edge,
    secrets,
    logRetentionDays,
    services: settings.services,
    ...settings.messaging,
  });
  const stores = { data, messaging };
  const observability = new Observability("observability", {
    ...inside,
    secrets,
    ...stores,
    services: settings.services,
    ...settings.observability,
  });
  const backup = new Backup("backup", { ...inside, ...stores, ...settings.backup });

  const services = settings.services.map(
    (service) =>
      new MarketplaceService(service.name, {
        ...inside,
        registry,
        mesh,
        edge,
        secrets,
        delivery,
        ...stores,
        tokens: settings.identity,
        service,
        services: settings.services,
      }),
  );

  return {
    network: network.id,
    egressAddresses: network.egressAddresses,
    clusterName: cluster.name,
    kubeconfig: cluster.kubeconfig,
    nameServers: edge.nameServers,
    ...(backup.vault === undefined ? {} : { backupVault: backup.vault }),
    ...(observability.alarmTopic === undefined ? {} : { alarmTopic: observability.alarmTopic }),
    services: Object.fromEntries(services.map((service) => [service.serviceName, service.url])),
  };
}
