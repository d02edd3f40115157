/**
 * A policy pack as the engine runs it: the SDK's own host loads the compiled pack in a process of its own and speaks
 * the Analyzer protocol. Every call has a deadline, because a value that the SDK cannot read makes it hang.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import analyzerGrpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import structProto, { type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import type { PackConfig, RuleConfig } from "../../policies/shared/evaluate.ts";
import { type PlannedResource, plainValue } from "../../policies/shared/graph.ts";
import type { Level } from "../../policies/shared/rule.ts";
import { isObject } from "../../policies/shared/value.ts";
import { root } from "./cli.ts";

const deadlineMillis = 30_000;
const messageLimit = 400 * 1024 * 1024;

/** What the engine shows of a finding. */
export interface Diagnostic {
  readonly policy: string;
  readonly urn: string;
  readonly level: Level;
  /** Without the policy's description, which the SDK puts before it. */
  readonly message: string;
}

export interface PolicyInfo {
  readonly name: string;
  readonly description: string;
  readonly severity: number;
  readonly framework: string;
  readonly tags: readonly string[];
  readonly remediationSteps: string;
  /** JSON schema of its settings by name. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const levels: readonly Level[] = ["advisory", "mandatory", "disabled"];

export class Analyzer {
  readonly #process: ChildProcess;
  readonly #client: InstanceType<typeof analyzerGrpc.AnalyzerClient>;

  /** The configuration that the pack has, as text: most callers hand over the same again. */
  #configured = "";
  #published: Promise<PolicyInfo[]> | undefined;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.#client = new analyzerGrpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": messageLimit,
      "grpc.max_send_message_length": messageLimit,
    });
  }

  /** Starts the pack in a folder of `policies/`; it must be compiled. */
  static async start(folder: string): Promise<Analyzer> {
    const host = join(root, "node_modules", "@pulumi", "pulumi", "cmd", "run-policy-pack");
    const child = spawn(process.execPath, [host, "127.0.0.1:0", "."], {
      cwd: join(root, "policies", folder),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [output, errors] = ["", ""];
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (output.includes("\n")) resolve(Number(output.split("\n")[0]));
      });
      child.on("close", (code) => reject(new Error(`the pack ${folder} ended with ${code}: ${errors}`)));
    });
    return new Analyzer(child, port);
  }

  stop(): void {
    this.#client.close();
    this.#process.kill();
  }

  policies(): Promise<PolicyInfo[]> {
    this.#published ??= this.#askPolicies();
    return this.#published;
  }

  async #askPolicies(): Promise<PolicyInfo[]> {
    const info = await this.#call<analyzer.AnalyzerInfo>((...end) =>
      this.#client.getAnalyzerInfo(new emptyProto.Empty(), ...end),
    );
    return info.getPoliciesList().map((policy) => ({
      name: policy.getName(),
      description: policy.getDescription(),
      severity: policy.getSeverity(),
      framework: policy.getFramework()?.getReference() ?? "",
      tags: policy.getTagsList(),
      remediationSteps: policy.getRemediationSteps(),
      settings: (policy.getConfigschema()?.getProperties()?.toJavaScript() ?? {}) as PolicyInfo["settings"],
    }));
  }

  /**
   * Hands the pack its configuration as the engine does: the level of `all`, and the defaults of the schema. The rules
   * that are `remediated` get the level of that name.
   */
  async configure(config: PackConfig, remediated: readonly string[] = []): Promise<void> {
    const text = JSON.stringify([config, remediated]);
    if (text === this.#configured) return;
    const request = new analyzer.ConfigureAnalyzerRequest();
    for (const { name, settings } of await this.policies()) {
      const entry = config[name] ?? {};
      const { enforcementLevel = config.all ?? "mandatory", ...values }: RuleConfig =
        typeof entry === "string" ? { enforcementLevel: entry } : entry;
      const defaults = Object.entries(settings).map(([key, { default: value }]) => [key, value]);
      const one = new analyzer.PolicyConfig();
      one.setEnforcementlevel(remediated.includes(name) ? 3 : codeOf(enforcementLevel));
      one.setProperties(struct({ ...Object.fromEntries(defaults), ...values }));
      request.getPolicyconfigMap().set(name, one);
    }
    await this.#call((...end) => this.#client.configure(request, ...end));
    this.#configured = text;
  }

  /** Every resource one by one on its arguments, then all together on their outputs. */
  async analyze(resources: readonly PlannedResource[]): Promise<Diagnostic[]> {
    const single = await Promise.all(resources.map((resource) => this.#analyzeOne(resource)));
    const request = new analyzer.AnalyzeStackRequest();
    request.setResourcesList(resources.map(stackResource));
    const together = await this.#call<analyzer.AnalyzeResponse>((...end) =>
      this.#client.analyzeStack(request, ...end),
    );
    return [...single.flat(), ...diagnostics(together, "")];
  }

  /** New arguments of a resource by the policies whose level is `remediate`; undefined where none changes it. */
  async remediate(resource: PlannedResource): Promise<Record<string, unknown> | undefined> {
    const response = await this.#call<analyzer.RemediateResponse>((...end) =>
      this.#client.remediate(analyzeRequest(resource), ...end),
    );
    const last = response.getRemediationsList().at(-1)?.getProperties();
    return last?.toJavaScript() as Record<string, unknown> | undefined;
  }

  async #analyzeOne(resource: PlannedResource): Promise<Diagnostic[]> {
    const response = await this.#call<analyzer.AnalyzeResponse>((...end) =>
      this.#client.analyze(analyzeRequest(resource), ...end),
    );
    return diagnostics(response, resource.urn);
  }

  #call<Response>(method: (...end: Callback<Response>) => unknown): Promise<Response> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMillis };
      method(new grpc.Metadata(), options, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }
}

type Callback<Response> = [
  grpc.Metadata,
  Partial<grpc.CallOptions>,
  (error: grpc.ServiceError | null, response: Response) => void,
];

function codeOf(level: Level): 0 | 1 | 2 {
  return levels.indexOf(level) as 0 | 1 | 2;
}

function diagnostics(response: analyzer.AnalyzeResponse, urn: string): Diagnostic[] {
  return response.getDiagnosticsList().map((one) => ({
    policy: one.getPolicyname(),
    urn: one.getUrn() || urn,
    level: levels[one.getEnforcementlevel()] ?? "mandatory",
    message: one.getMessage().replace(`${one.getDescription()}\n`, ""),
  }));
}

function analyzeRequest(resource: PlannedResource): analyzer.AnalyzeRequest {
  const request = new analyzer.AnalyzeRequest();
  request.setType(resource.type);
  request.setUrn(resource.urn);
  request.setName(resource.name);
  request.setProperties(struct(asSent(resource.inputs)));
  request.setOptions(optionsOf(resource));
  return request;
}

function stackResource(resource: PlannedResource): analyzer.AnalyzerResource {
  const request = new analyzer.AnalyzerResource();
  request.setType(resource.type);
  request.setUrn(resource.urn);
  request.setName(resource.name);
  request.setProperties(struct(asSent(resource.outputs)));
  request.setOptions(optionsOf(resource));
  request.setParent(resource.parent ?? "");
  for (const [property, urns] of Object.entries(resource.propertyDependencies)) {
    const dependencies = new analyzer.AnalyzerPropertyDependencies();
    dependencies.setUrnsList([...urns]);
    request.getPropertydependenciesMap().set(property, dependencies);
  }
  return request;
}

function optionsOf({ protect, parent }: PlannedResource): analyzer.AnalyzerResourceOptions {
  const options = new analyzer.AnalyzerResourceOptions();
  options.setProtect(protect);
  options.setParent(parent ?? "");
  options.setCustomtimeouts(new analyzer.AnalyzerResourceOptions.CustomTimeouts());
  return options;
}

const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/** As the engine sends values to a pack: secrets keep their mark, references and output values do not. */
function asSent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asSent);
  if (!isObject(value)) return value;
  if (value[signature] === secret) return { [signature]: secret, value: asSent(value.value) };
  if (value[signature] !== undefined) return plainValue(value);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asSent(one)]));
}

/** The protocol has no undefined. */
function struct(value: unknown) {
  return structProto.Struct.fromJavaScript(
    JSON.parse(JSON.stringify(value)) as Record<string, JavaScriptValue>,
  );
}
