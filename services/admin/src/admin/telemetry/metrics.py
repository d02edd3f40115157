"""The metrics of `services/metrics.ts` that are admin's, and no others; a test holds both equal."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1, 2.5, 5, 10, 30)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """A registry of its own: two applications in one process, as in tests, do not share numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.request_duration = Histogram(
            "http_server_request_duration_seconds",
            "Time of a request from its head to the last byte of its answer.",
            ["http_request_method", "http_route", "http_response_status_code"],
            buckets=REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.active_requests = Gauge(
            "http_server_active_requests", "Requests in flight.", ["http_request_method"], registry=self.registry
        )
        self.dependency_up = Gauge(
            "marketplace_dependency_up",
            "1 where the last check of a store or service that this one needs succeeded, else 0.",
            ["dependency"],
            registry=self.registry,
        )
        self.outbox_pending = Gauge(
            "marketplace_outbox_pending", "Events that are committed and not yet in Kafka.", registry=self.registry
        )
        self.outbox_published = Counter(
            "marketplace_outbox_published_total",
            "Events brought from the outbox to Kafka.",
            ["topic"],
            registry=self.registry,
        )
        self.metering_consumed = Counter(
            "marketplace_metering_consumed_total",
            "Metering records read: counted, duplicate, dead-letter.",
            ["result"],
            registry=self.registry,
        )
        self.reviews = Counter(
            "marketplace_reviews_total",
            "Decisions on listings in review: approved, rejected.",
            ["decision"],
            registry=self.registry,
        )
        # A series that is absent until its first event cannot be told from one that was never exported.
        for result in ("counted", "duplicate", "dead-letter"):
            self.metering_consumed.labels(result)
        for decision in ("approved", "rejected"):
            self.reviews.labels(decision)

    def text(self) -> bytes:
        return generate_latest(self.registry)
