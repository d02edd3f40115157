/**
 * The part of the engine that a plan needs: gives resources their URN as the engine does, refuses what the
 * engine would refuse, asks the simulator what the provider would answer, and keeps a record of every request.
 * It speaks the engine's own messages, so the in-process plan and the protocol test share it.
 */
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb.js";
import { UserError } from "../components/core/errors.ts";
import { asSecret, defined, isSecret, plain, resolveOutputValues } from "./properties.ts";
import { packageOf, type Simulated, type SimulationTable, simulate } from "./table.ts";
import { simulatedAccountId, splitUrn } from "./values.ts";

export const stackType = "pulumi:pulumi:Stack";

/** Options of a resource that change what the engine does with it. Only those that are set. */
export interface RecordedOptions {
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
  readonly additionalSecretOutputs?: readonly string[];
  readonly aliases?: readonly string[];
  readonly import?: string;
  readonly version?: string;
  readonly timeouts?: { readonly create?: string; readonly update?: string; readonly delete?: string };
}

/** One resource as the program registered it, and what the simulator answered. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly remote: boolean;
  /** URN of the parent; undefined for the stack. */
  readonly parent: string | undefined;
  /** `<urn>::<id>` of the explicit provider; empty for components and providers. */
  readonly provider: string;
  /** Providers handed to a component for its children, package to `<urn>::<id>`. */
  readonly providers: Readonly<Record<string, string>>;
  /** Arguments; secrets and resource references carry the engine's markers. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly id: string;
  /** Arguments merged with what the simulator computed; of a component what it registered. */
  outputs: Readonly<Record<string, unknown>>;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  readonly options: RecordedOptions;
}

export interface RecorderOptions {
  readonly project: string;
  readonly stack: string;
  readonly table: SimulationTable;
  /** Called after each resource, for a progress display. */
  readonly onResource?: (resource: RecordedResource) => void;
}

/** What `pulumi:pulumi:getResource` answers. */
export interface ResourceState {
  readonly urn: string;
  readonly id: string;
  readonly state: Record<string, unknown>;
}

export class Recorder {
  readonly resources = new Map<string, RecordedResource>();
  /** Errors in the order in which they came; the program may swallow them, the plan does not. */
  readonly failures: Error[] = [];
  readonly #options: RecorderOptions;
  readonly #children = new Map<string, ResourceState>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Registers a resource; throws what the engine would refuse. */
  register(request: RegisterResourceRequest): RecordedResource {
    return this.#watch(() => {
      const type = request.getType();
      const urn = this.#newUrn(request.getParent(), type, request.getName());
      const dependencies = new Set(request.getDependenciesList());
      const object = (request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>;
      const inputs = (request.getRemote() ? resolveOutputValues(object, dependencies) : object) as Record<
        string,
        unknown
      >;
      if (request.getCustom()) this.#requireProvider(urn, type, request.getProvider());
      const computed =
        request.getCustom() || request.getRemote()
          ? this.#simulate(
              urn,
              type,
              request.getName(),
              inputs,
              regionalProvider(request),
              request.getImportid(),
            )
          : { id: "", outputs: {} };
      return this.#keep({
        urn,
        type,
        name: request.getName(),
        custom: request.getCustom(),
        remote: request.getRemote(),
        parent: request.getParent() || undefined,
        provider: request.getProvider(),
        providers: Object.fromEntries(request.getProvidersMap().toArray()),
        inputs,
        id: computed.id,
        outputs: mergeOutputs(inputs, computed, request.getAdditionalsecretoutputsList()),
        dependencies: [...dependencies].sort(),
        propertyDependencies: propertyDependencies(request),
        protect: request.getProtect() ?? false,
        options: recordedOptions(request),
      });
    });
  }

  /** Outputs of a component, registered once its constructor has ended. */
  registerOutputs(urn: string, outputs: Record<string, unknown>): void {
    this.#watch(() => {
      const resource = this.resources.get(urn);
      if (!resource) throw new Error(`outputs registered for an unknown resource ${urn}`);
      resource.outputs = outputs;
    });
  }

  /** Looks up something that exists already (`Vpc.get`): not part of the plan's resources. */
  read(
    type: string,
    name: string,
    parent: string,
    id: string,
    inputs: Record<string, unknown>,
    provider: string,
  ) {
    return this.#watch(() => {
      const urn = this.#newUrn(parent, type, name);
      this.#requireProvider(urn, type, provider);
      const computed = this.#simulate(urn, type, name, inputs, provider, id);
      return { urn, id, outputs: mergeOutputs(inputs, computed, []) };
    });
  }

  /** Answers a provider function. */
  invoke(token: string, args: Record<string, unknown>, provider: string): Record<string, unknown> {
    return this.#watch(() => {
      if (token === "pulumi:pulumi:getResource") return { ...this.#stateOf(String(args.urn)) };
      const call = `${token}(${JSON.stringify(plain(args))})`;
      this.#requireProvider(call, token, provider);
      return this.#simulate(call, token, "", args, provider, "").outputs;
    });
  }

  #watch<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.failures.push(error as Error);
      throw error;
    }
  }

  #keep(resource: RecordedResource): RecordedResource {
    if (this.resources.has(resource.urn)) {
      throw new UserError({
        path: resource.urn,
        got: "two resources with this URN",
        allowed: "one resource for each name, type and parent",
        fix: `give one of them another logical name than ${JSON.stringify(resource.name)}`,
      });
    }
    this.resources.set(resource.urn, resource);
    this.#options.onResource?.(resource);
    return resource;
  }

  /** The engine's rule: the types of all parents but the stack, joined by `$`. */
  #newUrn(parent: string, type: string, name: string): string {
    const parentType = parent === "" ? "" : splitUrn(parent)[1];
    const qualified = parentType === "" || parentType === stackType ? type : `${parentType}$${type}`;
    return `urn:pulumi:${this.#options.stack}::${this.#options.project}::${qualified}::${name}`;
  }

  /** Default providers are disabled, on the engine as here. */
  #requireProvider(path: string, token: string, provider: string): void {
    if (token.startsWith("pulumi:") || provider !== "") return;
    throw new UserError({
      path,
      got: "no provider",
      allowed: `an explicit ${packageOf(token)} provider: default providers are disabled`,
      fix: "pass `parent` (children inherit its providers) or `provider` in the options",
    });
  }

  #simulate(
    urn: string,
    type: string,
    name: string,
    inputs: Record<string, unknown>,
    provider: string,
    readId: string,
  ): Simulated {
    const { project, stack, table } = this.#options;
    const values = plain(inputs) as Record<string, unknown>;
    const settings = this.resources.get(provider.slice(0, provider.lastIndexOf("::")))?.inputs ?? {};
    const region = [values.region, plain(settings.region)].find((value) => typeof value === "string");
    const computed = simulate(table, {
      type,
      name,
      urn,
      inputs: values,
      region: typeof region === "string" ? region : "",
      accountId: simulatedAccountId,
      stack,
      project,
      ...(readId === "" ? {} : { readId }),
    });
    for (const child of computed.children ?? []) {
      this.#children.set(child.urn, { urn: child.urn, id: child.id, state: defined({ ...child.outputs }) });
    }
    return { ...computed, outputs: defined(computed.outputs) };
  }

  #stateOf(urn: string): ResourceState {
    const resource = this.resources.get(urn);
    if (resource) return { urn, id: resource.id, state: { ...resource.outputs } };
    const child = this.#children.get(urn);
    if (child) return child;
    throw new Error(`unknown resource ${urn}`);
  }
}

/**
 * Outputs are the arguments with the computed values over them. What went in as a secret comes out as one, and
 * so does what the program declares in `additionalSecretOutputs`.
 */
export function mergeOutputs(
  inputs: Record<string, unknown>,
  computed: Simulated,
  secrets: readonly string[],
): Record<string, unknown> {
  const outputs: Record<string, unknown> = { ...inputs };
  for (const [key, value] of Object.entries(computed.outputs)) {
    outputs[key] = isSecret(inputs[key]) ? asSecret(value) : value;
  }
  for (const key of secrets) {
    if (outputs[key] !== undefined) outputs[key] = asSecret(outputs[key]);
  }
  return outputs;
}

/** The provider that says in which region a resource is: a remote component's is the one handed on to its children. */
function regionalProvider(request: RegisterResourceRequest): string {
  const handedOn = request.getRemote() ? request.getProvidersMap().get("aws") : undefined;
  return handedOn ?? request.getProvider();
}

function propertyDependencies(request: RegisterResourceRequest): Record<string, readonly string[]> {
  const entries = request.getPropertydependenciesMap().toArray() as unknown as [
    string,
    { getUrnsList(): string[] } | string[][],
  ][];
  const lists = entries.map(([key, value]): [string, string[]] => [
    key,
    "getUrnsList" in value ? [...value.getUrnsList()].sort() : [...(value[0] ?? [])].sort(),
  ]);
  return Object.fromEntries(lists.filter(([, urns]) => urns.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function recordedOptions(request: RegisterResourceRequest): RecordedOptions {
  const timeouts = request.getCustomtimeouts();
  const set = {
    deleteBeforeReplace: request.getDeletebeforereplace() || undefined,
    ignoreChanges: nonEmpty(request.getIgnorechangesList()),
    replaceOnChanges: nonEmpty(request.getReplaceonchangesList()),
    retainOnDelete: request.getRetainondelete() || undefined,
    deletedWith: request.getDeletedwith() || undefined,
    additionalSecretOutputs: nonEmpty(request.getAdditionalsecretoutputsList()),
    aliases: nonEmpty(
      request
        .getAliasesList()
        .map((alias) => alias.getUrn() || JSON.stringify(alias.getSpec()?.toObject() ?? {})),
    ),
    import: request.getImportid() || undefined,
    version: request.getVersion() || undefined,
    timeouts: someDefined({
      create: timeouts?.getCreate() || undefined,
      update: timeouts?.getUpdate() || undefined,
      delete: timeouts?.getDelete() || undefined,
    }),
  };
  return someDefined(set) ?? {};
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** The object without undefined members, or undefined when nothing is left. */
function someDefined<T extends object>(value: T): T | undefined {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}
