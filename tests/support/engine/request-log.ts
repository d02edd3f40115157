/**
 * The resource graph as the program registered it with the real engine, read from the CLI's own log of requests
 * (PULUMI_DEBUG_GRPC): raw messages as JSON, in the form in which the plan's recorder keeps them.
 */
import { resolveOutputValues } from "../../../simulator/properties.ts";
import type { RecordedOptions, RecordedResource } from "../../../simulator/recorder.ts";
import type { Bag } from "./wire.ts";

export interface RegisteredGraph {
  /** What the program registered. */
  readonly resources: readonly RecordedResource[];
  /** What the plugins of remote components registered below these. */
  readonly children: readonly RecordedResource[];
}

/** A request in the engine's log; members that have their zero value are left out there. */
interface Request {
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  readonly custom?: boolean;
  readonly remote?: boolean;
  readonly protect?: boolean;
  readonly object?: Bag;
  readonly provider?: string;
  readonly providers?: Readonly<Record<string, string>>;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, { readonly urns?: readonly string[] }>>;
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
  readonly additionalSecretOutputs?: readonly string[];
  readonly aliases?: readonly { readonly urn?: string; readonly spec?: Readonly<Record<string, unknown>> }[];
  readonly importId?: string;
  readonly version?: string;
  readonly customTimeouts?: { readonly create?: string; readonly update?: string; readonly delete?: string };
}

interface Entry {
  readonly method: string;
  readonly progress: string;
  readonly request: Bag;
  readonly response?: Bag;
}

/** Reads the log of one `pulumi preview` or `up`. */
export function readGraph(log: string): RegisteredGraph {
  const registered = new Map<string, RecordedResource>();
  for (const { method, request, response } of entries(log)) {
    if (method === "RegisterResource") {
      const resource = recorded(request as unknown as Request, response ?? {});
      // A remote component is registered by the program first, then by its plugin as the component that it is.
      if (registered.get(resource.urn)?.remote !== true) registered.set(resource.urn, resource);
    } else {
      const component = registered.get(String(request.urn));
      if (component) component.outputs = (request.outputs ?? {}) as Bag;
    }
  }
  const below = (resource: RecordedResource): boolean => {
    const parent = registered.get(resource.parent ?? "");
    return parent !== undefined && (parent.remote || below(parent));
  };
  const all = [...registered.values()];
  return { resources: all.filter((resource) => !below(resource)), children: all.filter(below) };
}

/** Answered requests, registrations before outputs: both orders occur in the log. */
function entries(log: string): Entry[] {
  const monitor = "/pulumirpc.ResourceMonitor/";
  const wanted = ["RegisterResource", "RegisterResourceOutputs"];
  const answered: Entry[] = [];
  for (const line of log.split("\n")) {
    // Most lines are of other methods, and long.
    if (!line.startsWith(`{"method":"${monitor}RegisterResource`)) continue;
    const entry = JSON.parse(line) as Entry;
    const method = entry.method.slice(monitor.length);
    if (wanted.includes(method) && entry.progress === "response_completed") {
      answered.push({ ...entry, method });
    }
  }
  const remoteFirst = (entry: Entry) =>
    entry.method === "RegisterResourceOutputs" ? 2 : entry.request.remote === true ? 0 : 1;
  return answered.sort((a, b) => remoteFirst(a) - remoteFirst(b));
}

function recorded(request: Request, response: Bag): RecordedResource {
  const dependencies = new Set(request.dependencies);
  const object = request.object ?? {};
  const lists = Object.entries(request.propertyDependencies ?? {})
    .map(([key, { urns = [] }]): [string, string[]] => [key, [...urns].sort()])
    .filter(([, urns]) => urns.length > 0);
  return {
    urn: String(response.urn),
    type: request.type,
    name: request.name,
    custom: request.custom ?? false,
    remote: request.remote ?? false,
    parent: request.parent || undefined,
    provider: request.provider ?? "",
    providers: request.providers ?? {},
    inputs: (request.remote ? resolveOutputValues(object, dependencies) : object) as Bag,
    id: String(response.id ?? ""),
    outputs: request.custom || request.remote ? ((response.object ?? {}) as Bag) : {},
    dependencies: [...dependencies].sort(),
    propertyDependencies: Object.fromEntries(lists),
    protect: request.protect ?? false,
    options: optionsOf(request),
  };
}

function optionsOf(request: Request): RecordedOptions {
  const aliases = request.aliases?.map(({ urn, spec }) => urn ?? JSON.stringify(spec ?? {}));
  return {
    deleteBeforeReplace: request.deleteBeforeReplace,
    ignoreChanges: request.ignoreChanges,
    replaceOnChanges: request.replaceOnChanges,
    retainOnDelete: request.retainOnDelete,
    deletedWith: request.deletedWith,
    additionalSecretOutputs: request.additionalSecretOutputs,
    aliases,
    import: request.importId,
    version: request.version,
    // An empty message is written for no timeouts.
    timeouts: Object.values(request.customTimeouts ?? {}).some(Boolean) ? request.customTimeouts : undefined,
  };
}
