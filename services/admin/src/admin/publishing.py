"""Calls to publishing, with the caller's own token: it decides by its own rules whether they may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx2
from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from admin.domain.errors import Problem
from admin.domain.identity import Principal
from admin.telemetry.context import request_id

TIMEOUT_SECONDS = 5.0
RETRY_AFTER_SECONDS = 5
#: Answers of publishing that are about the caller's request and so are the caller's to read.
PASSED_ON = {401: "unauthenticated", 403: "forbidden", 404: "not-found", 409: "conflict", 412: "conflict"}

_tracer = trace.get_tracer("admin.publishing")


class Publishing:
    """The review and moderation routes of `services/publishing/openapi.json`, and nothing else of it."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._client = httpx2.AsyncClient(
            base_url=url.rstrip("/"), timeout=TIMEOUT_SECONDS, transport=transport, follow_redirects=False
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def in_review(self, actor: Principal, limit: int, cursor: str | None) -> dict[str, Any]:
        """One page of listings in review: `{ items, nextCursor }`."""
        query = {"status": "review", "limit": str(limit), **({} if cursor is None else {"cursor": cursor})}
        page = await self._call(actor, "GET", "/v1/listings", params=query)
        if not isinstance(page.get("items"), list):
            raise Problem("upstream-failed", "Publishing answered with something that is no list of listings.")
        return {"items": page["items"], "nextCursor": page.get("nextCursor")}

    async def act(self, actor: Principal, listing_id: UUID, action: str, reason: str, decision_id: UUID) -> None:
        """
        `approve`, `reject`, `suspend` or `restore`. Not repeated on failure: the caller decides. The decision's
        id goes along as idempotency key, so that what a proxy on the way repeats is done once.
        """
        path = "review" if action in ("approve", "reject") else action
        body = {
            **({"decision": action} if path == "review" else {}),
            **({"reason": reason} if reason and action != "restore" else {}),
        }
        key = {"idempotency-key": str(decision_id)}
        await self._call(actor, "POST", f"/v1/listings/{listing_id}/{path}", json=body or None, headers=key)

    async def _call(
        self,
        actor: Principal,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        json: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        attributes = {"http.request.method": method, "server.address": str(self._client.base_url.host)}
        with _tracer.start_as_current_span(method, kind=SpanKind.CLIENT, attributes=attributes) as span:
            sent = {
                "authorization": f"Bearer {actor.token}",
                "x-request-id": request_id.get() or "-",
                **(headers or {}),
            }
            propagate.inject(sent)
            try:
                answer = await self._client.request(method, path, params=params, json=json, headers=sent)
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
                # Never sent, so nothing has changed.
                raise Problem(
                    "dependency-unavailable",
                    "Publishing cannot be reached; try again shortly.",
                    retry_after_seconds=RETRY_AFTER_SECONDS,
                ) from None
            except httpx2.TimeoutException:
                raise Problem("upstream-timeout", f"Publishing did not answer within {TIMEOUT_SECONDS:g} s.") from None
            except httpx2.HTTPError:
                # The connection broke after the request was sent: the outcome is as unknown as after a time-out.
                raise Problem("upstream-timeout", "Publishing broke off before it had answered.") from None
            span.set_attribute("http.response.status_code", answer.status_code)
            if answer.status_code >= 500:
                span.set_status(Status(StatusCode.ERROR))
            return _read(answer)


def _read(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    content: dict[str, Any] = body if isinstance(body, dict) else {}
    if answer.is_success and isinstance(body, dict):
        return content
    if answer.is_success and not answer.content:
        return {}
    detail = content.get("detail")
    if answer.status_code in PASSED_ON:
        text = detail if isinstance(detail, str) else "Publishing refused it."
        raise Problem(PASSED_ON[answer.status_code], text)
    if answer.status_code == 400 and isinstance(detail, str):
        raise Problem("validation-failed", f"Publishing refused it: {detail}")
    raise Problem("upstream-failed", f"Publishing answered with status {answer.status_code}.")
