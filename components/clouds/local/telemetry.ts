import type { TelemetryOutputs } from "../contract.ts";

/** Nothing beside the platform's own observability: no managed store to watch, no cloud to export to. */
export function createTelemetry(): TelemetryOutputs {
  return { collector: { exporters: {}, extensions: {}, traceExporters: [] }, grants: [] };
}
