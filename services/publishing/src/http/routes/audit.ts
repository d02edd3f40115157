import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listingAudit, organisationAudit } from "../../application/audit-trail.ts";
import type { UnitOfWork } from "../../application/store.ts";
import { actorOf, answer } from "../answer.ts";
import { numberCursor, numberCursorLength, numberPage, pageAnswer } from "../paging.ts";
import { idParams, pageOf, pageQuery, problems, reading, success } from "../schemas/common.ts";
import { auditView } from "../views.ts";

/** Who did what and when, newest first. */
export const auditRoutes: FastifyPluginAsyncTypebox<{ readonly unit: UnitOfWork }> = async (
  app,
  { unit },
) => {
  const querystring = pageQuery(numberCursorLength, {});
  const response = { 200: success("Newest first.", pageOf("AuditEntry")), ...problems(reading) };

  app.get(
    "/v1/listings/audit",
    {
      schema: {
        operationId: "readOrganisationAudit",
        summary: "The organisation's history; for platform administrators everyone's",
        querystring,
        response,
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const found = await organisationAudit(store, actorOf(request), numberPage(request.query));
        return { status: 200, body: pageAnswer(found, request.query.limit, auditView, numberCursor) };
      }),
  );

  app.get(
    "/v1/listings/:id/audit",
    {
      schema: {
        operationId: "readListingAudit",
        summary: "A listing's history, for its owner and platform administrators",
        params: idParams,
        querystring,
        response,
      },
    },
    (request, reply) =>
      answer(unit, reply, async (store) => {
        const found = await listingAudit(
          store,
          actorOf(request),
          request.params.id,
          numberPage(request.query),
        );
        return { status: 200, body: pageAnswer(found, request.query.limit, auditView, numberCursor) };
      }),
  );
};
