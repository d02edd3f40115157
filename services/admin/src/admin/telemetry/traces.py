"""Traces over OTLP; context goes through HTTP and Kafka as W3C `traceparent`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from admin.settings import ProcessSettings


def set_up(settings: ProcessSettings) -> TracerProvider:
    """Without an endpoint nothing is exported, and logs and errors still have trace ids."""
    resource = OTELResourceDetector().detect().merge(Resource({"service.name": settings.otel_service_name}))
    provider = TracerProvider(
        resource=resource, sampler=ParentBased(TraceIdRatioBased(settings.otel_traces_sampler_arg))
    )
    if settings.otel_exporter_otlp_endpoint:
        # Here, since gRPC is a third of a second to load for those who export nothing.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        exporter = OTLPSpanExporter(
            endpoint=settings.otel_exporter_otlp_endpoint,
            insecure=settings.otel_exporter_otlp_endpoint.startswith("http://"),
        )
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    return provider


def current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


def current_trace_id() -> str | None:
    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else None


def context_of(traceparent: str | None) -> Context:
    return propagate.extract({} if traceparent is None else {"traceparent": traceparent})


def traceparent_of(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """Kafka's headers; the last of a name counts."""
    found: Mapping[str, bytes] = dict(headers)
    value = found.get("traceparent")
    return None if value is None else value.decode("ascii", errors="replace")
