import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { actorOf, answerOnce, expectedVersion } from "../answer.ts";
import {
  etagHeader,
  idParams,
  problems,
  reference,
  success,
  versioned,
  versionedPostHeaders,
} from "../schemas/common.ts";
import { Decision, Suspension } from "../schemas/listings.ts";
import { type ListingRoutesOptions, shown } from "./listings.ts";

/** What reviewers and the platform's administrators do with anybody's listings. */
export const moderationRoutes: FastifyPluginAsyncTypebox<ListingRoutesOptions> = async (
  app,
  { unit, listings },
) => {
  const common = {
    params: idParams,
    headers: versionedPostHeaders,
    response: { 200: success("The listing.", reference("Listing"), etagHeader), ...problems(versioned) },
  };

  app.post(
    "/v1/listings/:id/review",
    {
      schema: {
        ...common,
        operationId: "reviewListing",
        summary: "Publish a listing in review, or send it back to its owner with a reason",
        body: Decision,
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const { decision, reason = null } = request.body;
        const expected = expectedVersion(request.headers["if-match"]);
        const { id } = request.params;
        return shown(await listings.moderate(store, actorOf(request), id, expected, decision, reason));
      }),
  );

  app.post(
    "/v1/listings/:id/suspend",
    {
      schema: {
        ...common,
        operationId: "suspendListing",
        summary: "Take a published or deprecated listing from the marketplace",
        body: Suspension,
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const expected = expectedVersion(request.headers["if-match"]);
        const { id } = request.params;
        const { reason } = request.body;
        return shown(await listings.moderate(store, actorOf(request), id, expected, "suspend", reason));
      }),
  );

  app.post(
    "/v1/listings/:id/restore",
    {
      schema: {
        ...common,
        operationId: "restoreListing",
        summary: "Bring a suspended listing back to what it was",
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const expected = expectedVersion(request.headers["if-match"]);
        return shown(
          await listings.moderate(store, actorOf(request), request.params.id, expected, "restore", null),
        );
      }),
  );
};
