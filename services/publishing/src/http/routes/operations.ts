import type { FastifyPluginAsync } from "fastify";
import type { Metrics } from "../../metrics.ts";

export interface Readiness {
  readonly ready: boolean;
  /** The process is about to end. */
  readonly draining: boolean;
  readonly dependencies: Readonly<Record<string, "up" | "down">>;
}

export interface OperationRoutesOptions {
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
}

/** Paths of the platform: never routed from outside, never logged. */
export const operationPaths: ReadonlySet<string> = new Set(["/healthz", "/health", "/readyz", "/metrics"]);

export const operationRoutes: FastifyPluginAsync<OperationRoutesOptions> = async (
  app,
  { metrics, readiness },
) => {
  const schema = { hide: true };
  for (const path of ["/healthz", "/health"]) app.get(path, { schema }, async () => ({ status: "ok" }));

  app.get("/readyz", { schema }, async (_request, reply) => {
    const { ready, dependencies } = readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "unavailable", dependencies });
  });

  app.get("/metrics", { schema }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  app.get("/openapi.json", { schema }, async () => app.swagger());
};
