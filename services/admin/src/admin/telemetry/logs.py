"""One JSON object a line on standard output, in the form that the four services share."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from opentelemetry import trace

from admin.telemetry.context import request_id

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
#: What a record may carry in `extra`; anything else stays inside.
FIELDS = (
    "http_method",
    "http_route",
    "http_status",
    "duration_ms",
    "topic",
    "records",
    "dependency",
    "attempt",
    "error",
)

_encode = json.JSONEncoder(ensure_ascii=True, default=str).encode


class JsonFormatter(logging.Formatter):
    def __init__(self, service: str, version: str) -> None:
        super().__init__()
        self._service = service
        self._version = version

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": _level(record.levelno),
            "message": record.getMessage(),
            "service": self._service,
            "version": self._version,
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
            line["span_id"] = f"{span.span_id:016x}"
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        line.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encode(line)


def _level(number: int) -> str:
    return next((name for name, level in reversed(LEVELS.items()) if number >= level), "debug")


def set_up(level: str, service: str, version: str) -> None:
    """Every logger of the process, the libraries' included, writes the same form."""
    # Nobody reads a record's thread, process or task: then they need not be looked up for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service, version))
    logging.basicConfig(level=LEVELS[level], handlers=[handler], force=True)
    # Loud in debug about what a request or a heartbeat is; httpx2 also logs addresses with their query.
    for name in ("aiokafka", "httpx2", "httpcore2", "asyncio", "botocore", "alembic", "psycopg", "uvicorn"):
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.WARNING))
    # Tells a lost broker once a second and more; readiness and our own lines tell it once.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
