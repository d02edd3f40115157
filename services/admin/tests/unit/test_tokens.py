"""Which tokens are accepted."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from admin.domain.errors import Problem
from admin.domain.identity import Role
from admin.http import tokens
from admin.http.tokens import KeySet, Verifier
from admin.settings import OidcSettings
from tests.support.issuer import AUDIENCE, ISSUER, Issuer

SETTINGS = OidcSettings(oidc_issuer=ISSUER, oidc_audience=AUDIENCE, oidc_jwks_url=f"{ISSUER}/jwks")


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> Verifier:
    return Verifier(SETTINGS, KeySet(SETTINGS.oidc_jwks_url, issuer.transport))


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def refusal(verifier: Verifier, token: str) -> Problem:
    with pytest.raises(Problem) as caught:
        await verifier.verify(f"Bearer {token}")
    return caught.value


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_a_good_token_tells_who_calls(verifier: Verifier, issuer: Issuer, alg: str) -> None:
    principal = await verifier.verify(f"Bearer {issuer.token(alg, roles=['provider', 'reviewer', 'king'])}")
    assert (principal.subject, principal.roles) == ("someone", frozenset({Role.PROVIDER, Role.REVIEWER}))
    assert principal.token not in repr(principal)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 31},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e400},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
        {"iss": "https://elsewhere.test"},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\x00b"},
        {"sub": "x" * 201},
        {"org": None},
        {"org": "acme"},
        {"org": 5},
        {"roles": "platform-admin"},
        {"roles": [1]},
    ],
)
async def test_a_token_with_a_claim_that_is_wrong_is_refused(
    verifier: Verifier, issuer: Issuer, changes: dict[str, Any]
) -> None:
    assert (await refusal(verifier, issuer.token(**changes))).code == "unauthenticated"


async def test_clocks_may_differ_by_thirty_seconds(verifier: Verifier, issuer: Issuer) -> None:
    now = int(time.time())
    assert await verifier.verify(f"Bearer {issuer.token(exp=now - 20, nbf=now + 20, iat=now + 20)}")


async def test_none_shared_secrets_and_other_peoples_keys_are_refused(verifier: Verifier, issuer: Issuer) -> None:
    claims = issuer.claims()
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    # PyJWT itself refuses to sign with a public key as a shared secret, so this is signed by hand.
    pem = issuer.rsa.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    confused = f"{encoded({'alg': 'HS256', 'kid': 'rsa-1'})}.{encoded(claims)}"
    signature = base64.urlsafe_b64encode(hmac.digest(pem, confused.encode(), "sha256")).decode().rstrip("=")
    for token in (
        f"{encoded({'alg': 'none', 'kid': 'rsa-1'})}.{encoded(claims)}.",
        jwt.encode(claims, "x" * 32, "HS256", headers={"kid": "rsa-1"}),
        f"{confused}.{signature}",
        jwt.encode(claims, "secret" * 6, "HS256", headers={"kid": "shared"}),
        jwt.encode(claims, stranger, "RS256", headers={"kid": "rsa-1"}),
        jwt.encode(claims, issuer.rsa, "RS512", headers={"kid": "rsa-1"}),
        jwt.encode(claims, issuer.rsa, "RS256"),
        jwt.encode(claims, issuer.rsa, "RS256", headers={"kid": "ec-1"}),
        issuer.token()[:-8] + "AAAAAAAA",
        "a.b.c",
        "é" * 10,
        "x" * 20_000,
    ):
        assert (await refusal(verifier, token)).code == "unauthenticated"


async def test_an_unknown_kid_renews_the_keys_but_not_again_within_thirty_seconds(
    verifier: Verifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.verify(f"Bearer {issuer.token()}")
    for _ in range(5):
        await refusal(verifier, issuer.token(kid="unknown"))
    assert issuer.requests == 1
    issuer.kids["RS256"] = "rsa-2"
    later = time.monotonic() + tokens.RENEW_SECONDS + 1
    monkeypatch.setattr("admin.http.tokens.time.monotonic", lambda: later)
    assert await verifier.verify(f"Bearer {issuer.token()}")
    assert issuer.requests == 2


async def test_without_the_issuers_keys_the_service_says_that_it_is_not_the_callers_fault(
    verifier: Verifier, issuer: Issuer
) -> None:
    issuer.status = 500
    problem = await refusal(verifier, issuer.token())
    assert (problem.code, problem.retry_after_seconds) == ("dependency-unavailable", 2)


async def test_keys_that_were_read_serve_on_while_the_issuer_is_away(
    verifier: Verifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await verifier.verify(f"Bearer {issuer.token()}")
    issuer.status = 500
    later = time.monotonic() + tokens.MAX_AGE_SECONDS + 1
    monkeypatch.setattr("admin.http.tokens.time.monotonic", lambda: later)
    assert await verifier.verify(f"Bearer {issuer.token()}")
    assert issuer.requests == 2


async def test_a_token_is_verified_once_while_it_is_good(
    verifier: Verifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token(exp=int(time.time()) - tokens.LEEWAY_SECONDS + 2)
    first = await verifier.verify(f"Bearer {token}")
    with monkeypatch.context() as patched:
        patched.setattr("admin.http.tokens.jwt.decode", lambda *_, **__: pytest.fail("verified again"))
        assert await verifier.verify(f"bearer {token}") == first
    await asyncio.sleep(2.05)
    assert (await refusal(verifier, token)).detail == "The access token has expired."


async def test_a_token_that_was_verified_is_refused_once_its_key_is_withdrawn(
    verifier: Verifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = issuer.token()
    await verifier.verify(f"Bearer {token}")
    issuer.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    later = time.monotonic() + tokens.MAX_AGE_SECONDS + 1
    monkeypatch.setattr("admin.http.tokens.time.monotonic", lambda: later)
    assert (await refusal(verifier, token)).code == "unauthenticated"


async def test_verified_tokens_are_remembered_up_to_a_number(
    verifier: Verifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MAX_KNOWN_TOKENS", 2)
    for number in range(4):
        await verifier.verify(f"Bearer {issuer.token(sub=f'someone-{number}')}")
    assert len(verifier._known) == 2
