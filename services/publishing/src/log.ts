import { context, trace } from "@opentelemetry/api";
import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "./config/config.ts";

export type Log = Logger;

/**
 * One JSON object a line on standard output, with the field names of `services/README.md`. Messages and fields are chosen where they are
 * logged: requests, headers and bodies are never handed to the logger whole.
 */
export function createLog(
  config: Pick<Config, "service" | "version" | "logLevel">,
  destination: DestinationStream = pino.destination({ dest: 1, sync: false, minLength: 0 }),
): Log {
  return pino(
    {
      level: config.logLevel,
      base: { service: config.service, version: config.version },
      messageKey: "message",
      errorKey: "error",
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label === "fatal" ? "error" : label === "trace" ? "debug" : label }),
      },
      serializers: { error: describe },
      mixin: () => {
        const span = trace.getSpan(context.active())?.spanContext();
        return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
      },
    },
    destination,
  );
}

/** An error as text: its stack and its causes. PostgreSQL's details, which may quote values, are left out. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? text : `${text}\ncaused by ${describe(error.cause)}`;
}
