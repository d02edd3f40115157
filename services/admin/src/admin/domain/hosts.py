"""Which host names an administrator may approve for consumption's calls."""

from __future__ import annotations

import re

from admin.domain.errors import invalid

#: As in `contract/provider-approval.schema.json`: lower-case DNS name, no port, no wildcard, no address.
HOST_PATTERN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
MAX_HOST_LENGTH = 253
#: Names that resolve only inside a network or a cluster (RFC 6761, RFC 6762, RFC 9476, ICANN's .internal, Kubernetes).
INNER_SUFFIXES = ("localhost", "local", "internal", "cluster.local", "svc", "home.arpa", "test", "invalid", "alt")

_host = re.compile(HOST_PATTERN.replace("$", r"\Z"))


def check_host(host: str) -> str:
    """Returns the host; consumption checks addresses again after resolving, this keeps inner names off the list."""
    if len(host) > MAX_HOST_LENGTH or not _host.match(host):
        raise invalid("/path/host", "must be a lower-case DNS name without port, wildcard or address")
    if any(host == suffix or host.endswith(f".{suffix}") for suffix in INNER_SUFFIXES):
        raise invalid("/path/host", f"must be a public name, not one under {', '.join(INNER_SUFFIXES)}")
    return host
