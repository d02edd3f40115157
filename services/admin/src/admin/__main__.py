"""`admin serve` (the default), `admin migrate`, `admin openapi`, `admin healthcheck`."""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import sys

from admin.settings import load_database_or_exit, load_or_exit


def main() -> None:
    parser = argparse.ArgumentParser(prog="admin", description="The marketplace's governance service.")
    verbs = {"serve": _serve, "migrate": _migrate, "openapi": _openapi, "healthcheck": _healthcheck}
    parser.add_argument("verb", nargs="?", default="serve", choices=verbs)
    verbs[parser.parse_args().verb]()


def _serve() -> None:
    from admin.runtime import serve  # noqa: PLC0415  the other verbs do not need the web

    serve(load_or_exit(os.environ))


def _migrate() -> None:
    from admin.storage.connection import connection_parameters  # noqa: PLC0415
    from admin.storage.migrate import migrate  # noqa: PLC0415

    database, region = load_database_or_exit(os.environ)
    migrate(asyncio.run(connection_parameters(database, region)))


def _openapi() -> None:
    """Prints the document that is committed as `openapi.json`."""
    from admin.app import routes_app  # noqa: PLC0415

    sys.stdout.write(json.dumps(routes_app().openapi(), indent=2) + "\n")


def _healthcheck() -> None:
    """For the image's HEALTHCHECK, which has no shell and no curl."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "3004")), timeout=2)
    try:
        connection.request("GET", "/healthz")
        healthy = connection.getresponse().status == 200
    except OSError:
        healthy = False
    raise SystemExit(0 if healthy else 1)


if __name__ == "__main__":
    main()
