"""Counting: every record once, whatever happens to the service, PostgreSQL or Kafka meanwhile."""

from __future__ import annotations

import json
import signal
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.engines.conftest import ORG, Caller
from tests.support.records import encoded, keyed, record
from tests.support.stack import Engines, Place, serving, wait_for

SCHEMA = json.loads((Path(__file__).parents[3] / "contract/dead-letter.schema.json").read_text())


def counted(place: Place) -> int:
    return int(place.scalar("select coalesce(sum(calls), 0) from usage_daily"))


def assert_counted_once(place: Place, records: list[dict[str, Any]]) -> None:
    """The records and the days' sums agree with what was produced, to the last micro-dollar."""
    ids = {uuid.UUID(r["callId"]) for r in records}
    assert {row["call_id"] for row in place.query("select call_id from metering_records")} == ids
    [sums] = place.query("select sum(calls) as calls, sum(cost_usd_micros) as cost from usage_daily")
    assert (sums["calls"], sums["cost"]) == (len(ids), 1003 * len(ids))


def test_a_record_that_comes_twice_is_counted_once(place: Place) -> None:
    records = [record() for _ in range(50)]
    with serving(place) as service:
        place.produce("metering.records", map(keyed, records + records[:20]))
        place.produce("metering.records", map(keyed, records))
        marker = record()
        place.produce("metering.records", [keyed(marker)])
        wait_for(lambda: counted(place) == 51)
        wait_for(lambda: 'consumed_total{result="duplicate"} 70.0' in service.client.get("/metrics").text)
        assert_counted_once(place, [*records, marker])


def test_what_cannot_be_counted_becomes_a_dead_letter_and_the_rest_is_counted(place: Place, engines: Engines) -> None:
    good = record()
    bad = {
        b"\xff\xfe": "Invalid JSON",
        b"": "record: ",
        encoded(record(costUsdMicros=2**63)): "costUsdMicros",
        encoded(record(release="1.0\x00")): "release",
        encoded({**record(), "prompt": "secret words"}): "prompt",
        encoded(record(occurredAt="9999-12-31T23:59:59-23:59")): "occurredAt: must not be in the future",
        encoded(record(orgId="nobody")): "orgId",
    }
    with serving(place) as service:
        place.produce("metering.records", [(b"k", value) for value in bad] + [keyed(good)])
        wait_for(lambda: place.scalar("select count(*) from dead_letters") == len(bad))
        wait_for(lambda: counted(place) == 1)
        letters = place.read("metering.dead-letter")
        assert len(letters) == len(bad)
        for letter in letters:
            assert letter.key == b"k"
            headers = dict(letter.headers)
            assert headers["event-type"] == b"metering.dead-letter" and "traceparent" in headers
            Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
                json.loads(letter.value)
            )
            assert "secret words" not in json.loads(letter.value)["reason"]
        reasons = {bytes(r["value"]): r["reason"] for r in place.query("select value, reason from dead_letters")}
        assert all(expected in reasons[value] for value, expected in bad.items()), reasons
        admin = Caller(service, engines, "platform-admin")
        listed = admin("GET", "/dead-letters?state=waiting&limit=3").json()
        assert len(listed["items"]) == 3 and listed["nextCursor"]
        one = admin("POST", f"/dead-letters/{listed['items'][0]['id']}/replay")
        assert (one.status_code, one.json()["code"]) == (409, "conflict")
        assert admin("POST", "/dead-letters/replay").json() == {"counted": 0, "duplicates": 0, "refused": len(bad)}


def test_a_dead_letter_that_can_be_counted_now_is_counted_once(place: Place, engines: Engines) -> None:
    """As after a release that reads what the one before could not: the letter's value is valid by now."""
    value = record()
    with serving(place) as service:
        letter_id = str(uuid.uuid4())
        for _ in range(2):
            place.query(
                'insert into dead_letters (id, topic, partition, "offset", reason, value, occurred_at)'
                " values (%s, 't', 0, 0, 'too new', %s, now())",
                letter_id,
                encoded(value),
            )
            letter_id = str(uuid.uuid4())
        admin = Caller(service, engines, "platform-admin")
        assert admin("POST", "/dead-letters/replay", json={"limit": 1}).json()["counted"] == 1
        [left] = admin("GET", "/dead-letters?state=waiting").json()["items"]
        assert admin("POST", f"/dead-letters/{left['id']}/replay").json()["state"] == "replayed"
        assert admin("POST", f"/dead-letters/{left['id']}/replay").status_code == 409
        assert_counted_once(place, [value])


def test_letters_that_can_never_be_counted_do_not_keep_others_from_their_turn(place: Place, engines: Engines) -> None:
    value = record()
    with serving(place) as service:
        for number, content in enumerate([b"never", b"nor this", encoded(value)]):
            place.query(
                'insert into dead_letters (id, topic, partition, "offset", reason, value, occurred_at)'
                " values (%s, 't', 0, 0, 'bad', %s, now())",
                uuid.UUID(int=number),
                content,
            )
        admin = Caller(service, engines, "platform-admin")

        def replay() -> dict[str, int]:
            return admin("POST", "/dead-letters/replay", json={"limit": 2}).json()  # type: ignore[no-any-return]

        assert replay() == {"counted": 0, "duplicates": 0, "refused": 2}
        assert replay() == {"counted": 1, "duplicates": 0, "refused": 1}
        assert replay() == {"counted": 0, "duplicates": 0, "refused": 2}
        assert_counted_once(place, [value])


def test_calls_are_forgotten_after_their_time_while_their_sums_stay_and_none_is_counted_again(place: Place) -> None:
    now = datetime.now(UTC)
    known = [record(occurredAt=(now - timedelta(days=days)).isoformat()) for days in (88, 2)]
    with serving(place):
        place.produce("metering.records", map(keyed, known))
        wait_for(lambda: counted(place) == 2)
    # A month later: the first is past its 90 days.
    place.query("update metering_records set occurred_at = occurred_at - interval '30 days'")
    late = {**known[0], "occurredAt": (now - timedelta(days=118)).isoformat()}
    with serving(place, METERING_RETENTION_DAYS="90"):
        wait_for(lambda: place.scalar("select count(*) from metering_records") == 1)
        assert place.scalar("select call_id from metering_records") == uuid.UUID(known[1]["callId"])
        place.produce("metering.records", [keyed(late)])
        wait_for(lambda: place.scalar("select count(*) from dead_letters") == 1)
        assert "must not be more than 90 days ago" in place.scalar("select reason from dead_letters")
        assert counted(place) == 2


def test_nothing_is_lost_or_counted_twice_over_sigterm_and_sigkill(place: Place) -> None:
    records = [record() for _ in range(30_000)]
    place.produce("metering.records", map(keyed, records))
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        before = counted(place)
        with serving(place) as service:
            wait_for(lambda before=before: counted(place) > before, 40)  # type: ignore[misc]
            assert counted(place) < len(records), "the signal must come in the middle"
            assert service.signal(number) == (0 if number is signal.SIGTERM else -signal.SIGKILL)
    with serving(place):
        wait_for(lambda: counted(place) >= len(records), 60)
        assert_counted_once(place, records)


def test_sigterm_commits_what_was_counted(place: Place) -> None:
    records = [record() for _ in range(200)]
    place.produce("metering.records", map(keyed, records))
    with serving(place) as service:
        wait_for(lambda: counted(place) == 200)
        assert service.signal(signal.SIGTERM) == 0
    with serving(place) as service:
        later = record()
        place.produce("metering.records", [keyed(later)])
        wait_for(lambda: counted(place) == 201)
        assert 'consumed_total{result="duplicate"} 0.0' in service.client.get("/metrics").text


def test_two_replicas_share_the_records_and_count_each_once(place: Place) -> None:
    records = [record(orgId=str(uuid.uuid5(uuid.NAMESPACE_OID, str(n % 40)))) for n in range(6000)]
    with serving(place), serving(place):
        for start in range(0, len(records), 1000):
            place.produce("metering.records", map(keyed, records[start : start + 1000]))
        wait_for(lambda: counted(place) >= len(records), 60)
        assert_counted_once(place, records)


def test_it_goes_on_by_itself_after_postgresql_was_killed(place: Place, engines: Engines) -> None:
    records = [record() for _ in range(3000)]
    with serving(place) as service:
        place.produce("metering.records", map(keyed, records[:1500]))
        wait_for(lambda: counted(place) > 0)
        engines.disturb("postgres", "kill")
        place.produce("metering.records", map(keyed, records[1500:]))
        wait_for(lambda: service.client.get("/readyz").status_code == 503, 20)
        caller = Caller(service, engines, "consumer")
        answer = caller("GET", "/keys")
        assert (answer.status_code, answer.json()["code"]) == (503, "dependency-unavailable")
        assert answer.headers["retry-after"] == "5"
        engines.disturb("postgres", "start")
        service.wait_ready(40)
        wait_for(lambda: counted(place) >= len(records), 60)
        assert_counted_once(place, records)


def test_it_serves_without_kafka_and_delivers_when_it_is_back(place: Place, engines: Engines) -> None:
    with serving(place) as service:
        admin = Caller(service, engines, "platform-admin")
        assert admin("PUT", "/providers/before.example.com", json={}).status_code == 201
        wait_for(lambda: place.scalar("select count(*) from outbox") == 0)
        engines.disturb("kafka", "kill")
        wait_for(lambda: service.client.get("/readyz").json()["dependencies"]["kafka"] == "down", 20)
        assert service.client.get("/readyz").status_code == 200
        for number in range(5):
            assert admin("PUT", f"/providers/host{number}.example.com", json={}).status_code == 201
        assert admin("DELETE", "/providers/host0.example.com").status_code == 200
        wait_for(lambda: "marketplace_outbox_pending 6.0" in service.client.get("/metrics").text)
        time.sleep(2)
        engines.disturb("kafka", "start")
        wait_for(lambda: place.scalar("select count(*) from outbox") == 0, 60)
        events = [json.loads(r.value) for r in place.read("provider.approvals")]
        assert len(events) == len({event["eventId"] for event in events}) == 7
        assert [e["approved"] for e in events if e["host"] == "host0.example.com"] == [True, False]
        value = record()
        place.produce("metering.records", [keyed(value)])
        wait_for(lambda: counted(place) == 1, 60)


def test_reports_agree_with_the_records(place: Place, engines: Engines) -> None:
    mine = [record(), record(outcome="provider-error", costUsdMicros=0, outputTokens=0)]
    day = (datetime.now(UTC) - timedelta(days=60)).date()
    old = record(occurredAt=f"{day}T23:59:59.999Z", costUsdMicros=9_007_199_254_740_991)
    other = record(orgId=str(uuid.uuid4()), listingId=str(uuid.uuid4()), costUsdMicros=9999)
    with serving(place) as service:
        place.produce("metering.records", map(keyed, [*mine, old, other]))
        wait_for(lambda: counted(place) == 4)
        consumer = Caller(service, engines, "consumer")
        [row] = consumer("GET", "/usage?groupBy=organisation").json()["items"]
        assert row == {
            "day": None, "orgId": ORG, "listingId": None,
            "calls": 2, "succeeded": 1, "inputTokens": 200, "outputTokens": 20, "costUsdMicros": 1003,
        }  # fmt: skip
        query = f"/usage?from={day}&to={day + timedelta(days=1)}&groupBy=day&groupBy=listing"
        [past] = consumer("GET", query).json()["items"]
        assert (past["day"], past["costUsdMicros"]) == (str(day), 9_007_199_254_740_991)
        assert consumer("GET", f"/usage?orgId={other['orgId']}").json()["code"] == "not-found"
        assert consumer("GET", "/revenue").json()["code"] == "forbidden"
        provider = Caller(service, engines, "provider", org=mine[0]["listingOrgId"])
        revenue = provider("GET", "/revenue?groupBy=listing").json()
        assert revenue["platformFeeBasisPoints"] == 2000
        amounts = [(r["grossUsdMicros"], r["platformFeeUsdMicros"], r["providerUsdMicros"]) for r in revenue["items"]]
        assert sorted(amounts) == [(1003, 200, 803), (9999, 1999, 8000)]
        first = provider("GET", "/revenue?groupBy=listing&limit=1").json()
        second = provider("GET", f"/revenue?groupBy=listing&limit=1&cursor={first['nextCursor']}").json()
        assert first["items"] + second["items"] == revenue["items"] and second["nextCursor"] is None
        table = provider("GET", "/revenue?groupBy=listing&format=csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        lines = table.text.split("\r\n")
        assert lines[0] == "listingId,calls,grossUsdMicros,platformFeeUsdMicros,providerUsdMicros"
        assert f"{other['listingId']},1,9999,1999,8000" in lines and len(lines) == 4
