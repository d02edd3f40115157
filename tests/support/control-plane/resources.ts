/** From a kind to its path, as the API server itself tells, and server-side apply of many objects at once. */
import { ApiError, type Client, type KubernetesObject } from "./client.ts";
import { waitFor } from "./wait.ts";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface ApplyOptions {
  /** What the API server does with a field that it does not know; `Strict` unless told. */
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore";
  readonly fieldManager?: string;
  /** Goes through admission and validation and keeps nothing. */
  readonly dryRun?: boolean;
  /** Of namespaced objects that name none; `default` unless told. */
  readonly namespace?: string;
}

/** An object that the API server did not take. */
export interface Rejection {
  readonly object: KubernetesObject;
  readonly error: Error;
}

/** Every object that was not taken, each with what the API server said. */
export class ApplyError extends Error {
  readonly rejections: readonly Rejection[];

  constructor(rejections: readonly Rejection[]) {
    super(rejections.map(({ object, error }) => `${nameOf(object)}: ${error.message}`).join("\n"));
    this.rejections = rejections;
  }
}

/** `Deployment shop/cart`, as messages name an object. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** Thirty definitions take a quarter of a minute on two idle cores, and far longer on busy ones. */
const definitionSeconds = 240;

export class Resources {
  readonly #client: Client;
  readonly #groups = new Map<string, Promise<readonly ApiResource[]>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Path of an object, or of all objects of its kind in its namespace where it has no name. */
  async path(
    apiVersion: string,
    kind: string,
    { namespace, name }: { readonly namespace?: string; readonly name?: string } = {},
  ): Promise<string> {
    const resource = (await this.#resources(apiVersion)).find((candidate) => candidate.kind === kind);
    if (resource === undefined) {
      // A definition may have come since.
      this.#groups.delete(apiVersion);
      throw new Error(`the API server has no kind ${kind} in ${apiVersion}`);
    }
    // A list over all namespaces has neither a name nor a namespace.
    const place = namespace ?? (name === undefined ? undefined : "default");
    return [
      apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`,
      ...(resource.namespaced && place !== undefined ? [`namespaces/${place}`] : []),
      resource.name,
      ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ].join("/");
  }

  /** Server-side apply. Definitions and namespaces come first, all others at once. Throws `ApplyError`. */
  async apply(objects: readonly KubernetesObject[], options: ApplyOptions): Promise<KubernetesObject[]> {
    const waves = [
      objects.filter(({ kind }) => kind === "CustomResourceDefinition"),
      objects.filter(({ kind }) => kind === "Namespace"),
      objects.filter(({ kind }) => kind !== "CustomResourceDefinition" && kind !== "Namespace"),
    ];
    const applied: KubernetesObject[] = [];
    const rejections: Rejection[] = [];
    for (const wave of waves) {
      await Promise.all(
        wave.map(async (object) => {
          try {
            applied.push(await this.#applyOne(object, options));
          } catch (error) {
            rejections.push({ object, error: error as Error });
          }
        }),
      );
      if (wave === waves[0] && options.dryRun !== true) await this.#established(wave);
    }
    if (rejections.length > 0) throw new ApplyError(rejections);
    return applied;
  }

  async #applyOne(object: KubernetesObject, options: ApplyOptions): Promise<KubernetesObject> {
    const { apiVersion, kind, metadata } = object;
    const path = await this.path(apiVersion, kind, { namespace: options.namespace, ...metadata });
    const query = new URLSearchParams({
      fieldManager: options.fieldManager ?? "conformance",
      fieldValidation: options.fieldValidation ?? "Strict",
      force: "true",
      ...(options.dryRun === true ? { dryRun: "All" } : {}),
    });
    const contentType = "application/apply-patch+yaml";
    return this.#client.request("PATCH", `${path}?${query}`, object, { contentType });
  }

  /**
   * A definition is served a moment after it is stored. Looks at what is small, and seldom: the API server has work
   * enough with the definitions themselves.
   */
  async #established(definitions: readonly KubernetesObject[]): Promise<void> {
    await Promise.all(
      definitions.flatMap(({ spec }) =>
        spec.versions
          .filter(({ served }: { served: boolean }) => served)
          .map(async ({ name }: { name: string }) => {
            const apiVersion = `${spec.group}/${name}`;
            await waitFor(
              `the kind ${spec.names.kind} of ${apiVersion} is served`,
              async () => {
                this.#groups.delete(apiVersion);
                const path = await this.path(apiVersion, spec.names.kind);
                return this.#client.request("GET", `${path}?limit=1`);
              },
              { seconds: definitionSeconds, everyMillis: 500 },
            );
          }),
      ),
    );
  }

  #resources(apiVersion: string): Promise<readonly ApiResource[]> {
    const known = this.#groups.get(apiVersion);
    if (known !== undefined) return known;
    const asked = this.#discover(apiVersion);
    this.#groups.set(apiVersion, asked);
    asked.catch(() => this.#groups.delete(apiVersion));
    return asked;
  }

  async #discover(apiVersion: string): Promise<readonly ApiResource[]> {
    const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const { resources } = await this.#client.request<{ resources: readonly ApiResource[] }>("GET", path);
      return resources.filter(({ name }) => !name.includes("/"));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      return [];
    }
  }
}
