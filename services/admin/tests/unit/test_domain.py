"""Rules that need no store."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from admin.domain.dead_letters import MAX_VALUE_BYTES, Place, dead_letter, read_dead_letter
from admin.domain.errors import Problem
from admin.domain.flags import Flag, evaluate
from admin.domain.hosts import HOST_PATTERN, check_host
from admin.domain.ids import new_id
from admin.domain.keys import Limits, new_key
from admin.domain.metering import MAX_COUNT, MeteringRecord, Refusal, Terms, platform_fee, read_record
from admin.domain.times import report_range, rfc3339, utc_now
from tests.support.records import encoded, record

CONTRACT = Path(__file__).parents[3] / "contract"


def contract(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((CONTRACT / f"{name}.schema.json").read_text())
    return schema


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail(value: bytes) -> None:
    assert isinstance(read_record(value, utc_now(), Terms()), Refusal)


@given(
    st.dictionaries(
        st.sampled_from(sorted(record())),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2),
        max_size=3,
    )
)
def test_what_the_reader_takes_the_contract_takes(changes: dict[str, Any]) -> None:
    value = {**record(), **changes}
    read = read_record(json.dumps(value).encode(), utc_now(), Terms())
    validator = Draft202012Validator(contract("metering-record"), format_checker=Draft202012Validator.FORMAT_CHECKER)
    if isinstance(read, MeteringRecord):
        assert validator.is_valid(value)
    elif not validator.is_valid(value):
        assert read.reason


def test_the_reader_knows_the_contracts_fields_and_no_others() -> None:
    schema = contract("metering-record")
    fields = {field.alias for field in MeteringRecord.model_fields.values()}
    assert fields == set(schema["properties"]) == set(schema["required"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"costUsdMicros": MAX_COUNT + 1}, "costUsdMicros"),
        ({"costUsdMicros": -1}, "costUsdMicros"),
        ({"costUsdMicros": 1.5}, "costUsdMicros"),
        ({"costUsdMicros": "1"}, "costUsdMicros"),
        ({"streamed": 1}, "streamed"),
        ({"outcome": "lost"}, "outcome"),
        ({"callId": "0" * 32}, "callId"),
        ({"occurredAt": "2019-12-31T00:00:00Z"}, "must not be before 2020-01-01"),
        ({"occurredAt": "0001-01-01T00:00:00+23:59"}, "must not be before"),
        ({"occurredAt": "2026-01-01T00:00:00"}, "occurredAt"),
        ({"occurredAt": 1_700_000_000}, "occurredAt"),
        ({"extra": "value"}, "extra"),
    ],
)
def test_a_record_is_refused_with_the_field_and_without_its_value(changes: dict[str, Any], reason: str) -> None:
    read = read_record(encoded(record(**changes)), utc_now(), Terms())
    assert isinstance(read, Refusal) and reason in read.reason


def test_a_record_is_taken_from_clocks_that_are_a_little_ahead() -> None:
    now = utc_now()
    for ahead, taken in ((timedelta(minutes=9), True), (timedelta(minutes=11), False)):
        read = read_record(encoded(record(occurredAt=rfc3339(now + ahead))), now, Terms())
        assert isinstance(read, MeteringRecord) is taken


def test_a_record_is_taken_for_as_long_as_its_call_would_be_known_from_before() -> None:
    now = utc_now()
    for days, taken in ((89, True), (91, False)):
        value = encoded(record(occurredAt=rfc3339(now - timedelta(days=days))))
        assert isinstance(read_record(value, now, Terms(kept_days=90)), MeteringRecord) is taken


@given(st.integers(0, MAX_COUNT), st.integers(0, 10_000))
def test_the_fee_and_the_providers_share_are_the_whole(cost: int, basis_points: int) -> None:
    fee = platform_fee(cost, basis_points)
    assert 0 <= fee <= cost and fee * 10_000 <= cost * basis_points < (fee + 1) * 10_000


def test_a_dead_letter_is_read_back_as_it_was_written() -> None:
    letter = dead_letter(Place("metering.records", 3, 99), b"\xff\x00", "no JSON", datetime(2026, 1, 2, tzinfo=UTC))
    Draft202012Validator(contract("dead-letter")).validate(letter.event())
    assert read_dead_letter(Place("x", 0, 0), encoded(letter.event()), utc_now()) == letter
    again = dead_letter(Place("metering.records", 3, 99), b"", "", utc_now())
    assert again.event_id == letter.event_id


def test_of_a_value_that_is_too_large_the_beginning_is_kept_and_the_reason_says_so() -> None:
    letter = dead_letter(Place("t", 0, 0), b"x" * (MAX_VALUE_BYTES + 1), "why" * 1000, utc_now())
    assert len(letter.value) == MAX_VALUE_BYTES and letter.reason.startswith("Only the first 700000 bytes are kept.")
    assert len(letter.reason) == 2000 and len(json.dumps(letter.event())) < 1_000_000


@given(st.binary(max_size=200))
def test_what_is_no_dead_letter_is_kept_as_one(value: bytes) -> None:
    assert read_dead_letter(Place("t", 1, 2), value, utc_now()).value == value


def test_the_pattern_of_hosts_is_the_contracts() -> None:
    assert contract("provider-approval")["properties"]["host"]["pattern"] == HOST_PATTERN


@pytest.mark.parametrize("host", ["api.openai.com", "a.b.c.example.co", "xn--bcher-kva.example"])
def test_public_host_names_are_taken(host: str) -> None:
    assert check_host(host) == host


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "[::1]", "metadata.google.internal", "svc", "x.local", "a.com\n", "a..com", "-a.com", "*.a.com",
     "a.com:443", "a.com.", "A.com", "a" * 64 + ".com", ("a" * 60 + ".") * 5 + "com"],
)  # fmt: skip
def test_other_host_names_are_refused(host: str) -> None:
    with pytest.raises(Problem):
        check_host(host)


@given(st.integers(0, 2**128 - 1), st.floats(0, 100), st.floats(0, 100))
def test_raising_a_percentage_takes_a_flag_from_nobody(org: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    org_id = uuid.UUID(int=org)
    on = [evaluate(Flag("f", "percentage", True, share, ()), org_id) for share in (0, low, high, 100)]
    assert on == sorted(on) and on[0] is False and on[-1] is True


def test_a_percentage_is_about_that_share_of_organisations() -> None:
    flag = Flag("new-report", "percentage", True, 25, ())
    on = sum(evaluate(flag, uuid.UUID(int=number)) for number in range(4000))
    assert 900 < on < 1100


def test_a_flag_that_is_not_enabled_is_off_for_all() -> None:
    org = uuid.uuid4()
    assert not evaluate(Flag("f", "organisations", False, 0, (org,)), org)
    assert evaluate(Flag("f", "organisations", True, 0, (org,)), org)


def test_ids_are_version_7_and_sort_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert {made.version for made in ids} == {7} and {made.variant for made in ids} == {uuid.RFC_4122}
    assert [made.int >> 80 for made in ids] == sorted(made.int >> 80 for made in ids)


def test_keys_are_all_different() -> None:
    assert len({new_key().sha256 for _ in range(1000)}) == 1000


def test_no_limit_is_above_any_limit() -> None:
    with pytest.raises(Problem, match="tokensPerMonth must be at most 100"):
        Limits(1, None).check_within(Limits(10, 100))
    Limits(10, 100).check_within(Limits(10, 100))
    Limits(10, None).check_within(Limits(10, None))


def test_a_report_is_of_thirty_days_unless_told_otherwise() -> None:
    assert report_range(None, None, date(2026, 11, 28)) == (date(2026, 10, 30), date(2026, 11, 29))
