"""API keys over HTTP, PostgreSQL and Kafka."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.engines.conftest import OTHER_ORG, Caller
from tests.support.stack import Engines, Place, Service, wait_for

SCHEMA = json.loads((Path(__file__).parents[3] / "contract/access-key.schema.json").read_text())


def events_of(place: Place, key_sha256: str, count: int) -> list[dict[str, Any]]:
    wait_for(lambda: place.scalar("select count(*) from outbox") == 0)
    found = [json.loads(r.value) for r in place.read("access.keys") if r.key.decode() == key_sha256]
    assert len(found) == count
    for event in found:
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(event)
    return found


def sha(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def test_a_key_is_shown_once_and_only_its_hash_is_kept(consumer: Caller, shared_place: Place) -> None:
    answer = consumer("POST", "/keys", json={"name": "batch", "requestsPerMinute": 100})
    assert answer.status_code == 201
    issued = answer.json()
    assert re.fullmatch(r"mk_[A-Za-z0-9_-]{43}", issued["key"])
    read = consumer("GET", f"/keys/{issued['id']}").json()
    assert read == {name: value for name, value in issued.items() if name != "key"}
    row = shared_place.query("select * from api_keys where id = %s", issued["id"])[0]
    assert row["key_sha256"] == sha(issued["key"])
    assert issued["key"] not in str(row)
    [event] = events_of(shared_place, row["key_sha256"], 1)
    assert event["status"] == "active" and event["version"] == 1 and event["requestsPerMinute"] == 100


def test_every_change_of_a_key_is_one_event_in_order(consumer: Caller, shared_place: Place) -> None:
    issued = consumer("POST", "/keys", json={"name": "k"}).json()
    path = f"/keys/{issued['id']}"
    assert consumer("PATCH", path, json={"requestsPerMinute": 7}).json()["version"] == 2
    assert consumer("PATCH", path, json={"requestsPerMinute": 7}).json()["version"] == 2
    assert consumer("POST", f"{path}/revoke").json()["status"] == "revoked"
    assert consumer("POST", f"{path}/revoke").json()["version"] == 3
    events = events_of(shared_place, sha(issued["key"]), 3)
    assert [(e["version"], e["status"], e["requestsPerMinute"]) for e in events] == [
        (1, "active", 60),
        (2, "active", 7),
        (3, "revoked", 7),
    ]


def test_a_rotated_key_has_the_old_limits_and_the_old_one_ends(consumer: Caller, shared_place: Place) -> None:
    old = consumer("POST", "/keys", json={"name": "k", "tokensPerMonth": 5000}).json()
    new = consumer("POST", f"/keys/{old['id']}/rotate")
    assert new.status_code == 201 and new.json()["tokensPerMonth"] == 5000 and new.json()["key"] != old["key"]
    assert consumer("GET", f"/keys/{old['id']}").json()["replacedBy"] == new.json()["id"]
    assert events_of(shared_place, sha(old["key"]), 2)[-1]["status"] == "revoked"
    again = consumer("POST", f"/keys/{old['id']}/rotate")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    overlapping = consumer("POST", f"/keys/{new.json()['id']}/rotate", json={"overlapSeconds": 60})
    assert overlapping.status_code == 201
    kept = consumer("GET", f"/keys/{new.json()['id']}").json()
    assert kept["status"] == "active" and kept["expiresAt"] is not None


def test_twenty_changes_at_once_give_twenty_versions(consumer: Caller, shared_place: Place) -> None:
    issued = consumer("POST", "/keys", json={"name": "k"}).json()
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda n: consumer("PATCH", f"/keys/{issued['id']}", json={"requestsPerMinute": n}), range(1, 21))
        )
    assert {answer.status_code for answer in answers} == {200}
    events = events_of(shared_place, sha(issued["key"]), 21)
    assert [event["version"] for event in events] == list(range(1, 22))


def test_limits_may_not_exceed_the_organisations_ceiling(consumer: Caller, admin: Caller) -> None:
    refused = consumer("POST", "/keys", json={"name": "k", "requestsPerMinute": 601})
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"path": "/body/requestsPerMinute", "message": "must be at most 600, the organisation's ceiling"}
    ]
    assert admin("POST", "/keys", json={"name": "k", "requestsPerMinute": 601}).status_code == 201


def test_another_organisations_key_does_not_exist(service: Service, engines: Engines, consumer: Caller) -> None:
    issued = consumer("POST", "/keys", json={"name": "k"}).json()
    stranger = Caller(service, engines, "consumer", "provider", org=OTHER_ORG)
    for method, path, body in (
        ("GET", f"/keys/{issued['id']}", None),
        ("PATCH", f"/keys/{issued['id']}", {"name": "mine"}),
        ("POST", f"/keys/{issued['id']}/revoke", None),
        ("POST", f"/keys/{issued['id']}/rotate", None),
        ("GET", f"/keys?orgId={issued['orgId']}", None),
        ("POST", "/keys", {"name": "k", "orgId": issued["orgId"]}),
    ):
        answer = stranger(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), path
    unknown = stranger("GET", f"/keys/{uuid.uuid4()}").json()
    hidden = stranger("GET", f"/keys/{issued['id']}").json()
    assert unknown["detail"].rsplit(" ", 1)[0] == hidden["detail"].rsplit(" ", 1)[0]
    assert stranger("GET", "/keys").json() == {"items": [], "nextCursor": None}


def test_a_suspended_organisations_keys_are_revoked_and_given_back(
    service: Service, engines: Engines, admin: Caller, shared_place: Place
) -> None:
    org = str(uuid.uuid4())
    member = Caller(service, engines, "consumer", org=org)
    issued = member("POST", "/keys", json={"name": "k"}).json()
    assert admin("PATCH", f"/organisations/{org}", json={"status": "suspended"}).json()["status"] == "suspended"
    assert events_of(shared_place, sha(issued["key"]), 2)[-1]["status"] == "revoked"
    newcomer = Caller(service, engines, "consumer", org=org)
    assert newcomer("GET", "/keys").json()["code"] == "forbidden"
    admin("PATCH", f"/organisations/{org}", json={"status": "active"})
    assert events_of(shared_place, sha(issued["key"]), 3)[-1]["status"] == "active"
