"""The application: routes, errors, and what stands around every request."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from admin.http import openapi, problems
from admin.http.identity import PUBLIC_PREFIX, Authenticator, RequireToken
from admin.http.limits import LimitBody
from admin.http.observe import Observe
from admin.http.paths import Paths
from admin.http.routes import governance, keys, metering, organisations, reviews, system
from admin.services import Services


def routes_app(services: Services | None = None) -> FastAPI:
    """The routes alone; without services it can only describe itself."""
    app = FastAPI(
        title="LLM Marketplace: admin",
        summary="Organisations, users, API keys, reviews, provider approvals, usage and revenue, moderation, flags",
        version="1.0.0",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        # `Observe` makes the one span of a request; FastAPI would make another, and one for each dependency.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.services = services
    # Asked in this order, route by route: what is asked most often comes first, and routers are not nested.
    for module in (metering, organisations, keys, governance, reviews):
        app.include_router(module.router, prefix=PUBLIC_PREFIX)
    app.include_router(system.router)
    openapi.install(app)
    return app


def create_app(services: Services, authenticate: Authenticator) -> ASGIApp:
    """From the outside in: seen, known, limited, routed."""
    app = routes_app(services)
    paths = Paths(app.openapi())
    problems.install(app, paths)
    return Observe(RequireToken(LimitBody(app), authenticate), services.metrics, paths)


def _operation_id(route: APIRoute) -> str:
    return route.name
