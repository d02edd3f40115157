//! The outermost layer: trace and id of the request, metrics to the last byte of the answer, one log line, and the body
//! of every error.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt as _;

use super::problem::Problem;
use super::state::App;
use crate::telemetry::traces::{self, RequestId};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_HEADER_BYTES: usize = 16 * 1024;
const UNMATCHED: &str = "unmatched";

/// Marks an answer that is no error though its status says 503: readiness has a body of its own.
#[derive(Clone, Copy)]
pub struct AsItIs;

/// When the request's head had come; extractors and handlers find it in the request.
#[derive(Clone, Copy)]
pub struct Begun(pub Instant);

pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = method_label(request.method());
    let instance = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or(UNMATCHED.to_owned(), |path| path.as_str().to_owned());
    let request_id = request_id(request.headers());
    let context = traces::server_context(request.headers(), format!("{method} {route}"), RequestId(request_id.clone()));
    app.metrics.active_requests.with_label_values(&[method]).inc();
    request.extensions_mut().insert(Begun(begun));
    let mut observed = Observed { app, begun, method, route, status: 499, context: context.clone() };

    let too_large = header_bytes(request.headers()) > MAX_HEADER_BYTES;
    let answer = async move {
        if too_large {
            let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Problem::new(status, "payload-too-large", "The request is too large", "16 KiB of headers at most.")
                .into_response();
        }
        // A panic in one call is one failed call.
        match std::panic::AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(_) => {
                tracing::error!("a handler panicked");
                Problem::internal().into_response()
            }
        }
    };
    let response = answer.with_context(context.clone()).await;
    let _entered = context.attach();
    let mut response = shaped(response, &instance);
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    observed.status = response.status().as_u16();
    response.map(|body| Body::new(ObservedBody { body, _observed: observed }))
}

fn shaped(mut response: Response, instance: &str) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<AsItIs>().is_some() {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| Problem::of_status(status));
    problem.render(response, instance, traces::trace_id())
}

/// A caller's id if it is harmless in a log, else our own.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let harmless =
        |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    given.filter(harmless).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// A label holds no text of strangers.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// Ends with the request: when its answer's last byte is sent, or when the caller is gone.
struct Observed {
    app: App,
    begun: Instant,
    method: &'static str,
    route: String,
    status: u16,
    context: Context,
}

impl Drop for Observed {
    fn drop(&mut self) {
        let elapsed = self.begun.elapsed();
        let metrics = &self.app.metrics;
        metrics.active_requests.with_label_values(&[self.method]).dec();
        metrics
            .request_duration
            .with_label_values(&[self.method, self.route.as_str(), &self.status.to_string()])
            .observe(elapsed.as_secs_f64());
        traces::end_server(&self.context, &self.route, self.status);
        if !matches!(self.route.as_str(), "/healthz" | "/health" | "/readyz" | "/metrics") {
            let _entered = self.context.clone().attach();
            tracing::info!(
                http_method = self.method,
                http_route = self.route.as_str(),
                http_status = u64::from(self.status),
                duration_ms = (elapsed.as_secs_f64() * 1e5).round() / 100.0,
                "request ended"
            );
        }
    }
}

struct ObservedBody {
    body: Body,
    _observed: Observed,
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
