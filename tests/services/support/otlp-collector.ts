/** Takes spans over OTLP with gRPC, as the platform's collector does, and keeps what a test asks of them. */
import { type MethodDefinition, Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import jspb from "google-protobuf";

export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  /** `internal`, `server`, `client`, `producer` or `consumer`. */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it begins a trace. */
  readonly parentId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

export interface Collector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  readonly spans: readonly CollectedSpan[];
  readonly stop: () => void;
}

const exportMethod: MethodDefinition<CollectedSpan[], Buffer> = {
  path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  requestStream: false,
  responseStream: false,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: spansOf,
  responseSerialize: (bytes) => bytes,
  responseDeserialize: (bytes) => bytes,
};

export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const server = new Server();
  server.addService(
    { Export: exportMethod },
    {
      Export: (
        call: ServerUnaryCall<CollectedSpan[], Buffer>,
        answer: (error: null, bytes: Buffer) => void,
      ) => {
        spans.push(...call.request);
        // An ExportTraceServiceResponse without fields: everything was taken.
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { endpoint: `http://127.0.0.1:${port}`, spans, stop: () => server.forceShutdown() };
}

/** Fields by number, of opentelemetry-proto 1.x: `trace.proto`, `resource.proto`, `common.proto`. */
type Fields = Readonly<Record<number, (reader: jspb.BinaryReader) => void>>;

function read(reader: jspb.BinaryReader, fields: Fields): void {
  while (reader.nextField() && !reader.isEndGroup()) {
    const field = fields[reader.getFieldNumber()];
    if (field === undefined) reader.skipField();
    else field(reader);
  }
}

const message = (fields: () => Fields) => (reader: jspb.BinaryReader) =>
  reader.readMessage(undefined as never, (_, inner) => read(inner as jspb.BinaryReader, fields()));

function spansOf(request: Buffer): CollectedSpan[] {
  const spans: CollectedSpan[] = [];
  const resourceSpans = () => {
    let service = "";
    const name = (key: string, value: string) => {
      if (key === "service.name") service = value;
    };
    return {
      1: message(() => ({ 1: attribute(name) })),
      // The resource comes before its spans: every encoder writes fields in the order of their numbers.
      2: message(() => ({ 2: spanInto((span) => spans.push({ ...span, service })) })),
    };
  };
  read(new jspb.BinaryReader(new Uint8Array(request)), { 1: message(resourceSpans) });
  return spans;
}

function attribute(found: (key: string, value: string) => void): (reader: jspb.BinaryReader) => void {
  return (reader) => {
    let [key, value] = ["", ""];
    message(() => ({
      1: (inner) => {
        key = inner.readString();
      },
      2: message(() => ({
        1: (inner) => {
          value = inner.readString();
        },
      })),
    }))(reader);
    found(key, value);
  };
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];

function spanInto(
  found: (span: Omit<CollectedSpan, "service">) => void,
): (reader: jspb.BinaryReader) => void {
  return (reader) => {
    const span = { name: "", kind: "unspecified", traceId: "", spanId: "", parentId: "" };
    const links: { traceId: string; spanId: string }[] = [];
    const text = (field: keyof typeof span, how: (reader: jspb.BinaryReader) => string) => {
      return (inner: jspb.BinaryReader) => {
        span[field] = how(inner);
      };
    };
    message(() => ({
      1: text("traceId", hex),
      2: text("spanId", hex),
      4: text("parentId", hex),
      5: text("name", (inner) => inner.readString()),
      6: text("kind", (inner) => kinds[inner.readEnum()] ?? "unspecified"),
      13: linkInto(links),
    }))(reader);
    found({ ...span, links });
  };
}

function linkInto(links: { traceId: string; spanId: string }[]): (reader: jspb.BinaryReader) => void {
  return (reader) => {
    const link = { traceId: "", spanId: "" };
    message(() => ({
      1: (inner) => {
        link.traceId = hex(inner);
      },
      2: (inner) => {
        link.spanId = hex(inner);
      },
    }))(reader);
    links.push(link);
  };
}

const hex = (reader: jspb.BinaryReader) => Buffer.from(reader.readBytes() as Uint8Array).toString("hex");
