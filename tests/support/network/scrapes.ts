/** Edges of every ServiceMonitor and PodMonitor of a plan: who writes a monitor has asked for its scrape. */
import type { Edge } from "./edges.ts";
import { type KubernetesObject, nameOf, type Pod, selects, type World } from "./model.ts";

const prometheus = "monitoring/prometheus";

/** Throws where a monitor finds nothing: a scrape that reads nobody is an alert that never fires. */
export function scrapeEdges(world: World): Edge[] {
  return world.objects
    .filter(({ kind }) => kind === "PodMonitor" || kind === "ServiceMonitor")
    .flatMap((monitor) => {
      const found = monitor.kind === "PodMonitor" ? byPods(world, monitor) : byServices(world, monitor);
      if (found.length === 0)
        throw new Error(`${nameOf(monitor)} finds no pod with its port: compare labels and ports`);
      return found.map(({ pod, port }) => ({
        from: [prometheus],
        to: [pod.name],
        ports: [port],
        level: "must" as const,
        why: `${nameOf(monitor)} scrapes it`,
      }));
    });
}

interface Found {
  readonly pod: Pod;
  readonly port: number;
}

interface Endpoint {
  readonly port?: string;
  readonly portNumber?: number;
}

function namespacesOf({ metadata, spec }: KubernetesObject): readonly string[] {
  return spec.namespaceSelector?.matchNames ?? [metadata.namespace];
}

function podsOf(world: World): Pod[] {
  return world.endpoints.filter((endpoint): endpoint is Pod => endpoint.kind === "pod");
}

function byPods(world: World, monitor: KubernetesObject): Found[] {
  const { selector, podMetricsEndpoints } = monitor.spec;
  const pods = podsOf(world).filter(
    (pod) => namespacesOf(monitor).includes(pod.namespace) && selects(selector, pod.labels),
  );
  return pods.flatMap((pod) =>
    (podMetricsEndpoints as Endpoint[]).flatMap(({ port, portNumber }) =>
      pod.ports
        .filter(({ name, number }) => (portNumber === undefined ? name === port : number === portNumber))
        .map(({ number }) => ({ pod, port: number })),
    ),
  );
}

function byServices(world: World, monitor: KubernetesObject): Found[] {
  const services = world.objects.filter(
    ({ kind, metadata }) =>
      kind === "Service" &&
      namespacesOf(monitor).includes(metadata.namespace ?? "") &&
      selects(monitor.spec.selector, metadata.labels ?? {}),
  );
  return services.flatMap((service) => {
    const pods = podsOf(world).filter(
      (pod) =>
        pod.namespace === service.metadata.namespace &&
        selects({ matchLabels: service.spec.selector }, pod.labels),
    );
    const ports: { name: string; targetPort: number | string }[] = service.spec.ports;
    return (monitor.spec.endpoints as Endpoint[]).flatMap(({ port }) =>
      ports
        .filter(({ name }) => name === port)
        .flatMap(({ targetPort }) =>
          pods.flatMap((pod) =>
            pod.ports
              .filter(({ name, number }) => targetPort === name || targetPort === number)
              .map(({ number }) => ({ pod, port: number })),
          ),
        ),
    );
  });
}
