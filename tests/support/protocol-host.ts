/**
 * A host that speaks the engine's protocol: it serves ResourceMonitor and Engine over gRPC and has the SDK's own
 * language host run the program in a process of its own, exactly as the Pulumi CLI does. Behind it is the same
 * recorder and the same simulator as behind the in-process plan.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import monitorGrpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import monitorProto from "@pulumi/pulumi/proto/resource_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import { type Project, stackConfig } from "../../cli/project.ts";
import { table } from "../../simulator/index.ts";
import { features, RecordingMonitor } from "../../simulator/monitor.ts";
import type { ProgramResult } from "../../simulator/program.ts";
import { Recorder } from "../../simulator/recorder.ts";
import { root } from "./cli.ts";

type Unary = grpc.handleUnaryCall<unknown, unknown>;

export interface ProtocolResult extends ProgramResult {
  /** What the program logged as an error through the engine. */
  readonly errors: readonly string[];
  /** Exit code of the language host. */
  readonly code: number | null;
  readonly output: string;
}

/** Runs a stack's program over the protocol. */
export async function runOverProtocol(project: Project, stack: string): Promise<ProtocolResult> {
  const recorder = new Recorder({ project: project.name, stack, table });
  const errors: string[] = [];
  const server = new grpc.Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(monitorGrpc.ResourceMonitorService, monitorService(recorder));
  server.addService(engineGrpc.EngineService, engineService(errors));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  try {
    const { code, output } = await runLanguageHost(project, stack, `127.0.0.1:${port}`);
    const resources = [...recorder.resources.values()];
    const outputs = resources.find((resource) => resource.parent === undefined)?.outputs ?? {};
    return { resources, outputs, errors, code, output };
  } finally {
    server.forceShutdown();
  }
}

/** The monitor of the in-process plan, its methods called as those of a gRPC service. */
function monitorService(recorder: Recorder): grpc.UntypedServiceImplementation {
  const monitor = new RecordingMonitor(recorder);
  const empty = () => new emptyProto.Empty();
  type Method = (request: unknown, callback: (error: unknown, response: unknown) => void) => void;
  const forward =
    (name: keyof RecordingMonitor, wrap: (response: unknown) => unknown = (response) => response): Unary =>
    (call, callback) => {
      (monitor[name] as unknown as Method).call(monitor, call.request, (error, response) =>
        error
          ? callback({ code: grpc.status.UNKNOWN, message: String(error) })
          : callback(null, wrap(response)),
      );
    };
  const supportsFeature: grpc.handleUnaryCall<monitorProto.SupportsFeatureRequest, unknown> = (
    _call,
    callback,
  ) => {
    const response = new monitorProto.SupportsFeatureResponse();
    response.setHassupport(true);
    callback(null, response);
  };
  const signalAndWaitForShutdown: Unary = (_call, callback) => callback(null, empty());
  return {
    supportsFeature,
    signalAndWaitForShutdown,
    getDeploymentInfo: forward("getDeploymentInfo"),
    invoke: forward("invoke"),
    readResource: forward("readResource"),
    registerResource: forward("registerResource"),
    registerResourceOutputs: forward("registerResourceOutputs", empty),
    registerPackage: forward("registerPackage"),
  };
}

function engineService(errors: string[]): grpc.UntypedServiceImplementation {
  const log: grpc.handleUnaryCall<engineProto.LogRequest, unknown> = (call, callback) => {
    if (call.request.getSeverity() >= engineProto.LogSeverity.ERROR) errors.push(call.request.getMessage());
    callback(null, new emptyProto.Empty());
  };
  const setRootResource: Unary = (_call, callback) =>
    callback(null, new engineProto.SetRootResourceResponse());
  const getRootResource: Unary = (_call, callback) =>
    callback(null, new engineProto.GetRootResourceResponse());
  return { log, setRootResource, getRootResource };
}

/** The SDK's language host, called as `pulumi-language-nodejs` calls it. */
function runLanguageHost(project: Project, stack: string, address: string) {
  const run = join(root, "node_modules", "@pulumi", "pulumi", "cmd", "run", "index.js");
  const flags = {
    monitor: address,
    engine: address,
    organization: "organization",
    project: project.name,
    stack,
    "root-directory": project.root,
    pwd: project.root,
    parallel: "16",
  };
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [run, ...args, project.main], {
    cwd: project.root,
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(stackConfig(project, stack)),
      PULUMI_CONFIG_SECRET_KEYS: "[]",
      PULUMI_NODEJS_TYPESCRIPT: "false",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** Number of features that the host announces, for the test that it is not empty. */
export const announcedFeatures = features.length;
