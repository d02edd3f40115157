/**
 * The simulated world behind the providers: what has been created and not deleted. It refuses what the clouds
 * refuse, so that an order in which the engine creates or deletes is an order in which the real one works too.
 */
import { clusterScopedKinds } from "../../../simulator/kubernetes.ts";
import type { Bag } from "./wire.ts";

export interface LiveResource {
  readonly urn: string;
  readonly type: string;
  /** Region of its provider; the same name may exist in two. */
  readonly region: string;
  readonly id: string;
  /** Arguments without marks. */
  readonly inputs: Readonly<Bag>;
  readonly outputs: Readonly<Bag>;
}

/** What happened since the last {@link World.takeChanges}, each as sorted URNs. */
export interface Changes {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
}

/** Namespaces that every cluster has. */
const builtInNamespaces = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

export class World {
  readonly #live = new Map<string, LiveResource>();
  #changes = { created: [] as string[], updated: [] as string[], deleted: [] as string[] };

  get live(): readonly LiveResource[] {
    return [...this.#live.values()];
  }

  create(resource: LiveResource): void {
    const key = keyOf(resource);
    if (this.#live.has(key)) throw new Error(`AlreadyExists: ${resource.type} ${resource.id}`);
    const namespace = namespaceOf(resource);
    if (namespace !== undefined && !builtInNamespaces.has(namespace) && !this.#hasNamespace(namespace)) {
      throw new Error(`NotFound: namespace ${namespace} of ${resource.urn}`);
    }
    this.#live.set(key, resource);
    this.#changes.created.push(resource.urn);
  }

  update(resource: LiveResource): void {
    this.#require(resource);
    this.#live.set(keyOf(resource), resource);
    this.#changes.updated.push(resource.urn);
  }

  /** What is there, or undefined. */
  find(resource: Pick<LiveResource, "type" | "region" | "id">): LiveResource | undefined {
    return this.#live.get(keyOf(resource));
  }

  delete(resource: Pick<LiveResource, "type" | "region" | "id">): void {
    const found = this.#require(resource);
    const user = this.live.find((other) => other !== found && uses(other, found));
    if (user) throw new Error(`DependencyViolation: ${found.urn} is still used by ${user.urn}`);
    this.#live.delete(keyOf(found));
    this.#changes.deleted.push(found.urn);
  }

  takeChanges(): Changes {
    const { created, updated, deleted } = this.#changes;
    this.#changes = { created: [], updated: [], deleted: [] };
    return { created: created.sort(), updated: updated.sort(), deleted: deleted.sort() };
  }

  #require(resource: Pick<LiveResource, "type" | "region" | "id">): LiveResource {
    const found = this.find(resource);
    if (found) return found;
    throw new Error(`NotFound: ${resource.type} ${resource.id}`);
  }

  #hasNamespace(name: string): boolean {
    return this.#live.has(keyOf({ type: namespaceType, region: "", id: name }));
  }
}

const namespaceType = "kubernetes:core/v1:Namespace";

function keyOf({ type, region, id }: Pick<LiveResource, "type" | "region" | "id">): string {
  return `${type} ${region} ${id}`;
}

/** Namespace that an object or a Helm release needs. */
function namespaceOf({ type, inputs }: LiveResource): string | undefined {
  if (!type.startsWith("kubernetes:") || clusterScopedKinds.has(type.slice("kubernetes:".length))) {
    return undefined;
  }
  const metadata = (inputs.metadata ?? inputs) as { readonly namespace?: unknown };
  return typeof metadata.namespace === "string" ? metadata.namespace : "default";
}

/** Whether `resource` would be broken, or would stop the deletion, were `used` deleted. */
function uses(resource: LiveResource, used: LiveResource): boolean {
  if (used.type === namespaceType) return namespaceOf(resource) === used.id;
  if (used.type === "aws:eks/cluster:Cluster") {
    return resource.type.startsWith("kubernetes:") || resource.inputs.clusterName === used.id;
  }
  if (used.type.startsWith("kubernetes:")) return false;
  const names = [used.id, used.outputs.arn].filter((name) => isIdentifier(name));
  return names.length > 0 && mentions(resource.inputs, new Set(names));
}

/** Made by the cloud (`vpc-0a1b…`, an ARN), and not a name that a program may write for other reasons. */
function isIdentifier(name: unknown): name is string {
  return typeof name === "string" && (name.startsWith("arn:") || /^[a-z]+-[0-9a-f]{17}$/.test(name));
}

function mentions(value: unknown, names: ReadonlySet<string>): boolean {
  if (typeof value === "string") return names.has(value);
  if (value === null || typeof value !== "object") return false;
  return Object.values(value).some((member) => mentions(member, names));
}
