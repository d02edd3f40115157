"""Which of the document's paths a request's path is: for metrics' labels, and for what a 405 allows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

UNMATCHED = "unmatched"


class Paths:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._methods = {path: frozenset(name.upper() for name in item) for path, item in document["paths"].items()}
        self._methods["/openapi.json"] = frozenset({"GET", "HEAD"})
        self._templates = [(path, _pattern(path)) for path in self._methods if "{" in path]

    def template(self, path: str) -> str:
        """`/v1/admin/keys/{key_id}`, or `unmatched`."""
        if "{" not in path and path in self._methods:
            return path
        return next((template for template, pattern in self._templates if pattern.match(path)), UNMATCHED)

    def allowed(self, path: str) -> frozenset[str]:
        return self._methods.get(self.template(path), frozenset())


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile("[^/]+".join(map(re.escape, parts)) + r"\Z")
