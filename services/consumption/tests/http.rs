//! The service without its stores: every error has the one form, and nothing is let through unchecked.

mod support;

use bytes::Bytes;
use consumption::app::Service;
use consumption::net::Network;
use consumption::providers::Timeouts;
use consumption::telemetry::traces;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use serde_json::Value;
use support::{config, json, send};

struct Running {
    service: Service,
    _spool: tempfile::TempDir,
}

async fn start() -> Running {
    let spool = tempfile::tempdir().expect("a folder");
    let mut config = config(&[]);
    config.spool.folder = spool.path().to_owned();
    // As main does: without a provider of spans a request has no trace id.
    traces::install(&config).expect("traces");
    let service = Service::start(config, Network::system(), Timeouts::default()).await.expect("a service");
    Running { service, _spool: spool }
}

impl Running {
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Response<Bytes> {
        let mut request =
            Request::builder().method(method).uri(format!("http://127.0.0.1:{}{path}", self.service.address.port()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(request.body(Full::new(body.into())).expect("a request")).await
    }
}

fn problem(response: &Response<Bytes>, status: StatusCode, code: &str) -> Value {
    assert_eq!(response.status(), status, "{:?}", response.body());
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let body = json(response);
    assert_eq!(body["code"], code);
    assert_eq!(body["status"], status.as_u16());
    assert_eq!(body["traceId"].as_str().map(str::len), Some(32), "{body}");
    body
}

const KEY: &str = "Bearer mk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_the_framework_are_problems_too() {
    let running = start().await;
    let unknown = running.ask(Method::GET, "/v1/nothing", &[], "").await;
    assert_eq!(problem(&unknown, StatusCode::NOT_FOUND, "not-found")["instance"], "/v1/nothing");
    let method = running.ask(Method::GET, "/v1/calls", &[], "").await;
    problem(&method, StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
    assert_eq!(method.headers()["allow"], "POST");
    let padding = "x".repeat(20 * 1024);
    let headers = running.ask(Method::GET, "/healthz", &[("x-padding", &padding)], "").await;
    problem(&headers, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "payload-too-large");
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_a_key_is_refused_before_its_body_is_read() {
    let running = start().await;
    for authorization in ["", "Basic eA==", "Bearer ", "Bearer mk_short", "Bearer eyJhbGciOiJub25lIn0.e30."] {
        let response = running.ask(Method::POST, "/v1/calls", &[("authorization", authorization)], "not json").await;
        problem(&response, StatusCode::UNAUTHORIZED, "unauthenticated");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
    let metrics = running.ask(Method::GET, "/metrics", &[], "").await;
    let text = String::from_utf8_lossy(metrics.body()).into_owned();
    assert!(text.contains("marketplace_call_refusals_total{reason=\"key\"} 5"), "{text}");
    assert!(
        text.contains("http_route=\"/v1/calls\",http_response_status_code=\"401\"")
            || text.contains("http_response_status_code=\"401\",http_route=\"/v1/calls\""),
        "{text}"
    );
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_calls_are_refused_with_a_time_to_come_again_and_the_pod_is_not_ready() {
    let running = start().await;
    let call = running
        .ask(Method::POST, "/v1/calls", &[("authorization", KEY), ("content-type", "application/json")], "{}")
        .await;
    problem(&call, StatusCode::SERVICE_UNAVAILABLE, "dependency-unavailable");
    assert_eq!(call.headers()["retry-after"], "2");
    let ready = running.ask(Method::GET, "/readyz", &[], "").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json(&ready)["status"], "unavailable");
    for path in ["/healthz", "/health"] {
        let alive = running.ask(Method::GET, path, &[], "").await;
        assert_eq!((alive.status(), json(&alive)["status"].as_str()), (StatusCode::OK, Some("ok")));
    }
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callers_request_id_and_trace_are_kept_where_they_are_harmless() {
    let running = start().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let response =
        running.ask(Method::GET, "/v1/nothing", &[("x-request-id", "abc-1"), ("traceparent", &parent)], "").await;
    assert_eq!(response.headers()["x-request-id"], "abc-1");
    assert_eq!(json(&response)["traceId"], trace);
    let odd = running.ask(Method::GET, "/v1/nothing", &[("x-request-id", "a b\"c")], "").await;
    assert_eq!(odd.headers()["x-request-id"].len(), 36);
    running.service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_served_as_it_is_committed() {
    let running = start().await;
    let served = running.ask(Method::GET, "/openapi.json", &[], "").await;
    assert_eq!(served.body(), include_str!("../openapi.json").as_bytes());
    running.service.stop().await;
}
