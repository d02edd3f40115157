import {
  type Context,
  context,
  propagation,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracingConfig } from "./config/config.ts";

/**
 * Starts tracing for the process. Without an endpoint nothing is exported, but trace ids are still made and passed on,
 * so that logs and answers have them.
 *
 * Returns what exports the last spans and ends it.
 */
export function startTracing(config: TracingConfig, more: SpanProcessor[] = []): () => Promise<void> {
  const processors =
    config.endpoint === undefined
      ? []
      : [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: config.endpoint }) })];
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      ...attributesOf(config.resourceAttributes),
      "service.name": config.serviceName,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampledShare) }),
    spanProcessors: [...processors, ...more],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

function attributesOf(list: string | undefined): Record<string, string> {
  const pairs = (list ?? "").split(",").filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}

/** Asked anew each time: the provider is set after this module is loaded. */
export const tracer = () => trace.getTracer("publishing");

/** Runs `work` in a span of its own; its failure is the span's. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  return tracer().startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      if (error instanceof Error) span.setAttribute("error.type", error.name);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** W3C `traceparent` of the current span, to be passed on. */
export function currentTraceparent(of: Context = context.active()): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(of, carrier);
  return carrier.traceparent;
}

/** The context that a `traceparent` header brought; the empty one where it brought none. */
export function contextOf(traceparent: string | null | undefined): Context {
  const root = context.active();
  return traceparent ? propagation.extract(root, { traceparent }) : root;
}

export function currentTraceId(): string | null {
  return trace.getActiveSpan()?.spanContext().traceId ?? null;
}
