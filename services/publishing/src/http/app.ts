import type { Server } from "node:http";
import swagger from "@fastify/swagger";
import { type FastifyHttpOptions, type FastifyInstance, fastify, LogController } from "fastify";
import { v7 as uuidv7 } from "uuid";
import type { Artefacts } from "../application/artefacts.ts";
import type { Listings } from "../application/listings.ts";
import type { UnitOfWork } from "../application/store.ts";
import type { Actor } from "../domain/access.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Authenticate } from "./auth.ts";
import { addErrorHandlers, onClientError, onFrameworkError } from "./errors.ts";
import { rememberMethods } from "./methods.ts";
import { addJsonParser, bodyLimitBytes, createValidators } from "./parsing.ts";
import { artefactRoutes } from "./routes/artefacts.ts";
import { auditRoutes } from "./routes/audit.ts";
import { listingRoutes } from "./routes/listings.ts";
import { moderationRoutes } from "./routes/moderation.ts";
import { operationRoutes, type Readiness } from "./routes/operations.ts";
import { Artefact, AuditEntry, PublisherKey } from "./schemas/artefacts.ts";
import { Problem } from "./schemas/common.ts";
import { Listing, Release } from "./schemas/listings.ts";
import { addTelemetry } from "./telemetry.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who calls; null on paths that ask nobody. */
    actor: Actor | null;
  }
}

export interface AppOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly authenticate: Authenticate;
  readonly unit: UnitOfWork;
  readonly listings: Listings;
  readonly artefacts: Artefacts;
  readonly readiness: () => Readiness;
  /** Time for a request's head and body. */
  readonly requestTimeoutMillis?: number;
}

const documentation = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Publishing",
      version: "1.0.0",
      description: "Providers register models and prompts as listings with releases; reviewers judge them.",
    },
    servers: [{ url: "/" }],
    security: [{ accessToken: [] }],
    components: {
      securitySchemes: { accessToken: { type: "http" as const, scheme: "bearer", bearerFormat: "JWT" } },
    },
  },
  refResolver: {
    buildLocalReference: (json: { $id?: unknown }, _base: unknown, _fragment: unknown, index: number) =>
      typeof json.$id === "string" ? json.$id : `schema-${index}`,
  },
};

/** What Fastify would say of its own accord is in the request's line already. */
class QuietLog extends LogController {
  override routeNotFound(): void {}
}

function serverOptions({ log, requestTimeoutMillis = 10_000 }: AppOptions): FastifyHttpOptions<Server, Log> {
  return {
    loggerInstance: log,
    // The telemetry writes the one line a request has.
    logController: new QuietLog({ requestIdLogLabel: "request_id", disableRequestLogging: true }),
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && /^[A-Za-z0-9-]{1,64}$/.test(given) ? given : uuidv7();
    },
    bodyLimit: bodyLimitBytes,
    routerOptions: { maxParamLength: 200 },
    requestTimeout: requestTimeoutMillis,
    // Longer than the proxies in front keep theirs: the side that gives up first must not be this one.
    keepAliveTimeout: 75_000,
    http: { maxHeaderSize: 16_384, headersTimeout: requestTimeoutMillis, connectionsCheckingInterval: 1_000 },
    return503OnClosing: false,
    frameworkErrors: onFrameworkError,
    clientErrorHandler: onClientError,
  };
}

/** The service's HTTP side; it opens no connection by itself. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { metrics, authenticate, unit, listings, artefacts, readiness } = options;
  const app = fastify(serverOptions(options)) as unknown as FastifyInstance;
  app.setValidatorCompiler(createValidators());
  app.decorateRequest("actor", null);
  addTelemetry(app, metrics);
  addErrorHandlers(app);
  app.addHook("onSend", async (_request, reply) => {
    // A client that is told goes elsewhere with its next request instead of meeting a closed connection.
    if (readiness().draining) reply.header("connection", "close");
  });
  addJsonParser(app);
  app.addHook("onRequest", async (_request, reply) => {
    reply.headers({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
  });
  for (const schema of [Problem, Release, Listing, PublisherKey, Artefact, AuditEntry]) app.addSchema(schema);
  await app.register(swagger, documentation);
  const { refuseOthers } = rememberMethods(app);
  await app.register(operationRoutes, { metrics, readiness });
  await app.register(async (scope) => {
    scope.addHook("onRequest", async (request) => {
      request.actor = await authenticate(request.headers.authorization);
    });
    await scope.register(listingRoutes, { unit, listings });
    await scope.register(moderationRoutes, { unit, listings });
    await scope.register(artefactRoutes, { unit, artefacts });
    await scope.register(auditRoutes, { unit });
  });
  refuseOthers(app);
  await app.ready();
  return app;
}
