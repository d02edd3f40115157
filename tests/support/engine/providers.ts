/**
 * Every provider of the project in one server: it speaks the protocol between engine and provider and answers from
 * the simulator's table. The engine reaches it through PULUMI_DEBUG_PROVIDERS, so nothing is downloaded.
 */
import type * as grpc from "@grpc/grpc-js";
import pluginProto from "@pulumi/pulumi/proto/plugin_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { table as projectTable } from "../../../simulator/index.ts";
import { isSecret, plain, sorted } from "../../../simulator/properties.ts";
import { mergeOutputs } from "../../../simulator/recorder.ts";
import { packageOf, type Simulated, type SimulationTable, simulate } from "../../../simulator/table.ts";
import { simulatedAccountId, splitUrn } from "../../../simulator/values.ts";
import { childTable, construct } from "./construct.ts";
import { replaces } from "./replacement.ts";
import { type Bag, fromStruct, type Served, serve, struct, unary } from "./wire.ts";
import { World } from "./world.ts";

export interface SimulatedProviders extends Served {
  readonly world: World;
  /** Value of PULUMI_DEBUG_PROVIDERS. */
  readonly attachment: string;
}

/** Starts the server. */
export async function serveProviders(): Promise<SimulatedProviders> {
  const world = new World();
  const served = await serve(
    providerGrpc.ResourceProviderService,
    new Providers({ ...projectTable, ...childTable }, world).implementation(),
  );
  const packages = [...new Set(Object.keys(projectTable).map(packageOf))].sort();
  return {
    ...served,
    world,
    attachment: packages.map((name) => `${name}:${served.port}`).join(","),
  };
}

/** Newer than any SDK: the engine warns of providers that are older than the SDK of the program. */
const pluginVersion = "999.0.0";

class Providers {
  readonly #table: SimulationTable;
  readonly #world: World;
  /** Region by connection: the engine opens one for each provider of the program. */
  readonly #regionOfPeer = new Map<string, string>();
  readonly #regionOfUrn = new Map<string, string>();

  constructor(table: SimulationTable, world: World) {
    this.#table = table;
    this.#world = world;
  }

  implementation(): grpc.UntypedServiceImplementation {
    const empty = unary(() => new emptyProto.Empty());
    return {
      handshake: unary(() => handshake()),
      attach: empty,
      cancel: empty,
      getPluginInfo: unary(() => {
        const info = new pluginProto.PluginInfo();
        info.setVersion(pluginVersion);
        return info;
      }),
      checkConfig: unary(checked),
      diffConfig: unary((request: providerProto.DiffRequest) =>
        difference(request.getType(), fromStruct(request.getOldInputs()), fromStruct(request.getNews())),
      ),
      configure: unary((request: providerProto.ConfigureRequest, peer) => this.#configure(request, peer)),
      check: unary(checked),
      diff: unary((request: providerProto.DiffRequest) =>
        difference(request.getType(), fromStruct(request.getOldInputs()), fromStruct(request.getNews())),
      ),
      create: unary((request: providerProto.CreateRequest, peer) => this.#create(request, peer)),
      update: unary((request: providerProto.UpdateRequest, peer) => this.#update(request, peer)),
      read: unary((request: providerProto.ReadRequest, peer) => this.#read(request, peer)),
      delete: unary((request: providerProto.DeleteRequest, peer) => this.#delete(request, peer)),
      invoke: unary((request: providerProto.InvokeRequest, peer) => this.#invoke(request, peer)),
      construct: unary((request: providerProto.ConstructRequest) =>
        construct(request, {
          table: this.#table,
          regionOf: (provider) =>
            this.#regionOfUrn.get(provider.slice(0, Math.max(0, provider.lastIndexOf("::")))) ?? "",
        }),
      ),
    };
  }

  #configure(request: providerProto.ConfigureRequest, peer: string) {
    const region = plain(fromStruct(request.getArgs()).region);
    this.#regionOfPeer.set(peer, typeof region === "string" ? region : "");
    this.#regionOfUrn.set(request.getUrn() ?? "", typeof region === "string" ? region : "");
    const response = new providerProto.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    response.setAcceptresources(true);
    response.setAcceptoutputs(true);
    return response;
  }

  #create(request: providerProto.CreateRequest, peer: string) {
    const inputs = fromStruct(request.getProperties());
    const { region, id, outputs } = this.#simulate(request, inputs, peer);
    const response = new providerProto.CreateResponse();
    response.setId(id);
    response.setProperties(struct(outputs));
    if (!request.getPreview()) {
      this.#world.create({
        urn: request.getUrn(),
        type: request.getType(),
        region,
        id,
        inputs: plain(inputs) as Bag,
        outputs: plain(outputs) as Bag,
      });
    }
    return response;
  }

  #update(request: providerProto.UpdateRequest, peer: string) {
    const inputs = fromStruct(request.getNews());
    const { region, outputs } = this.#simulate(request, inputs, peer);
    const response = new providerProto.UpdateResponse();
    response.setProperties(struct(outputs));
    if (!request.getPreview()) {
      this.#world.update({
        urn: request.getUrn(),
        type: request.getType(),
        region,
        id: request.getId(),
        inputs: plain(inputs) as Bag,
        outputs: plain(outputs) as Bag,
      });
    }
    return response;
  }

  #read(request: providerProto.ReadRequest, peer: string) {
    const response = new providerProto.ReadResponse();
    const found = this.#world.find({
      type: request.getType(),
      region: this.#region(fromStruct(request.getInputs()), peer),
      id: request.getId(),
    });
    // Without an id the engine takes the resource for gone.
    if (!found) return response;
    response.setId(found.id);
    response.setProperties(request.getProperties());
    response.setInputs(request.getInputs());
    return response;
  }

  #delete(request: providerProto.DeleteRequest, peer: string) {
    this.#world.delete({
      type: request.getType(),
      region: this.#region(fromStruct(request.getOldInputs()), peer),
      id: request.getId(),
    });
    return new emptyProto.Empty();
  }

  #invoke(request: providerProto.InvokeRequest, peer: string) {
    const args = plain(fromStruct(request.getArgs())) as Bag;
    const token = request.getTok();
    const { outputs } = simulate(this.#table, {
      type: token,
      name: "",
      urn: `${token}(${JSON.stringify(args)})`,
      inputs: args,
      region: this.#region(args, peer),
      accountId: simulatedAccountId,
      stack: "",
      project: "",
    });
    const response = new providerProto.InvokeResponse();
    response.setReturn(struct(outputs));
    return response;
  }

  #region(inputs: Readonly<Bag>, peer: string): string {
    const own = plain(inputs.region);
    return typeof own === "string" ? own : (this.#regionOfPeer.get(peer) ?? "");
  }

  #simulate(
    request: { getUrn(): string; getType(): string; getName(): string },
    inputs: Bag,
    peer: string,
  ): Simulated & { readonly region: string } {
    const [prefix] = splitUrn(request.getUrn());
    const [stack = "", project = ""] = prefix.slice("urn:pulumi:".length).split("::");
    const region = this.#region(inputs, peer);
    const computed = simulate(this.#table, {
      type: request.getType(),
      name: request.getName(),
      urn: request.getUrn(),
      inputs: plain(inputs) as Bag,
      region,
      accountId: simulatedAccountId,
      stack,
      project,
    });
    return { id: computed.id, outputs: mergeOutputs(inputs, computed, []), region };
  }
}

function handshake() {
  const response = new providerProto.ProviderHandshakeResponse();
  response.setAcceptSecrets(true);
  response.setAcceptResources(true);
  response.setAcceptOutputs(true);
  return response;
}

/** Arguments as they came: names that the provider makes up appear among the outputs, as in the plan. */
function checked(request: providerProto.CheckRequest) {
  const response = new providerProto.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

function difference(type: string, olds: Bag, news: Bag): providerProto.DiffResponse {
  const paths = changedPaths(olds, news, "");
  const replacing = paths.filter((path) => replaces(type, path));
  const { DIFF_NONE, DIFF_SOME } = providerProto.DiffResponse.DiffChanges;
  const response = new providerProto.DiffResponse();
  response.setChanges(paths.length === 0 ? DIFF_NONE : DIFF_SOME);
  response.setDiffsList([...new Set(paths.map(head))]);
  response.setReplacesList([...new Set(replacing.map(head))]);
  // Two of the same name cannot exist at once.
  response.setDeletebeforereplace(replacing.length > 0 && hasOwnName(news));
  return response;
}

function head(path: string): string {
  return path.split(".")[0] ?? path;
}

function hasOwnName(inputs: Bag): boolean {
  const { metadata, name, bucket } = plain(inputs) as Bag;
  return [name, bucket, (metadata as Bag | undefined)?.name].some((value) => typeof value === "string");
}

/** Leaves that differ, as dotted paths; a list is a leaf. */
function changedPaths(old: unknown, fresh: unknown, path: string): string[] {
  const [before, after] = [bare(old), bare(fresh)];
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(sorted(plain(before))) === JSON.stringify(sorted(plain(after))) ? [] : [path];
  }
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .flatMap((key) => changedPaths(before[key], after[key], path === "" ? key : `${path}.${key}`));
}

function bare(value: unknown): unknown {
  return isSecret(value) ? bare(value.value) : value;
}

function isObject(value: unknown): value is Bag {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
