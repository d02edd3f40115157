import { finished } from "node:stream";
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Metrics, methodLabel } from "../metrics.ts";
import { tracer } from "../tracing.ts";
import { operationPaths } from "./routes/operations.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Trace context of the request's span. */
    traceContext: Context | null;
  }
}

/** `/v1/listings/{id}`, or `unmatched`. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url?.replace(/:(\w+)/g, "{$1}") ?? "unmatched";
}

/** A server span, the RED metrics and a line in the log for every request. */
export function addTelemetry(app: FastifyInstance, metrics: Metrics): void {
  app.decorateRequest("traceContext", null);

  app.addHook("onRequest", (request, reply, done) => {
    const started = performance.now();
    const method = methodLabel(request.method);
    const route = routeOf(request);
    const parent = propagation.extract(context.active(), request.headers);
    const attributes = {
      "http.request.method": method,
      "http.route": route,
      "url.path": request.url.split("?", 1)[0],
    };
    const span = tracer().startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    request.traceContext = trace.setSpan(parent, span);
    reply.header("x-request-id", request.id);
    metrics.activeRequests.inc({ http_request_method: method });
    // The stream's end, however it comes: an answer that was not waited for counts too.
    finished(reply.raw, (error) => {
      const seconds = (performance.now() - started) / 1000;
      const status = error && !reply.raw.headersSent ? 499 : reply.raw.statusCode;
      metrics.activeRequests.dec({ http_request_method: method });
      metrics.requestDuration.observe(
        { http_request_method: method, http_route: route, http_response_status_code: `${status}` },
        seconds,
      );
      endSpan(span, status);
      if (!operationPaths.has(route)) logRequest(request, span, route, status, seconds);
    });
    context.with(request.traceContext, done);
  });

  // Reading the body continues in the socket's context: the handler's work would else belong to no trace.
  app.addHook("preValidation", (request, _reply, done) => {
    context.with(request.traceContext ?? context.active(), done);
  });
}

function endSpan(span: Span, status: number): void {
  span.setAttribute("http.response.status_code", status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function logRequest(
  request: FastifyRequest,
  span: Span,
  route: string,
  status: number,
  seconds: number,
): void {
  const { traceId, spanId } = span.spanContext();
  const fields = {
    trace_id: traceId,
    span_id: spanId,
    http_method: request.method,
    http_route: route,
    http_status: status,
    duration_ms: Math.round(seconds * 1e6) / 1e3,
  };
  request.log[status >= 500 ? "error" : "info"](fields, "request");
}
