"""Kafka: what every client of it needs, and how the service proves itself. aiokafka has no types; they end here."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.abc import AbstractTokenProvider
from aiokafka.client import AIOKafkaClient
from aiokafka.helpers import create_ssl_context

from admin.settings import KafkaSettings

#: A token of MSK lives 15 minutes; it is renewed this long before.
TOKEN_MARGIN_SECONDS = 60


class Kafka:
    def __init__(self, settings: KafkaSettings, region: str | None = None) -> None:
        self.settings = settings
        self._region = region
        self._client: Any = None

    def _options(self) -> dict[str, Any]:
        settings = self.settings
        options: dict[str, Any] = {
            "bootstrap_servers": list(settings.kafka_bootstrap_servers),
            "client_id": "admin",
            "security_protocol": settings.kafka_security_protocol,
            "request_timeout_ms": 10_000,
            "retry_backoff_ms": 200,
            # A broker that came back under another address is found within half a minute.
            "metadata_max_age_ms": 30_000,
        }
        if settings.kafka_security_protocol != "PLAINTEXT":
            options["ssl_context"] = self._ssl()
        match settings.kafka_auth:
            case "password":
                secret = settings.kafka_password
                options |= {
                    "sasl_mechanism": "SCRAM-SHA-512",
                    "sasl_plain_username": settings.kafka_user,
                    "sasl_plain_password": secret.get_secret_value() if secret else None,
                }
            case "cloud-identity":
                options |= {
                    "sasl_mechanism": "OAUTHBEARER",
                    "sasl_oauth_token_provider": MskTokens(self._region or ""),
                }
        return options

    def _ssl(self) -> ssl.SSLContext:
        settings = self.settings
        names = ("kafka_ca_file", "kafka_cert_file", "kafka_key_file")
        cafile, certfile, keyfile = (str(path) if (path := getattr(settings, name)) else None for name in names)
        if settings.kafka_auth != "client-certificate":
            certfile = keyfile = None
        context: ssl.SSLContext = create_ssl_context(cafile=cafile, certfile=certfile, keyfile=keyfile)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Python 3.13 refuses certificates without an authority key identifier, and Strimzi's brokers have none
        # (strimzi-kafka-operator issue 11375). Signature, dates, purpose and name are checked all the same.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def producer(self) -> Any:
        """Idempotent: a request that is repeated after a lost answer is written once, and in its order."""
        return AIOKafkaProducer(
            **self._options(), enable_idempotence=True, acks="all", linger_ms=5, max_request_size=1_048_576
        )

    def consumer(self, topic: str, group: str) -> Any:
        """Offsets are committed by hand, after what was read is in the database."""
        return AIOKafkaConsumer(
            topic,
            **self._options(),
            group_id=f"{self.settings.kafka_group_prefix}-{group}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # How long the partitions of a replica that was killed wait for another one.
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            max_partition_fetch_bytes=2_097_152,
        )

    async def check(self) -> None:
        """Throws unless a broker answers. The client is kept and made anew after a failure."""
        if self._client is None:
            client = AIOKafkaClient(**self._options())
            try:
                await client.bootstrap()
            except BaseException:
                await client.close()
                raise
            self._client = client
        try:
            await self._client.fetch_all_metadata()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()


class MskTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Tokens of the pod's AWS identity for MSK's IAM, as OAUTHBEARER."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._token = ""
        self._expires_at = 0.0

    async def token(self) -> str:
        if time.time() > self._expires_at - TOKEN_MARGIN_SECONDS:
            # Here, since it loads half of boto3, which the other ways of proof never need.
            from aws_msk_iam_sasl_signer import MSKAuthTokenProvider  # noqa: PLC0415

            generate = MSKAuthTokenProvider.generate_auth_token
            self._token, expiry_ms = await asyncio.to_thread(generate, self._region)
            self._expires_at = expiry_ms / 1000
        return self._token
