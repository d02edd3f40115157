"""Access tokens: JWTs of the one issuer, checked against its published keys."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass

import httpx2
import jwt

from admin.domain.errors import Problem
from admin.domain.identity import Principal, principal_of
from admin.settings import OidcSettings

ALGORITHMS = ("RS256", "ES256")
LEEWAY_SECONDS = 30
#: An unknown `kid` makes the keys be read again, but not more often: anyone can send one.
RENEW_SECONDS = 30
RETRY_SECONDS = 2
#: After so long they are read again in any case: a key that the issuer withdrew is not good for ever.
MAX_AGE_SECONDS = 3600
TIMEOUT_SECONDS = 5.0
MAX_TOKEN_LENGTH = 12_000
#: Verified tokens that are remembered; a signature costs more than the answer to most requests.
MAX_KNOWN_TOKENS = 10_000

_log = logging.getLogger("admin.tokens")


class KeySet:
    """The issuer's public keys by `kid`."""

    def __init__(self, url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._client = httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, transport=transport, follow_redirects=False)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = -float("inf")
        self._not_before = -float("inf")
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._client.aclose()

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """None where the issuer has no such key; throws where its keys could never be read."""
        if self._due(kid):
            async with self._lock:
                if self._due(kid):
                    await self._read()
        if not self._keys:
            raise Problem(
                "dependency-unavailable", "The issuer's keys cannot be read.", retry_after_seconds=RETRY_SECONDS
            )
        return self._keys.get(kid)

    def _due(self, kid: str) -> bool:
        now = time.monotonic()
        wanted = kid not in self._keys or now - self._read_at > MAX_AGE_SECONDS
        return wanted and now >= self._not_before

    async def _read(self) -> None:
        self._not_before = time.monotonic() + RETRY_SECONDS
        try:
            answer = await self._client.get(self._url)
            answer.raise_for_status()
            found = _usable_keys(answer.json())
        except (httpx2.HTTPError, ValueError, TypeError, KeyError) as error:
            _log.warning("The issuer's keys cannot be read: %s", type(error).__name__)
            return
        if found:
            self._keys = found
            self._read_at = time.monotonic()
            self._not_before = self._read_at + RENEW_SECONDS


def _usable_keys(document: dict[str, list[dict[str, str]]]) -> dict[str, jwt.PyJWK]:
    """Signing keys of the algorithms that are accepted; what else the issuer publishes is left out."""
    keys = {}
    for entry in document["keys"]:
        if entry.get("kty") not in ("RSA", "EC") or entry.get("use", "sig") != "sig" or "kid" not in entry:
            continue
        try:
            key = jwt.PyJWK(entry)
        except jwt.PyJWTError:
            continue
        if key.algorithm_name in ALGORITHMS:
            keys[entry["kid"]] = key
    return keys


@dataclass(frozen=True)
class _Known:
    principal: Principal
    kid: str
    key: jwt.PyJWK
    #: Seconds since 1970, leeway included.
    expires_at: float


class Verifier:
    """Remembers what it has verified, until the token expires or the issuer's keys are read anew."""

    def __init__(self, settings: OidcSettings, keys: KeySet) -> None:
        self._settings = settings
        self._keys = keys
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def verify(self, authorization: str | None) -> Principal:
        """Throws `unauthenticated` with what the bearer may know: not which check of a forged token failed last."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem("unauthenticated", "Send an access token: Authorization: Bearer <JWT>.")
        if len(token) > MAX_TOKEN_LENGTH:
            raise Problem("unauthenticated", "The access token is not valid.")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        # Keys that were read anew are other objects: a withdrawn one verifies nothing, remembered or not.
        if known is None or time.time() >= known.expires_at or await self._keys.key(known.kid) is not known.key:
            known = self._known[digest] = await self._verify(token)
            self._known.move_to_end(digest)
            if len(self._known) > MAX_KNOWN_TOKENS:
                self._known.popitem(last=False)
        return known.principal

    async def _verify(self, token: str) -> _Known:
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
                raise Problem(
                    "unauthenticated", "The access token must be signed with RS256 or ES256 and name its key."
                )
            key = await self._keys.key(kid)
            if key is None:
                raise Problem("unauthenticated", "The access token names a key that the issuer does not have.")
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.oidc_audience,
                issuer=self._settings.oidc_issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise Problem("unauthenticated", "The access token has expired.") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise Problem("unauthenticated", "The access token is not valid.") from None
        return _Known(principal_of(claims, token), kid, key, int(claims["exp"]) + LEEWAY_SECONDS)
