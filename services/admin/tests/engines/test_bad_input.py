"""Whatever is sent, the answer is a problem with a 4xx, and nothing of anyone else's."""

from __future__ import annotations

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from tests.engines.conftest import Caller
from tests.support.stack import Service

PROBLEM = json.loads((Path(__file__).parents[3] / "contract/problem.schema.json").read_text())
LONG = "9" * 5000


def check_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    Draft202012Validator(PROBLEM).validate(body)
    assert (body["status"], body["code"]) == (status, code)
    return body


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe{}",
        b"[1]",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"name": NaN}',
        b'{"name": "k", "requestsPerMinute": ' + LONG.encode() + b"}",
        b'{"name": "k", "tokensPerMonth": 9223372036854775808}',
        b'{"name": "k", "requestsPerMinute": true}',
        b'{"name": "k", "requestsPerMinute": "5"}',
        b'{"name": "k", "requestsPerMinute": 1.5}',
        b'{"name": "k", "requestsPerMinute": 1e300}',
        b'{"name": "k", "expiresAt": 0}',
        b'{"name": "k", "expiresAt": "0001-01-01T00:00:00+23:59"}',
        b'{"name": "k", "expiresAt": "9999-12-31T23:59:59-23:59"}',
        b'{"name": "k", "expiresAt": "2020-01-01T00:00:00Z"}',
        b'{"name": "k", "orgId": "00000000000000000000000000000000"}',
        b'{"name": "k", "unknown": 1}',
        b'{"name": "' + b"x" * 101 + b'"}',
        b'{"name": ""}',
    ],
)
def test_a_body_that_is_not_right_is_told_so(consumer: Caller, body: bytes) -> None:
    answer = consumer("POST", "/keys", content=body, headers={"content-type": "application/json"})
    check_problem(answer, 400, "validation-failed")


@pytest.mark.parametrize(
    "path",
    [
        "/keys?limit=0",
        "/keys?limit=101",
        "/keys?limit=" + LONG,
        "/keys?limit=x",
        "/keys?cursor=x",
        "/keys?cursor=WyJhIl0",
        "/keys?cursor=%00",
        "/keys?cursor=%F0%9F%92%A9",
        "/keys?cursor=" + "W" * 1999,
        "/keys?orgId=1",
        "/keys/not-a-uuid",
        "/keys/%00",
        "/usage?from=0001-01-01",
        "/usage?from=2026-02-30",
        "/usage?from=9999-12-31",
        "/usage?from=2024-01-01&to=2026-01-01",
        "/usage?from=2026-01-02&to=2026-01-01",
        "/usage?to=2020-01-01",
        "/usage?groupBy=everything",
        "/usage?format=xml",
        "/usage?cursor=WyIwMDAxLTAxLTAxIiwiYSJd",
        "/evaluations",
        "/evaluations?key=%00",
        "/users/%00",
        "/providers/a%0d%0aset-cookie:x",
        "/audit?subjectId=%00",
    ],
)
def test_a_path_or_query_that_is_not_right_is_told_so(admin: Caller, path: str) -> None:
    body = check_problem(admin("GET", path), 400, "validation-failed")
    assert body["instance"].startswith("/v1/admin/")


def test_errors_of_the_framework_have_the_same_form(admin: Caller, service: Service) -> None:
    check_problem(admin("GET", "/nothing"), 404, "not-found")
    check_problem(service.client.get("/nothing"), 404, "not-found")
    for path in ("/keys/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//keys", "/keys/"):
        assert admin("GET", path).status_code in (400, 401, 404)
    answer = admin("DELETE", "/keys")
    check_problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "POST"}
    check_problem(service.client.request("PROPFIND", "/healthz"), 405, "method-not-allowed")


def test_bodies_over_a_mebibyte_and_bodies_that_are_not_json_are_refused(consumer: Caller) -> None:
    check_problem(consumer("POST", "/keys", content=b" " * 1_048_577), 413, "payload-too-large")

    def chunks() -> Any:
        for _ in range(20):
            yield b" " * 65_536

    json_type = {"content-type": "application/json"}
    check_problem(consumer("POST", "/keys", content=chunks(), headers=json_type), 413, "payload-too-large")
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""):
        answer = consumer("POST", "/keys", content=b'{"name": "k"}', headers={"content-type": kind})
        check_problem(answer, 415, "unsupported-media-type")


def test_a_request_without_a_valid_token_is_a_401_whatever_else_is_wrong(service: Service) -> None:
    for headers in (
        {},
        {"authorization": "Basic eDp5"},
        {"authorization": "Bearer x.y.z"},
        {"authorization": "Bearer"},
    ):
        for method, path in (("GET", "/keys"), ("POST", "/keys"), ("GET", "/nothing"), ("PATCH", "/keys/x")):
            answer = service.client.request(method, f"/v1/admin{path}", headers=headers, content=b"{")
            check_problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"].startswith("Bearer")


def raw(service: Service, data: bytes, seconds: float = 15) -> bytes:
    with socket.create_connection(("127.0.0.1", service.port), timeout=seconds) as connection:
        connection.sendall(data)
        received = b""
        while part := connection.recv(65_536):
            received += part
        return received


def test_what_is_no_http_and_heads_that_are_too_large_are_refused_in_the_same_form(service: Service) -> None:
    for data, status in (
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /caf\xc3\xa9 HTTP/1.1\r\nhost: x\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-fill: " + b"a" * 17_000 + b"\r\n\r\n", b"431"),
        (
            b"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            b"400",
        ),
    ):
        answer = raw(service, data)
        assert answer.startswith(b"HTTP/1.1 " + status), answer
        Draft202012Validator(PROBLEM).validate(json.loads(answer.partition(b"\r\n\r\n")[2]))


def test_a_head_and_a_body_that_do_not_come_end_after_ten_seconds(service: Service, consumer: Caller) -> None:
    head = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"
    body = (
        f"POST /v1/admin/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {consumer.token}\r\nconnection: close\r\n"
        "content-type: application/json\r\ncontent-length: 20\r\n\r\n{"
    )
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda sent: raw(service, sent, 20), (head, body.encode())))
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 408"] * 2
    assert 9 < time.monotonic() - began < 20


def test_a_request_id_is_taken_if_it_is_safe_and_never_reflected_otherwise(consumer: Caller) -> None:
    assert consumer("GET", "/me", headers={"x-request-id": "abc-1"}).headers["x-request-id"] == "abc-1"
    for given in ("a b", "x" * 65, "ü"):
        made = consumer("GET", "/me", headers={"x-request-id": given.encode()}).headers["x-request-id"]
        assert made != given and len(made) == 36


def test_no_log_line_holds_a_token_or_a_key_and_each_is_an_object(service: Service, consumer: Caller) -> None:
    issued = consumer("POST", "/keys", json={"name": "k"}).json()
    httpx2.get(f"{service.url}/healthz")
    time.sleep(0.2)
    lines = [json.loads(line) for line in service.log.splitlines()]
    assert not any(secret in service.log for secret in (issued["key"], consumer.token, consumer.token.split(".")[2]))
    request = next(line for line in reversed(lines) if line["message"] == "request")
    assert request["http_route"] == "/v1/admin/keys" and request["http_status"] == 201
    assert len(request["trace_id"]) == 32 and request["service"] == "admin" and request["level"] == "info"
    assert not any(line.get("http_route") == "/healthz" for line in lines)
