"""Approvals, reviews, moderation, organisations, users, flags, audit: over HTTP on the real stores."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.engines.conftest import ORG, OTHER_ORG, Caller
from tests.support.publishing import FakePublishing
from tests.support.stack import Engines, Place, Service, wait_for

SCHEMA = json.loads((Path(__file__).parents[3] / "contract/provider-approval.schema.json").read_text())


@pytest.fixture(autouse=True)
def publishing_as_usual(publishing: FakePublishing) -> None:
    publishing.calls.clear()
    publishing.status, publishing.delay_seconds = 200, 0.0
    publishing.body = {"items": [{"id": "l1", "status": "review"}], "nextCursor": "next"}


def test_a_host_is_approved_and_revoked_with_one_event_a_change(admin: Caller, shared_place: Place) -> None:
    host = f"h{uuid.uuid4().hex[:8]}.example.com"
    assert admin("PUT", f"/providers/{host}", json={"note": "contract signed"}).status_code == 201
    assert admin("PUT", f"/providers/{host}", json={"note": "contract signed"}).status_code == 200
    assert admin("DELETE", f"/providers/{host}").json()["approved"] is False
    assert admin("DELETE", f"/providers/{host}").status_code == 200
    assert admin("PUT", f"/providers/{host}", json={}).json()["approved"] is True
    wait_for(lambda: shared_place.scalar("select count(*) from outbox") == 0)
    records = [r for r in shared_place.read("provider.approvals") if r.key.decode() == host]
    events = [json.loads(r.value) for r in records]
    assert [event["approved"] for event in events] == [True, False, True]
    for record, event in zip(records, events, strict=True):
        Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(event)
        headers = dict(record.headers)
        assert headers["event-id"].decode() == event["eventId"]
        assert headers["event-type"] in (b"provider.approved", b"provider.revoked")
        assert headers["content-type"] == b"application/json" and len(headers["traceparent"]) == 55


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "localhost", "api.internal", "kafka.svc", "a.cluster.local", "UPPER.com", "a_b.com", "com"]
)
def test_a_host_that_is_no_public_name_is_refused(admin: Caller, host: str) -> None:
    assert admin("PUT", f"/providers/{host}", json={}).json()["code"] == "validation-failed"


def test_the_review_queue_is_publishings_answer_to_the_callers_own_token(
    reviewer: Caller, publishing: FakePublishing
) -> None:
    answer = reviewer("GET", "/reviews?limit=5&cursor=abc", headers={"x-request-id": "r-1"})
    assert answer.json() == publishing.body
    [call] = publishing.calls
    assert call["path"] == "/v1/listings?status=review&limit=5&cursor=abc"
    assert call["headers"]["authorization"] == f"Bearer {reviewer.token}"
    assert call["headers"]["x-request-id"] == "r-1" and "traceparent" in call["headers"]


def test_a_decision_is_kept_with_its_reason_and_counted(
    reviewer: Caller, publishing: FakePublishing, service: Service
) -> None:
    listing = str(uuid.uuid4())
    publishing.body = {"id": listing}
    rejected = reviewer("POST", f"/reviews/{listing}/reject", json={"reason": "no licence"}).json()
    assert (rejected["state"], rejected["reason"], rejected["decidedBy"]) == ("done", "no licence", reviewer.sub)
    assert reviewer("POST", f"/reviews/{listing}/approve").json()["kind"] == "approve"
    assert [(c["path"], c["body"]) for c in publishing.calls] == [
        (f"/v1/listings/{listing}/review", {"decision": "reject", "reason": "no licence"}),
        (f"/v1/listings/{listing}/review", {"decision": "approve"}),
    ]
    assert publishing.calls[0]["headers"]["idempotency-key"] == rejected["id"]
    kinds = [d["kind"] for d in reviewer("GET", f"/decisions?listingId={listing}").json()["items"]]
    assert kinds == ["approve", "reject"]
    assert 'marketplace_reviews_total{decision="rejected"}' in service.client.get("/metrics").text


@pytest.mark.parametrize(
    ("status", "expected", "code", "state"),
    [
        (404, 404, "not-found", "failed"),
        (409, 409, "conflict", "failed"),
        (403, 403, "forbidden", "failed"),
        (500, 502, "upstream-failed", "failed"),
        (302, 502, "upstream-failed", "failed"),
    ],
)
def test_what_publishing_refuses_is_told_and_kept(
    reviewer: Caller, publishing: FakePublishing, status: int, expected: int, code: str, state: str
) -> None:
    listing = str(uuid.uuid4())
    publishing.status, publishing.body = status, {"detail": "as publishing says"}
    answer = reviewer("POST", f"/reviews/{listing}/approve")
    assert (answer.status_code, answer.json()["code"]) == (expected, code)
    [kept] = reviewer("GET", f"/decisions?listingId={listing}").json()["items"]
    assert (kept["state"], kept["failure"]) == (state, code)


def test_a_decision_without_an_answer_stays_pending(reviewer: Caller, publishing: FakePublishing) -> None:
    listing = str(uuid.uuid4())
    publishing.delay_seconds = 6
    answer = reviewer("POST", f"/reviews/{listing}/approve")
    assert (answer.status_code, answer.json()["code"]) == (504, "upstream-timeout")
    [kept] = reviewer("GET", f"/decisions?listingId={listing}").json()["items"]
    assert (kept["state"], kept["finishedAt"]) == ("pending", None)


def test_a_report_leads_to_a_take_down(
    service: Service, engines: Engines, consumer: Caller, reviewer: Caller, publishing: FakePublishing
) -> None:
    listing = str(uuid.uuid4())
    body = {"listingId": listing, "category": "harmful", "description": "It answers with malware."}
    report = consumer("POST", "/reports", json=body)
    assert report.status_code == 201 and report.json()["state"] == "open"
    assert consumer("POST", "/reports", json=body).json()["code"] == "conflict"
    path = f"/reports/{report.json()['id']}"
    assert consumer("GET", path).status_code == 200
    assert Caller(service, engines, "consumer", org=OTHER_ORG)("GET", path).status_code == 404
    assert consumer("POST", f"{path}/resolve", json={"outcome": "dismissed", "note": "mine"}).status_code == 403
    resolved = reviewer("POST", f"{path}/resolve", json={"outcome": "taken-down", "note": "confirmed"})
    assert resolved.json()["state"] == "taken-down"
    assert publishing.calls[-1]["path"] == f"/v1/listings/{listing}/suspend"
    again = reviewer("POST", f"{path}/resolve", json={"outcome": "dismissed", "note": "no"})
    assert again.json()["code"] == "conflict"
    assert reviewer("POST", f"/listings/{listing}/restore", json={"reason": "appeal"}).json()["kind"] == "restore"


def test_a_report_stays_open_when_the_listing_could_not_be_suspended(
    consumer: Caller, reviewer: Caller, publishing: FakePublishing
) -> None:
    body = {"listingId": str(uuid.uuid4()), "category": "other", "description": "x"}
    report = consumer("POST", "/reports", json=body).json()
    publishing.status = 503
    answer = reviewer("POST", f"/reports/{report['id']}/resolve", json={"outcome": "taken-down", "note": "x"})
    assert answer.status_code == 502
    assert consumer("GET", f"/reports/{report['id']}").json()["state"] == "open"


def test_users_are_seen_granted_roles_and_suspended(service: Service, engines: Engines, admin: Caller) -> None:
    user = Caller(service, engines, "consumer")
    assert user("GET", "/me").json() == {"subject": user.sub, "orgId": ORG, "roles": ["consumer"]}
    assert user("GET", "/reviews").status_code == 403
    changed = admin("PATCH", f"/users/{user.sub}", json={"grantedRoles": ["reviewer"]})
    assert changed.json()["tokenRoles"] == ["consumer"] and changed.json()["grantedRoles"] == ["reviewer"]
    later = Caller(service, engines, "consumer", sub=user.sub)
    later.token = engines.token(sub=user.sub, org=ORG, roles=["consumer"], ttlSeconds=1800)
    assert later("GET", "/me").json()["roles"] == ["consumer", "reviewer"]
    admin("PATCH", f"/users/{user.sub}", json={"suspended": True})
    later.token = engines.token(sub=user.sub, org=ORG, roles=["consumer"], ttlSeconds=1900)
    assert later("GET", "/me").json()["code"] == "forbidden"
    assert admin("PATCH", f"/users/{admin.sub}", json={"grantedRoles": []}).json()["code"] == "conflict"
    moved = engines.token(sub=user.sub, org=OTHER_ORG, roles=["consumer"])
    later.token = moved
    later("GET", "/me")
    assert admin("GET", f"/users/{user.sub}").json()["grantedRoles"] == []


def test_only_platform_admins_change_organisations_users_hosts_and_flags(consumer: Caller, reviewer: Caller) -> None:
    for caller in (consumer, reviewer):
        for method, path, body in (
            ("PATCH", f"/organisations/{ORG}", {"name": "x"}),
            ("PUT", f"/organisations/{uuid.uuid4()}", {"name": "x"}),
            ("PATCH", f"/users/{caller.sub}", {"suspended": False}),
            ("PUT", "/providers/api.example.com", {}),
            ("DELETE", "/providers/api.example.com", None),
            ("PUT", "/flags/f", {"kind": "boolean", "enabled": True}),
            ("DELETE", "/flags/f", None),
            ("GET", "/audit", None),
            ("GET", "/dead-letters", None),
            ("POST", "/dead-letters/replay", None),
        ):
            answer = caller(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)


def test_another_organisation_and_its_users_do_not_exist(service: Service, engines: Engines, consumer: Caller) -> None:
    stranger = Caller(service, engines, "consumer", org=OTHER_ORG)
    stranger("GET", "/me")
    assert consumer("GET", f"/organisations/{OTHER_ORG}").json()["code"] == "not-found"
    assert consumer("GET", f"/users/{stranger.sub}").json()["code"] == "not-found"
    assert consumer("GET", f"/users?orgId={OTHER_ORG}").json()["code"] == "not-found"
    assert {u["orgId"] for u in consumer("GET", "/users?limit=100").json()["items"]} == {ORG}
    assert [o["id"] for o in consumer("GET", "/organisations").json()["items"]] == [ORG]


def test_flags_are_kept_and_answered(admin: Caller, consumer: Caller) -> None:
    key = f"f{uuid.uuid4().hex[:8]}"
    assert admin("PUT", f"/flags/{key}", json={"kind": "boolean", "enabled": True}).status_code == 201
    assert consumer("GET", f"/evaluations?key={key}&key=unknown").json() == {"flags": {key: True, "unknown": False}}
    body = {"kind": "organisations", "enabled": True, "organisationIds": [OTHER_ORG]}
    assert admin("PUT", f"/flags/{key}", json=body).status_code == 200
    assert consumer("GET", f"/evaluations?key={key}").json() == {"flags": {key: False}}
    assert admin("DELETE", f"/flags/{key}").status_code == 204
    assert admin("GET", f"/flags/{key}").status_code == 404
    actions = [a["action"] for a in admin("GET", f"/audit?subjectKind=flag&subjectId={key}").json()["items"]]
    assert actions == ["flag.deleted", "flag.changed", "flag.created"]


def test_lists_go_on_where_the_cursor_says(admin: Caller) -> None:
    for number in range(5):
        admin("PUT", f"/providers/page{number}.example.org", json={})
    seen: list[str] = []
    cursor = None
    while True:
        page = admin("GET", "/providers?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        seen += [item["host"] for item in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == sorted(set(seen)) and sum(host.startswith("page") for host in seen) == 5
