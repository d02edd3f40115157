"""The committed document is that of the code, and it is complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from admin.app import routes_app
from admin.http.openapi import PROBLEM_SCHEMA

ROOT = Path(__file__).parents[2]


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    document = routes_app().openapi()
    return [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def test_openapi_json_is_fresh() -> None:
    assert json.loads((ROOT / "openapi.json").read_text()) == json.loads(json.dumps(routes_app().openapi())), (
        "run `make openapi`"
    )


def test_the_schema_of_problems_is_the_contracts() -> None:
    contract = json.loads((ROOT.parent / "contract/problem.schema.json").read_text())
    assert {**PROBLEM_SCHEMA, "$id": contract["$id"], "$schema": contract["$schema"]} == contract


def test_every_public_operation_needs_a_token_and_tells_its_errors() -> None:
    public = [entry for entry in operations() if entry[0].startswith("/v1/admin")]
    assert len(public) > 30
    for path, method, operation in public:
        assert operation["security"] == [{"accessToken": []}], (method, path)
        assert {"400", "401", "403", "413", "415", "500", "503"} <= operation["responses"].keys(), (method, path)
        assert "422" not in operation["responses"]


def test_operation_ids_are_unique_and_summaries_are_there() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    assert all(operation["summary"] for _, _, operation in operations())
