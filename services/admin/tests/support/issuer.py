"""An issuer in the test's own process: keys, their document, and tokens of every kind of wrong."""

from __future__ import annotations

import time
import uuid
from typing import Any

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://issuer.test"
AUDIENCE = "llm-marketplace"


class Issuer:
    def __init__(self) -> None:
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.requests = 0
        self.status = 200
        self.kids = {"RS256": "rsa-1", "ES256": "ec-1"}

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests += 1
        keys = [
            {**RSAAlgorithm.to_jwk(self.rsa.public_key(), as_dict=True), "kid": self.kids["RS256"], "use": "sig"},
            {**ECAlgorithm.to_jwk(self.ec.public_key(), as_dict=True), "kid": self.kids["ES256"], "use": "sig"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
        ]
        return httpx2.Response(self.status, json={"keys": keys})

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "someone",
            "org": str(uuid.UUID(int=1)),
            "roles": ["consumer"],
            "iat": now,
            "exp": now + 600,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, alg: str = "RS256", kid: str | None = None, **changes: Any) -> str:
        key = self.rsa if alg == "RS256" else self.ec
        return jwt.encode(self.claims(**changes), key, alg, headers={"kid": kid or self.kids[alg]})
