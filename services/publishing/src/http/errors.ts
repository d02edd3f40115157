import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { trace } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { frameworkProblem, type ProblemKind, problemOf, routeNotFound } from "./problems.ts";

const contentType = "application/problem+json";

function bodyOf(
  { status, code, title, detail, errors }: ProblemKind,
  instance: string,
  traceId: string | null,
): string {
  const type = `urn:llm-marketplace:problem:${code}`;
  return JSON.stringify({
    type,
    title,
    status,
    detail,
    instance,
    code,
    traceId,
    ...(errors ? { errors } : {}),
  });
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, kind: ProblemKind): FastifyReply {
  const traceId = request.traceContext && (trace.getSpanContext(request.traceContext)?.traceId ?? null);
  const instance = request.url.split("?", 1)[0] ?? "/";
  return (
    reply
      .code(kind.status)
      .headers({ ...kind.headers })
      .header("content-type", contentType)
      // Bytes: to text of a JSON type Fastify adds a charset, a parameter that problem+json does not have.
      .send(Buffer.from(bodyOf(kind, instance, traceId)))
  );
}

/** Answers every error of a handler, of Fastify and of its router in the one shape. */
export function addErrorHandlers(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const kind = problemOf(error);
    if (kind.status >= 500)
      request.log[kind.status === 503 ? "warn" : "error"]({ error }, "the request failed");
    return sendProblem(request, reply, kind);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, routeNotFound));
}

/** For requests that the router cannot even read, `/v1/%zz`: no hook runs for them. */
export function onFrameworkError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(request, reply, problemOf(error));
}

const statusOfClientError: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what Node could not read as HTTP; the connection cannot be used any further. */
export function onClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const kind = frameworkProblem(statusOfClientError[error.code ?? ""] ?? 400);
  const body = bodyOf(kind, "/", null);
  const head = [
    `HTTP/1.1 ${kind.status} ${STATUS_CODES[kind.status]}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
