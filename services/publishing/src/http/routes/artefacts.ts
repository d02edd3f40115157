import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Artefacts } from "../../application/artefacts.ts";
import type { UnitOfWork } from "../../application/store.ts";
import { actorOf, answer, answerOnce } from "../answer.ts";
import { artefactParams, KeyList, keyParams, NewArtefact, NewKey } from "../schemas/artefacts.ts";
import { postHeaders, problems, reading, reference, success, writing } from "../schemas/common.ts";
import { artefactView, keyView } from "../views.ts";

export interface ArtefactRoutesOptions {
  readonly unit: UnitOfWork;
  readonly artefacts: Artefacts;
}

/** Publishers' keys and the artefacts signed with them. */
export const artefactRoutes: FastifyPluginAsyncTypebox<ArtefactRoutesOptions> = async (
  app,
  { unit, artefacts },
) => {
  app.post(
    "/v1/listings/publisher-keys",
    {
      schema: {
        operationId: "registerKey",
        summary: "Register a public key that signs the organisation's artefacts",
        headers: postHeaders,
        body: NewKey,
        response: {
          200: success("The organisation had registered this key before.", reference("PublisherKey")),
          201: success("The key.", reference("PublisherKey")),
          ...problems(writing),
        },
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const { key, created } = await artefacts.registerKey(store, actorOf(request), request.body);
        return { status: created ? 201 : 200, body: keyView(key) };
      }),
  );

  app.get(
    "/v1/listings/publisher-keys",
    {
      schema: {
        operationId: "listKeys",
        summary: "The organisation's keys, revoked ones included",
        response: { 200: success("Every key.", KeyList), ...problems(reading) },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const keys = await artefacts.keys(store, actorOf(request));
        return { status: 200, body: { items: keys.map(keyView) } };
      }),
  );

  app.delete(
    "/v1/listings/publisher-keys/:keyId",
    {
      schema: {
        operationId: "revokeKey",
        summary: "Revoke a key for good; what it has signed stays",
        params: keyParams,
        response: {
          204: Type.Unsafe<unknown>({ type: "null", description: "The key is revoked." }),
          ...problems(writing),
        },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        await artefacts.revokeKey(store, actorOf(request), request.params.keyId);
        return { status: 204, body: undefined };
      }),
  );

  app.post(
    "/v1/listings/artefacts",
    {
      schema: {
        operationId: "registerArtefact",
        summary: "Register an artefact with the signature of one of the organisation's keys",
        headers: postHeaders,
        body: NewArtefact,
        response: {
          200: success("The artefact was registered before.", reference("Artefact")),
          201: success("The artefact.", reference("Artefact")),
          ...problems(writing),
        },
      },
    },
    (request, reply) =>
      answerOnce(unit, request, reply, async (store) => {
        const { artefact, created } = await artefacts.register(store, actorOf(request), request.body);
        return { status: created ? 201 : 200, body: artefactView(artefact) };
      }),
  );

  app.get(
    "/v1/listings/artefacts/:sha256",
    {
      schema: {
        operationId: "readArtefact",
        summary: "One of the organisation's artefacts",
        params: artefactParams,
        response: { 200: success("The artefact.", reference("Artefact")), ...problems(reading) },
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const artefact = await artefacts.read(store, actorOf(request), request.params.sha256);
        return { status: 200, body: artefactView(artefact) };
      }),
  );
};
