import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Store, UnitOfWork } from "../application/store.ts";
import type { Actor } from "../domain/access.ts";
import { Refusal } from "../domain/refusal.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Version of the listing that the answer shows. */
  readonly version?: number;
}

/** The caller; every route that asks has let `authenticate` run first. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new Error(`${request.routeOptions.url}: a route without authentication`);
  return request.actor;
}

const etagOf = (version: number) => `"${version}"`;

/** The version in `If-Match`; undefined for none and for `*`. */
export function expectedVersion(header: string | undefined): number | undefined {
  return header === undefined || header === "*" ? undefined : Number(header.slice(1, -1));
}

function send(reply: FastifyReply, { status, body }: Answer, etag: string | null): FastifyReply {
  if (etag !== null) reply.header("etag", etag);
  return reply.code(status).send(body);
}

/** Does `work` in one transaction and answers with what it gives. */
export async function answer(
  unit: UnitOfWork,
  reply: FastifyReply,
  work: (store: Store) => Promise<Answer>,
): Promise<FastifyReply> {
  const result = await unit.transaction(work);
  return send(reply, result, result.version === undefined ? null : etagOf(result.version));
}

/**
 * As `answer`; with an `Idempotency-Key` the work is done once and its answer kept in the same transaction, so that
 * neither is ever without the other. What fails is not kept: it has changed nothing and may be tried again.
 */
export async function answerOnce(
  unit: UnitOfWork,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (store: Store) => Promise<Answer>,
): Promise<FastifyReply> {
  const key = request.headers["idempotency-key"];
  if (typeof key !== "string") return answer(unit, reply, work);
  const actor = actorOf(request);
  const answerKey = { orgId: actor.orgId, actor: actor.subject, key };
  const requestHash = createHash("sha256")
    .update(
      JSON.stringify([
        request.method,
        request.url,
        request.headers["if-match"] ?? null,
        request.body ?? null,
      ]),
    )
    .digest("hex");
  const { result, etag, replayed } = await unit.transaction(async (store) => {
    const earlier = await store.claimAnswer(answerKey, requestHash);
    if (earlier) {
      if (earlier.requestHash !== requestHash) {
        throw new Refusal("idempotency-key-reused", "this key was used for another request; take a new one");
      }
      return { result: { status: earlier.status, body: earlier.body }, etag: earlier.etag, replayed: true };
    }
    const result = await work(store);
    const etag = result.version === undefined ? null : etagOf(result.version);
    await store.storeAnswer(answerKey, { requestHash, status: result.status, etag, body: result.body });
    return { result, etag, replayed: false };
  });
  if (replayed) reply.header("idempotency-replayed", "true");
  return send(reply, result, etag);
}
