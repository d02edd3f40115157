/** Small helpers around the engine's protocol: structs, unary handlers, a server on a free port. */
import * as grpc from "@grpc/grpc-js";
import { toStruct } from "../../../simulator/monitor.ts";
import { defined } from "../../../simulator/properties.ts";

export type Bag = Record<string, unknown>;

/** A whole stack's state passes through single messages of the log and the monitor. */
const limits = {
  "grpc.max_receive_message_length": 400 * 1024 * 1024,
  "grpc.max_send_message_length": 400 * 1024 * 1024,
};

export const clientOptions: grpc.ClientOptions = limits;

export function fromStruct(struct: { toJavaScript(): object } | undefined): Bag {
  return (struct?.toJavaScript() ?? {}) as Bag;
}

/** The protocol has no undefined. */
export function struct(value: Readonly<Bag>) {
  return toStruct(defined(value) as Bag);
}

/** A handler that answers with what `work` returns, and with an error of the same text where it throws. */
export function unary<Request, Response>(
  work: (request: Request, peer: string) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => work(call.request, call.getPeer()))
      .then(
        (response) => callback(null, response),
        (error: unknown) => {
          const details = error instanceof Error ? error.message : String(error);
          callback({ code: grpc.status.UNKNOWN, details, message: details });
        },
      );
  };
}

export interface Served {
  readonly port: number;
  stop(): void;
}

/** Serves on a free port of this machine only. */
export async function serve(
  definition: grpc.ServiceDefinition,
  implementation: grpc.UntypedServiceImplementation,
): Promise<Served> {
  const server = new grpc.Server(limits);
  server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}
