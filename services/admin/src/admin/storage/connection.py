"""How a connection to PostgreSQL proves itself: asked anew for each connection, since tokens and certificates pass."""

from __future__ import annotations

import asyncio
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

from admin.settings import DatabaseSettings

STATEMENT_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_SECONDS = 5


async def connection_parameters(settings: DatabaseSettings, region: str | None) -> dict[str, Any]:
    """libpq's parameters for the next connection."""
    return {
        "host": settings.database_host,
        "port": settings.database_port,
        "dbname": settings.database_name,
        "application_name": "admin",
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        # A server that is gone without a word is noticed in about 20 s, not in two hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
        **_tls(settings),
        **await _proof(settings, region),
    }


def _tls(settings: DatabaseSettings) -> dict[str, Any]:
    if not settings.database_tls:
        return {"sslmode": "disable"}
    # `system`: the roots of the image, where the server's certificate is a public one.
    root = str(settings.database_ca_file) if settings.database_ca_file else "system"
    return {"sslmode": "verify-full", "sslrootcert": root, "ssl_min_protocol_version": "TLSv1.2"}


async def _proof(settings: DatabaseSettings, region: str | None) -> dict[str, Any]:
    user = {"user": settings.database_user or "postgres"}
    match settings.database_auth:
        case "none":
            return user
        case "password":
            password = settings.database_password
            return {**user, "password": password.get_secret_value() if password else ""}
        case "client-certificate":
            assert settings.database_key_file is not None
            key = await asyncio.to_thread(_private_copy, settings.database_key_file)
            own = {"user": settings.database_user} if settings.database_user else {"user": "admin"}
            return {**own, "sslcert": str(settings.database_cert_file), "sslkey": key}
        case "cloud-identity":
            return {**user, "password": await asyncio.to_thread(_rds_token, settings, region)}


def _private_copy(key: Path) -> str:
    """libpq refuses a key that others may read, and Kubernetes mounts secrets so: hand it a copy of our own."""
    if not key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return str(key)
    folder = Path(tempfile.gettempdir()) / "admin-database"
    folder.mkdir(mode=0o700, exist_ok=True)
    copy, fresh = folder / "user.key", folder / "user.key.new"
    fresh.touch(mode=0o600)
    shutil.copyfile(key, fresh)
    fresh.replace(copy)
    return str(copy)


def _rds_token(settings: DatabaseSettings, region: str | None) -> str:
    """A token of the pod's identity, valid for 15 minutes; signing is local, only credentials may be fetched."""
    from botocore.session import Session  # noqa: PLC0415  half a second to import, for those who need it

    client = Session().create_client("rds", region_name=region)
    token: str = client.generate_db_auth_token(
        DBHostname=settings.database_host, Port=settings.database_port, DBUsername=settings.database_user
    )
    return token
