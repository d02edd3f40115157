//! One JSON object a line. Events may only bring fields that the contract names; what a library logs as other fields
//! is dropped, so that nothing slips out that was not thought about.

use std::io::Write;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context as LayerContext, Layer, SubscriberExt};

use super::traces::RequestId;
use crate::config::ServiceConfig;
use crate::domain::clock;

const FIELDS: &[&str] = &["request_id", "http_method", "http_route", "http_status", "duration_ms", "error"];
/// What libraries say below a warning is noise in a service's log.
const OWN_TARGET: &str = "consumption";

pub fn install(config: &ServiceConfig) {
    let layer = JsonLines {
        service: config.name.clone(),
        version: config.version.clone(),
        level: config.log_level,
        write: |line: &[u8]| {
            // Where standard output is gone there is nobody to tell.
            let _ = std::io::stdout().lock().write_all(line);
        },
    };
    // A second installation (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
}

struct JsonLines<W> {
    service: String,
    version: String,
    level: Level,
    write: W,
}

impl<S: Subscriber, W: Fn(&[u8]) + 'static> Layer<S> for JsonLines<W> {
    fn enabled(&self, metadata: &tracing::Metadata<'_>, _: LayerContext<'_, S>) -> bool {
        let most = if metadata.target().starts_with(OWN_TARGET) { self.level } else { self.level.min(Level::WARN) };
        metadata.is_event() && *metadata.level() <= most
    }

    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("timestamp", clock::rfc3339(clock::now()).into());
        put("level", event.metadata().level().as_str().to_lowercase().into());
        put("message", fields.message.into());
        put("service", self.service.clone().into());
        put("version", self.version.clone().into());
        let context = Context::current();
        let span = context.span();
        if span.span_context().is_valid() {
            put("trace_id", span.span_context().trace_id().to_string().into());
            put("span_id", span.span_context().span_id().to_string().into());
        }
        if let Some(RequestId(id)) = context.get::<RequestId>() {
            put("request_id", id.clone().into());
        }
        line.extend(fields.others);
        let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
        bytes.push(b'\n');
        (self.write)(&bytes);
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        if FIELDS.contains(&field.name()) {
            self.others.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.put(field, format!("{value:?}").into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message = value.to_owned();
        } else {
            self.put(field, value.into());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_line_is_one_json_object_with_the_contracts_fields_and_no_others() {
        let lines: Arc<Mutex<Vec<u8>>> = Arc::default();
        let sink = Arc::clone(&lines);
        let layer = JsonLines {
            service: "consumption".into(),
            version: "1.2.3".into(),
            level: Level::INFO,
            write: move |line: &[u8]| sink.lock().expect("a sink").extend_from_slice(line),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(http_status = 200_u64, http_route = "/v1/calls", api_key = "mk_secret", "request\nended");
            tracing::debug!("below the level");
        });
        let text = String::from_utf8(lines.lock().expect("a sink").clone()).expect("text");
        assert_eq!(text.lines().count(), 1);
        let line: Map<String, Value> = serde_json::from_str(&text).expect("an object");
        let mut names: Vec<&str> = line.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["http_route", "http_status", "level", "message", "service", "timestamp", "version"]);
        assert_eq!(line["message"], "request\nended");
        assert_eq!(line["http_status"], 200);
    }
}
