/** A `metrics.k8s.io` server whose readings the test decides: what kubelets would report of every running pod. */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ControlPlane, KubernetesObject } from "../control-plane/index.ts";

/** What each pod of a service reports of a container: thousandths of a CPU, and MiB. */
export interface Usage {
  readonly cpuMillis: number;
  readonly memoryMiB: number;
}

/** Container name to usage, for one of `running` equal pods; undefined for a pod that reports nothing. */
export type Readings = (
  pod: KubernetesObject,
  running: number,
) => Readonly<Record<string, Usage>> | undefined;

const group = "metrics.k8s.io";
const groupVersion = `${group}/v1beta1`;
const loopback = "127.0.0.1";

export class MetricsServer {
  readonly #plane: ControlPlane;
  readonly #server: Server;
  readonly #readings: Readings;

  private constructor(plane: ControlPlane, readings: Readings) {
    this.#plane = plane;
    this.#readings = readings;
    const certificates = join(plane.folder, "certificates");
    this.#server = createServer(
      {
        key: readFileSync(join(certificates, "apiserver.key")),
        cert: readFileSync(join(certificates, "apiserver.crt")),
      },
      (request, response) => this.#answer(request, response),
    );
  }

  /** Listens on loopback, and has the API server pass the group's requests on. */
  static async start(plane: ControlPlane, readings: Readings): Promise<MetricsServer> {
    const server = new MetricsServer(plane, readings);
    await new Promise<void>((done) => server.#server.listen(0, loopback, done));
    const { port } = server.#server.address() as AddressInfo;
    await plane.apply(registration(port));
    await plane.waitFor("the API server passes requests on to the metrics server", async () => {
      await plane.request("GET", `/apis/${groupVersion}/namespaces/default/pods`);
      return true;
    });
    return server;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#bodyOf(new URL(request.url ?? "/", `https://${loopback}`)).then(
      (body) => {
        response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(body ?? {}));
      },
      (error: unknown) => {
        response.writeHead(500).end(String(error));
      },
    );
  }

  async #bodyOf({ pathname, searchParams }: URL): Promise<object | undefined> {
    if (pathname === `/apis/${groupVersion}`) return resourceList;
    const namespace = new RegExp(`^/apis/${groupVersion}/namespaces/([^/]+)/pods$`).exec(pathname)?.[1];
    if (namespace === undefined) return undefined;
    const selector = searchParams.get("labelSelector");
    const pods = await this.#plane.list(
      "v1",
      "Pod",
      namespace,
      selector === null ? undefined : `labelSelector=${encodeURIComponent(selector)}`,
    );
    const running = pods.filter(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase === "Running",
    );
    return {
      kind: "PodMetricsList",
      apiVersion: groupVersion,
      metadata: {},
      items: running.flatMap((pod) => this.#itemOf(pod, running.length)),
    };
  }

  #itemOf(pod: KubernetesObject, running: number): object[] {
    const readings = this.#readings(pod, running);
    if (readings === undefined) return [];
    const containers = Object.entries(readings).map(([name, { cpuMillis, memoryMiB }]) => ({
      name,
      usage: { cpu: `${Math.ceil(cpuMillis * 1e6)}n`, memory: `${Math.ceil(memoryMiB * 1024)}Ki` },
    }));
    const { name, namespace, labels } = pod.metadata;
    return [
      {
        metadata: { name, namespace, labels },
        timestamp: new Date().toISOString(),
        window: "0s",
        containers,
      },
    ];
  }
}

const resourceList = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion,
  resources: [
    { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] },
  ],
};

function registration(port: number): KubernetesObject[] {
  const service = { name: "metrics-of-the-test", namespace: "kube-system" };
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: service,
      spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] },
    },
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1beta1.${group}` },
      spec: {
        group,
        version: "v1beta1",
        service: { ...service, port },
        // The key pair is the API server's own, whose name is another.
        insecureSkipTLSVerify: true,
        groupPriorityMinimum: 100,
        versionPriority: 100,
      },
    },
  ];
}
