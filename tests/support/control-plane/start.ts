/**
 * A real Kubernetes control plane on loopback: etcd and the API server, and on request the controller manager, the
 * scheduler, simulated nodes and the Argo Rollouts controller. Each instance has ports and a folder of its own, so several
 * run at once, and none outlives the process that started it.
 *
 *     const plane = await startControlPlane({ components: ["kube-scheduler"], nodes: [simulatedNode({ … })] });
 *     await plane.apply(objects);
 *     await plane.stop();
 */
import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, loopback } from "../../../services/dev/engines/ports.ts";
import { goTools } from "../../../tools/go-tools.ts";
import { Guard } from "../../../tools/guard.ts";
import { Client, type KubernetesObject, type Method, type RequestOptions } from "./client.ts";
import {
  type ComponentName,
  commandOf,
  files,
  type OptionalComponent,
  type Places,
  type Ports,
  portNames,
} from "./commands.ts";
import { Component, ControlPlaneError, PortTakenError } from "./component.ts";
import { type ApplyOptions, Resources } from "./resources.ts";
import { filesOfStages, type Stage } from "./stages.ts";
import { type WaitOptions, waitFor } from "./wait.ts";

export interface ControlPlaneOptions {
  /** What runs beside etcd and the API server; nodes bring kwok by themselves. */
  readonly components?: readonly OptionalComponent[];
  /** Nodes to create, see `simulatedNode`; the start waits until all are ready. */
  readonly nodes?: readonly KubernetesObject[];
  /** What kwok plays; nodes with their leases and pods unless told. */
  readonly stages?: readonly Stage[];
  readonly extraArgs?: Places["extraArgs"];
  /** Ports that must be these; all others are free ones, taken at random. */
  readonly ports?: Partial<Ports>;
  /** Told what the start waits for. */
  readonly log?: (line: string) => void;
  /** For each thing that the start waits for. */
  readonly readySeconds?: number;
}

/** A start with ports taken at random is tried again when another process was faster. */
const attempts = 3;

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await goTools("control-plane");
  const stages = await filesOfStages(options.stages ?? ["node", "node-lease", "pod"]);
  for (let attempt = 1; ; attempt += 1) {
    const free = await freePorts(portNames.length);
    const guard = new Guard(mkdtempSync(join(tmpdir(), "control-plane-")));
    const random = Object.fromEntries(
      portNames.map((name, index) => [name, free[index]]),
    ) as unknown as Ports;
    const places: Places = {
      binaries,
      folder: guard.folder,
      ports: { ...random, ...options.ports },
      stageFiles: stages,
      extraArgs: options.extraArgs ?? {},
    };
    const plane = new ControlPlane(places, guard, options);
    try {
      await plane.start();
      return plane;
    } catch (error) {
      await plane.stop();
      const again = error instanceof PortTakenError && options.ports === undefined && attempt < attempts;
      if (!again) throw error;
      options.log?.(`${error.message.split("\n")[0]}; trying other ports`);
    }
  }
}

export class ControlPlane {
  /** Of the API server. */
  readonly url: string;
  /** Of a member of `system:masters`. */
  readonly token = randomBytes(16).toString("hex");
  /** The instance's own folder; gone after `stop`. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly #places: Places;
  readonly #guard: Guard;
  readonly #options: ControlPlaneOptions;
  readonly #components: Component[] = [];
  #client: Client | undefined;
  #resources: Resources | undefined;

  /** Use `startControlPlane`. */
  constructor(places: Places, guard: Guard, options: ControlPlaneOptions) {
    this.#places = places;
    this.#guard = guard;
    this.#options = options;
    this.folder = places.folder;
    this.kubeconfig = join(places.folder, files.kubeconfig);
    this.url = `https://${loopback}:${places.ports.apiServer}`;
  }

  async start(): Promise<void> {
    const { nodes = [], components = [] } = this.#options;
    this.#writeFiles();
    this.#run("etcd");
    await this.#ready("etcd", async () => {
      const answer = await fetch(`http://${loopback}:${this.#places.ports.etcd}/health`);
      return answer.ok;
    });
    this.#run("kube-apiserver");
    await this.#ready("kube-apiserver", async () => {
      this.#client ??= new Client(
        this.#places.ports.apiServer,
        this.token,
        join(this.folder, files.authority),
      );
      await this.#client.request("GET", "/readyz");
      await this.#client.request("GET", "/api/v1/namespaces/default");
      return true;
    });
    this.#resources = new Resources(this.#api());
    for (const name of new Set([...components, ...(nodes.length > 0 ? (["kwok"] as const) : [])])) {
      this.#run(name);
    }
    await this.createNodes(nodes);
    if (components.includes("kube-controller-manager")) {
      await this.#ready("kube-controller-manager", () =>
        this.get("v1", "ServiceAccount", "default", "default"),
      );
    }
  }

  /** Starts the rollouts controller. The definitions of its kinds and of Istio's must be installed by then. */
  async runRollouts(): Promise<void> {
    await this.apply([namespace("argo-rollouts")]);
    this.#run("rollouts-controller");
    await this.#ready("rollouts-controller", async () => {
      const answer = await fetch(`http://${loopback}:${this.#places.ports.rolloutsHealth}/healthz`);
      return answer.ok;
    });
  }

  /** Adds nodes and waits until kwok has them ready. */
  async createNodes(nodes: readonly KubernetesObject[]): Promise<void> {
    // Not by server-side apply, which would drop their status and with it what they can hold.
    await Promise.all(nodes.map((node) => this.request("POST", "/api/v1/nodes", node)));
    await Promise.all(
      nodes.map(({ metadata }) =>
        this.#ready(`kwok (node ${metadata.name})`, async () => {
          const node = await this.get("v1", "Node", metadata.name);
          return node.status?.conditions?.some(
            (condition: { type: string; status: string }) =>
              condition.type === "Ready" && condition.status === "True",
          );
        }),
      ),
    );
  }

  /** A request to the API server, path and query as they are. Throws `ApiError`, or what crashed. */
  async request<Answer = KubernetesObject>(
    method: Method,
    path: string,
    body?: unknown,
    options?: RequestOptions,
  ): Promise<Answer> {
    return this.#guarded(() => this.#api().request<Answer>(method, path, body, options));
  }

  /** Server-side apply of many objects at once, strict unless told. Throws `ApplyError` with every rejection. */
  async apply(objects: readonly KubernetesObject[], options: ApplyOptions = {}): Promise<KubernetesObject[]> {
    return this.#guarded(() => this.#kinds().apply(objects, options));
  }

  async get(apiVersion: string, kind: string, name: string, namespace?: string): Promise<KubernetesObject> {
    return this.request("GET", await this.#path(apiVersion, kind, { name, namespace }));
  }

  /** All objects of a kind, in one namespace or in all; `query` such as `labelSelector=app%3Dcart`. */
  async list(
    apiVersion: string,
    kind: string,
    namespace?: string,
    query?: string,
  ): Promise<KubernetesObject[]> {
    const path = await this.#path(apiVersion, kind, { namespace });
    const { items } = await this.request<{ items: KubernetesObject[] }>(
      "GET",
      query === undefined ? path : `${path}?${query}`,
    );
    return items.map((item) => ({ ...item, apiVersion, kind }));
  }

  /** A merge patch; `subresource` such as `status` or `scale`. */
  async patch(object: KubernetesObject, change: object, subresource?: string): Promise<KubernetesObject> {
    const path = await this.#path(object.apiVersion, object.kind, object.metadata);
    return this.request("PATCH", subresource === undefined ? path : `${path}/${subresource}`, change);
  }

  async delete(object: Pick<KubernetesObject, "apiVersion" | "kind" | "metadata">): Promise<void> {
    const path = await this.#path(object.apiVersion, object.kind, object.metadata);
    // Without it a Job waits for a garbage collector that may not run here.
    await this.request("DELETE", `${path}?propagationPolicy=Background`);
  }

  /** Runs kubectl against this control plane; resolves to what it printed, rejects with what it complained of. */
  async kubectl(args: readonly string[], input = ""): Promise<string> {
    return this.#guarded(
      () =>
        new Promise((done, fail) => {
          const child = execFile(
            join(this.#places.binaries, "kubectl"),
            args,
            {
              env: { PATH: process.env.PATH, HOME: this.folder, KUBECONFIG: this.kubeconfig },
              maxBuffer: 64 * 1024 * 1024,
              timeout: 120_000,
            },
            (error, stdout, stderr) =>
              error === null ? done(stdout) : fail(new Error(stderr || error.message)),
          );
          child.stdin?.end(input);
        }),
    );
  }

  /** Polls until `probe` gives something; a crash of a component ends the wait with that component's log. */
  async waitFor<Value>(
    what: string,
    probe: () => Promise<Value | undefined | false> | Value | undefined | false,
    options?: WaitOptions,
  ): Promise<Value> {
    return waitFor(
      what,
      () => {
        this.#throwIfCrashed();
        return probe();
      },
      options,
    );
  }

  /** Ends one component, as a fault would. */
  async kill(name: ComponentName): Promise<void> {
    await this.#component(name).stop();
  }

  /** Process number of a component. */
  pid(name: ComponentName): number | undefined {
    return this.#component(name).pid;
  }

  /** The end of a component's log. */
  logOf(name: ComponentName, lines?: number): string {
    return this.#component(name).lastLines(lines);
  }

  /** Ends every process and removes the folder. */
  async stop(): Promise<void> {
    this.#client?.close();
    // Clients first: none shall complain that its server went away.
    for (const component of [...this.#components].reverse()) await component.stop();
    await this.#guard.release();
  }

  #writeFiles(): void {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    mkdirSync(join(this.folder, files.certificates));
    const write = (file: string, content: string) =>
      writeFileSync(join(this.folder, file), content, { mode: 0o600 });
    write(files.serviceAccountKey, privateKey);
    write(files.tokens, `${this.token},conformance,conformance,"system:masters"\n`);
    write(files.kubeconfig, kubeconfig(this.url, this.token, join(this.folder, files.authority)));
  }

  #run(name: ComponentName): void {
    this.#components.push(new Component(name, commandOf(name, this.#places), this.#guard));
  }

  async #ready<Value>(name: string, probe: () => Promise<Value | undefined | false>): Promise<void> {
    const seconds = this.#options.readySeconds ?? 120;
    this.#options.log?.(`waiting for ${name}`);
    try {
      await this.waitFor(`${name} is ready`, probe, { seconds });
    } catch (error) {
      if (error instanceof ControlPlaneError) throw error;
      const log = this.#components.find((component) => component.name === name)?.lastLines() ?? "";
      throw new ControlPlaneError(name, `not ready within ${seconds} s (${(error as Error).message})`, log);
    }
  }

  async #guarded<Value>(action: () => Promise<Value>): Promise<Value> {
    this.#throwIfCrashed();
    try {
      return await action();
    } catch (error) {
      // The end of a process is told a moment after its connections break.
      await new Promise((resume) => setTimeout(resume, 20));
      this.#throwIfCrashed();
      throw error;
    }
  }

  #throwIfCrashed(): void {
    for (const { failure } of this.#components) if (failure !== undefined) throw failure;
  }

  #component(name: ComponentName): Component {
    const found = this.#components.find((component) => component.name === name);
    if (found === undefined) throw new Error(`${name} does not run in this control plane`);
    return found;
  }

  #path(apiVersion: string, kind: string, place: { readonly namespace?: string; readonly name?: string }) {
    return this.#guarded(() => this.#kinds().path(apiVersion, kind, place));
  }

  #api(): Client {
    if (this.#client === undefined) throw new Error("the control plane has not been started");
    return this.#client;
  }

  #kinds(): Resources {
    if (this.#resources === undefined) throw new Error("the control plane has not been started");
    return this.#resources;
  }
}

function namespace(name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function kubeconfig(server: string, token: string, authority: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "conformance", cluster: { server, "certificate-authority": authority } }],
    users: [{ name: "conformance", user: { token } }],
    contexts: [{ name: "conformance", context: { cluster: "conformance", user: "conformance" } }],
    "current-context": "conformance",
  });
}
