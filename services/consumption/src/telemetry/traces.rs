//! W3C trace context in and out, spans by OpenTelemetry's own interface. The current context also carries the
//! request's id, so that log lines have both.

use std::collections::HashMap;
use std::time::Duration;

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

use crate::config::{Config, TelemetryConfig};

const TRACER: &str = "consumption";
/// At the end of the process.
const EXPORT_WITHIN: Duration = Duration::from_secs(2);

/// Keeps the exporter; spans are sent when it is shut down.
pub struct Traces(SdkTracerProvider);

/// Without an endpoint nothing is exported, but requests have trace ids all the same: errors and logs carry them.
pub fn install(config: &Config) -> Result<Traces, String> {
    let TelemetryConfig { endpoint, service_name, resource, sample_ratio } = &config.telemetry;
    let attributes = resource.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    let resource = Resource::builder().with_attributes(attributes).with_service_name(service_name.clone()).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(*sample_ratio)));
    let mut builder = SdkTracerProvider::builder().with_sampler(sampler).with_resource(resource);
    if let Some(endpoint) = endpoint {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .with_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| error.to_string())?;
        builder = builder.with_batch_exporter(exporter);
    }
    let provider = builder.build();
    global::set_tracer_provider(provider.clone());
    Ok(Traces(provider))
}

impl Traces {
    pub fn shutdown(self) {
        if let Err(error) = self.0.shutdown_with_timeout(EXPORT_WITHIN) {
            tracing::warn!(error = %error, "the last spans could not be exported");
        }
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// The server span of a request, child of the caller's where there is one.
pub fn server_context(headers: &HeaderMap, name: String, request_id: RequestId) -> Context {
    let parent = TraceContextPropagator::new().extract(&Headers(headers));
    let tracer = global::tracer(TRACER);
    let span = tracer.span_builder(name).with_kind(SpanKind::Server).start_with_context(&tracer, &parent);
    parent.with_span(span).with_value(request_id)
}

/// Ends the server span with what the request came to.
pub fn end_server(context: &Context, route: &str, status: u16) {
    let span = context.span();
    span.set_attribute(KeyValue::new("http.route", route.to_owned()));
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
    span.end();
}

#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub struct ClientSpan(global::BoxedSpan);

/// A call to a store or service, inside the current request.
pub fn client_span(name: &'static str) -> ClientSpan {
    started(name, SpanKind::Client)
}

fn started(name: &'static str, kind: SpanKind) -> ClientSpan {
    let tracer = global::tracer(TRACER);
    ClientSpan(tracer.span_builder(name).with_kind(kind).start(&tracer))
}

impl ClientSpan {
    /// `traceparent` of the span itself, for the service or topic that it asks.
    pub fn traceparent(&self) -> Option<String> {
        injected(&Context::new().with_remote_span_context(self.0.span_context().clone()))
    }

    pub fn end(mut self, succeeded: bool) {
        if !succeeded {
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

/// `traceparent` of the current context, for what is done for the request later.
pub fn traceparent() -> Option<String> {
    injected(&Context::current())
}

fn injected(context: &Context) -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(context, &mut carrier);
    carrier.remove("traceparent")
}

/// The span of a record that was read from or written to Kafka, part of the trace that its header names.
pub fn messaging_span(name: &'static str, kind: SpanKind, traceparent: Option<&str>) -> ClientSpan {
    let carrier: HashMap<String, String> =
        traceparent.map(|value| ("traceparent".to_owned(), value.to_owned())).into_iter().collect();
    let parent = TraceContextPropagator::new().extract(&carrier);
    let tracer = global::tracer(TRACER);
    ClientSpan(tracer.span_builder(name).with_kind(kind).start_with_context(&tracer, &parent))
}

/// 32 hexadecimal digits; None outside a request.
pub fn trace_id() -> Option<String> {
    let context = Context::current();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| ids.trace_id().to_string())
}
