"""The OpenAPI document: FastAPI's, with the errors as they really leave."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from admin.domain.errors import CODES
from admin.http.identity import PUBLIC_PREFIX
from admin.http.problems import MEDIA_TYPE

#: What any operation under the public prefix may answer.
ALWAYS = ("validation-failed", "unauthenticated", "forbidden", "request-timeout", "headers-too-large", "internal")
WITH_BODY = ("payload-too-large", "unsupported-media-type")
UPSTREAM = ("conflict", "not-found", "upstream-failed", "upstream-timeout")
_id = {"X-Request-Id": {"schema": {"type": "string"}, "description": "The request's id."}}

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem (RFC 9457)",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "traceId"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "pattern": "^urn:llm-marketplace:problem:[a-z0-9-]+$"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z0-9-]+$"},
        "traceId": {"type": ["string", "null"], "pattern": "^[0-9a-f]{32}$"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "additionalProperties": False,
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def install(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def build(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, summary=app.summary, version=app.version, routes=app.routes)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operation["responses"].pop("422", None)
            codes = _codes(path, method, operation) if path.startswith(PUBLIC_PREFIX) else ("internal",)
            for code in codes:
                operation["responses"].setdefault(str(CODES[code][0]), {"$ref": f"#/components/responses/{code}"})
            for response in operation["responses"].values():
                if "$ref" not in response:
                    response["headers"] = _id
            operation["responses"] = dict(sorted(operation["responses"].items()))
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["responses"] = {code: _response(code) for code in sorted(CODES)}
    return document


def _codes(path: str, method: str, operation: dict[str, Any]) -> tuple[str, ...]:
    codes: tuple[str, ...] = (*ALWAYS, "dependency-unavailable", *WITH_BODY)
    if "{" in path or any(p["name"] == "orgId" for p in operation.get("parameters", [])) or "requestBody" in operation:
        codes += ("not-found",)
    if method != "get":
        codes += ("conflict",)
    if {"reviews", "moderation"} & set(operation.get("tags", [])):
        codes += UPSTREAM
    return codes


def _response(code: str) -> dict[str, Any]:
    headers: dict[str, Any] = dict(_id)
    if code == "unauthenticated":
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}, "description": "How to prove oneself."}
    if code == "dependency-unavailable":
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
    return {
        "description": CODES[code][1],
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
