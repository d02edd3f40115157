import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Listings } from "../../application/listings.ts";
import type { UnitOfWork } from "../../application/store.ts";
import type { Listing } from "../../domain/listing.ts";
import { type Answer, actorOf, answer, answerOnce, expectedVersion } from "../answer.ts";
import { pageAnswer, uuidCursor, uuidCursorLength, uuidPage } from "../paging.ts";
import {
  etagHeader,
  idParams,
  pageOf,
  pageQuery,
  patchHeaders,
  postHeaders,
  problems,
  reading,
  reference,
  success,
  versioned,
  versionedPostHeaders,
  writing,
} from "../schemas/common.ts";
import { Kind, ListingChanges, NewListing, NewRelease, ReleaseList, Status } from "../schemas/listings.ts";
import { listingView, releaseView } from "../views.ts";

export interface ListingRoutesOptions {
  readonly unit: UnitOfWork;
  readonly listings: Listings;
}

export const shown = (listing: Listing, status = 200): Answer => ({
  status,
  body: listingView(listing),
  version: listing.version,
});

/** What an owner does with listings and their releases. */
export const listingRoutes: FastifyPluginAsyncTypebox<ListingRoutesOptions> = async (
  app,
  { unit, listings },
) => {
  const one = success("The listing.", reference("Listing"), etagHeader);

  app.post(
    "/v1/listings",
    {
      schema: {
        operationId: "createListing",
        summary: "Register a listing as a draft",
        headers: postHeaders,
        body: NewListing,
        response: { 201: one, ...problems(writing) },
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const { description = "", tags = [], categories = [], ...rest } = request.body;
        const given = { ...rest, description, tags, categories };
        return shown(await listings.create(store, actorOf(request), given), 201);
      }),
  );

  app.get(
    "/v1/listings",
    {
      schema: {
        operationId: "listListings",
        summary: "The organisation's listings; for reviewers every organisation's that are no drafts",
        querystring: pageQuery(uuidCursorLength, {
          status: Type.Optional(Status),
          kind: Type.Optional(Kind),
        }),
        response: { 200: success("Newest first.", pageOf("Listing")), ...problems(reading) },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const { limit, status, kind } = request.query;
        const found = await listings.list(store, actorOf(request), { status, kind }, uuidPage(request.query));
        return { status: 200, body: pageAnswer(found, limit, listingView, uuidCursor) };
      }),
  );

  app.get(
    "/v1/listings/:id",
    {
      schema: {
        operationId: "readListing",
        summary: "One listing",
        params: idParams,
        response: { 200: one, ...problems(reading) },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) =>
        shown(await listings.read(store, actorOf(request), request.params.id)),
      ),
  );

  app.patch(
    "/v1/listings/:id",
    {
      schema: {
        operationId: "editListing",
        summary: "Change a listing's details",
        params: idParams,
        headers: patchHeaders,
        body: ListingChanges,
        response: { 200: one, ...problems(versioned) },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const expected = expectedVersion(request.headers["if-match"]);
        const { id } = request.params;
        return shown(await listings.edit(store, actorOf(request), id, expected, request.body));
      }),
  );

  for (const action of ["submit", "deprecate"] as const) {
    app.post(
      `/v1/listings/:id/${action}`,
      {
        schema: {
          operationId: `${action}Listing`,
          summary:
            action === "submit" ? "Hand a draft in for review" : "Mark a published listing as deprecated",
          params: idParams,
          headers: versionedPostHeaders,
          response: { 200: one, ...problems(versioned) },
        },
      },
      (request, reply) =>
        answerOnce(unit, request, reply, async (store) => {
          const expected = expectedVersion(request.headers["if-match"]);
          return shown(await listings.advance(store, actorOf(request), request.params.id, expected, action));
        }),
    );
  }

  app.post(
    "/v1/listings/:id/releases",
    {
      schema: {
        operationId: "addRelease",
        summary: "Add a release: to a draft for its review, to a published listing for everyone at once",
        params: idParams,
        headers: versionedPostHeaders,
        body: NewRelease,
        response: {
          201: success("The release; the ETag is the listing's.", reference("Release"), etagHeader),
          ...problems(versioned),
        },
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const { notes = "", endpoint = null, artefactSha256 = null, ...rest } = request.body;
        const given = { ...rest, notes, endpoint, artefactSha256 };
        const expected = expectedVersion(request.headers["if-match"]);
        const { id } = request.params;
        const { listing, release } = await listings.addRelease(store, actorOf(request), id, expected, given);
        return { status: 201, body: releaseView(release), version: listing.version };
      }),
  );

  app.get(
    "/v1/listings/:id/releases",
    {
      schema: {
        operationId: "listReleases",
        summary: "A listing's releases, newest first",
        params: idParams,
        response: { 200: success("Every release.", ReleaseList), ...problems(reading) },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const releases = await listings.releases(store, actorOf(request), request.params.id);
        return { status: 200, body: { items: releases.map(releaseView) } };
      }),
  );
};
