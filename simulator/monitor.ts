/**
 * The Pulumi runtime's own mock monitor with the {@link Recorder} behind it: what the program registers reaches
 * the recorder as the raw message that the engine would get.
 *
 * It uses modules of @pulumi/pulumi that are not part of its documented interface; the SDK is pinned exactly and
 * `tests/protocol` compares the result with what the SDK sends over the real protocol.
 */
import type * as pulumi from "@pulumi/pulumi";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import type { Recorder } from "./recorder.ts";

type Callback = (error: Error | undefined, response: unknown) => void;
type Json = Parameters<typeof structProto.Struct.fromJavaScript>[0];

const noMocks: pulumi.runtime.Mocks = {
  call: () => {
    throw new Error("the recorder answers function calls");
  },
  newResource: () => {
    throw new Error("the recorder answers registrations");
  },
};

/** Every feature that the engine of the same version announces. */
export const features: readonly number[] = Object.entries(resourceProto.ResourceMonitorFeature)
  .filter(([name]) => !name.endsWith("_UNSPECIFIED"))
  .map(([, value]) => value as number);

export function toStruct(value: Record<string, unknown>) {
  return structProto.Struct.fromJavaScript(value as Json);
}

export class RecordingMonitor extends MockMonitor {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    super(noMocks);
    this.#recorder = recorder;
  }

  override async registerResource(request: resourceProto.RegisterResourceRequest, callback: Callback) {
    answer(callback, () => {
      const resource = this.#recorder.register(request);
      const response = new resourceProto.RegisterResourceResponse();
      response.setUrn(resource.urn);
      response.setId(resource.id);
      response.setObject(toStruct(resource.outputs));
      return response;
    });
  }

  override registerResourceOutputs(
    request: resourceProto.RegisterResourceOutputsRequest,
    callback: Callback,
  ) {
    answer(callback, () => {
      const outputs = request.getOutputs()?.toJavaScript() ?? {};
      this.#recorder.registerOutputs(request.getUrn(), outputs as Record<string, unknown>);
      return {};
    });
  }

  override async readResource(request: resourceProto.ReadResourceRequest, callback: Callback) {
    answer(callback, () => {
      const read = this.#recorder.read(
        request.getType(),
        request.getName(),
        request.getParent(),
        request.getId(),
        (request.getProperties()?.toJavaScript() ?? {}) as Record<string, unknown>,
        request.getProvider(),
      );
      const response = new resourceProto.ReadResourceResponse();
      response.setUrn(read.urn);
      response.setProperties(toStruct(read.outputs));
      return response;
    });
  }

  override async invoke(request: resourceProto.ResourceInvokeRequest, callback: Callback) {
    answer(callback, () => {
      const args = (request.getArgs()?.toJavaScript() ?? {}) as Record<string, unknown>;
      const response = new resourceProto.ResourceInvokeResponse();
      response.setReturn(toStruct(this.#recorder.invoke(request.getTok(), args, request.getProvider())));
      return response;
    });
  }

  override getDeploymentInfo(_request: unknown, callback: Callback) {
    answer(callback, () => {
      const info = new resourceProto.DeploymentInfo();
      info.setSupportedfeaturesList([...features] as resourceProto.ResourceMonitorFeature[]);
      return info;
    });
  }
}

function answer(callback: Callback, work: () => unknown): void {
  let response: unknown;
  try {
    response = work();
  } catch (error) {
    callback(error as Error, undefined);
    return;
  }
  callback(undefined, response);
}
