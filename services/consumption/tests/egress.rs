//! Providers that mean harm: names that change their address, addresses inside, redirects to inside. And providers in
//! trouble: they hang, fail, break off.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use consumption::config::Environment;
use consumption::domain::call::CallInput;
use consumption::domain::listing::{Endpoint, Protocol};
use consumption::net::Reach;
use consumption::providers::{Approvals, Delta, HttpCaller, ProviderError, Providers, Reply, Timeouts};
use futures_util::StreamExt;
use http::StatusCode;
use serde_json::json;
use support::{Fakes, PUBLIC, provider};

const HOST: &str = "api.provider.test";

fn whole() -> Response {
    axum::Json(json!({ "choices": [{ "message": { "content": "hello" }, "finish_reason": "stop" }], "usage": { "prompt_tokens": 1, "completion_tokens": 2 } })).into_response()
}

fn answering(router: Router) -> impl Future<Output = Fakes> {
    provider(&[HOST, "other.provider.test"], router)
}

fn providers(fakes: &Fakes, approved: &[&str], timeouts: Timeouts) -> Providers {
    let approvals = Arc::new(Approvals::default());
    approved.iter().for_each(|host| approvals.set(host, true));
    let client = fakes.network.client(Reach::Public, timeouts.connect);
    Providers::new(HttpCaller::new(client, approvals, None, timeouts), Environment::Production)
}

fn endpoint(url: &str, timeout_seconds: u32) -> Endpoint {
    Endpoint { url: url.into(), protocol: Protocol::OpenaiChat, model: "m".into(), timeout_seconds }
}

fn input() -> CallInput {
    serde_json::from_value(json!({ "messages": [{ "role": "user", "content": "hi" }] })).expect("an input")
}

async fn call(providers: &Providers, url: &str) -> Result<String, ProviderError> {
    match providers.call(&endpoint(url, 1), &input(), false).await.reply {
        Ok(Reply::Whole(completion)) => Ok(completion.content),
        Ok(Reply::Streaming(_)) => panic!("a stream was not asked for"),
        Err(error) => Err(error),
    }
}

fn chat(host: &str) -> String {
    format!("https://{host}/v1/chat/completions")
}

fn simple() -> Router {
    Router::new().route("/v1/chat/completions", post(|| async { whole() }))
}

#[tokio::test]
async fn an_approved_provider_is_called_at_the_address_that_was_checked() {
    let fakes = answering(simple()).await;
    fakes.resolver.answer(HOST, &[&[PUBLIC]]);
    let providers = providers(&fakes, &[HOST], Timeouts::default());
    assert_eq!(call(&providers, &chat(HOST)).await, Ok("hello".into()));
    let dialled: Vec<String> = fakes.dialer.dialled.lock().expect("dialled").iter().map(ToString::to_string).collect();
    assert_eq!(dialled, [format!("{PUBLIC}:443")]);
}

#[tokio::test]
async fn a_name_that_changes_its_address_between_check_and_use_gains_nothing() {
    let fakes = answering(simple()).await;
    fakes.resolver.answer(HOST, &[&[PUBLIC], &["169.254.169.254"]]);
    let providers = providers(&fakes, &[HOST], Timeouts::default());
    assert_eq!(call(&providers, &chat(HOST)).await, Ok("hello".into()));
    // One question, one answer, one connection: to the public address.
    assert_eq!(fakes.resolver.asked.lock().expect("asked").len(), 1);
    assert_eq!(fakes.dialer.dialled.lock().expect("dialled").len(), 1);

    // Another connection asks again, and what it is told now is refused.
    let fresh = self::providers(&fakes, &[HOST], Timeouts::default());
    assert_eq!(call(&fresh, &chat(HOST)).await, Err(ProviderError::AddressRefused));
    assert_eq!(fakes.dialer.dialled.lock().expect("dialled").len(), 1);
}

#[tokio::test]
async fn addresses_inside_are_never_dialled_in_whatever_form_they_come() {
    for address in [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:93.184.215.14",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "0.0.0.0",
        "100.64.0.1",
    ] {
        let fakes = answering(simple()).await;
        fakes.resolver.answer(HOST, &[&[PUBLIC, address]]);
        let providers = providers(&fakes, &[HOST], Timeouts::default());
        assert_eq!(call(&providers, &chat(HOST)).await, Err(ProviderError::AddressRefused), "{address}");
        assert!(fakes.dialer.dialled.lock().expect("dialled").is_empty(), "{address}");
    }
}

#[tokio::test]
async fn only_https_on_the_usual_port_of_approved_names_is_called() {
    let fakes = answering(simple()).await;
    let providers = providers(&fakes, &[HOST], Timeouts::default());
    for (url, error) in [
        (format!("http://{HOST}/"), ProviderError::BadEndpoint),
        (format!("https://{HOST}:8443/"), ProviderError::BadEndpoint),
        (format!("https://user@{HOST}/"), ProviderError::BadEndpoint),
        (format!("https://{HOST}@evil.test/"), ProviderError::BadEndpoint),
        (format!("https://{HOST}./"), ProviderError::HostNotApproved),
        (format!("https://x.{HOST}/"), ProviderError::HostNotApproved),
        ("https://93.184.215.14/".into(), ProviderError::HostNotApproved),
        ("https://[::1]/".into(), ProviderError::HostNotApproved),
        ("echo:".into(), ProviderError::BadEndpoint),
    ] {
        assert_eq!(call(&providers, &url).await, Err(error), "{url}");
    }
    assert!(fakes.dialer.dialled.lock().expect("dialled").is_empty());
}

#[tokio::test]
async fn the_echo_provider_does_not_exist_in_production() {
    let fakes = answering(simple()).await;
    let providers = providers(&fakes, &[], Timeouts::default());
    let echo = Endpoint { protocol: Protocol::Echo, ..endpoint("echo:", 1) };
    assert_eq!(providers.check(&echo), Err(ProviderError::HostNotApproved));
    assert!(providers.call(&echo, &input(), false).await.reply.is_err());
}

fn redirecting(location: &'static str) -> Router {
    let elsewhere = move || async move { Redirect::temporary(location) };
    simple()
        .route("/moved", post(elsewhere))
        .route("/found", post(|| async { (StatusCode::FOUND, [("location", "/v1/chat/completions")]) }))
}

#[tokio::test]
async fn a_redirect_is_followed_only_to_an_approved_name_with_a_public_address() {
    let moved = format!("https://{HOST}/moved");
    let followed = |location| async move {
        let fakes = answering(redirecting(location)).await;
        fakes.resolver.answer(HOST, &[&[PUBLIC]]);
        fakes.resolver.answer("other.provider.test", &[&["10.0.0.7"]]);
        let providers = providers(&fakes, &[HOST, "other.provider.test"], Timeouts::default());
        call(&providers, &format!("https://{HOST}/moved")).await
    };
    assert_eq!(followed("/v1/chat/completions").await, Ok("hello".into()));
    // Approved, but its address is inside.
    assert_eq!(followed("https://other.provider.test/v1/chat/completions").await, Err(ProviderError::AddressRefused));
    for location in [
        "http://api.provider.test/",
        "https://evil.test/",
        "https://169.254.169.254/latest/meta-data/",
        "//evil.test/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
    ] {
        assert_eq!(followed(location).await, Err(ProviderError::Redirect), "{location}");
    }
    // Round and round.
    assert_eq!(followed("/moved").await, Err(ProviderError::Redirect), "{moved}");
}

#[tokio::test]
async fn a_redirect_that_would_drop_the_body_is_not_followed() {
    let fakes = answering(redirecting("/")).await;
    fakes.resolver.answer(HOST, &[&[PUBLIC]]);
    let providers = providers(&fakes, &[HOST], Timeouts::default());
    assert_eq!(call(&providers, &format!("https://{HOST}/found")).await, Err(ProviderError::Redirect));
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_given_up_after_its_time_and_not_asked_twice() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let hang = move || {
        count.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<&'static str>()
    };
    let fakes = answering(Router::new().route("/v1/chat/completions", post(hang))).await;
    fakes.resolver.answer(HOST, &[&[PUBLIC]]);
    let providers = providers(&fakes, &[HOST], Timeouts::default());
    let answered = providers.call(&endpoint(&chat(HOST), 1), &input(), false).await;
    assert_eq!(answered.reply.err(), Some(ProviderError::Timeout));
    assert!(answered.waited >= Duration::from_millis(950), "{:?}", answered.waited);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_short_trouble_is_tried_again_and_an_error_that_will_not_pass_is_not() {
    for (status, attempts) in [(503, 2), (502, 2), (500, 1), (400, 1), (429, 1)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let once = move || {
            let first = count.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if first { StatusCode::from_u16(status).expect("a status").into_response() } else { whole() } }
        };
        let fakes = answering(Router::new().route("/v1/chat/completions", post(once))).await;
        fakes.resolver.answer(HOST, &[&[PUBLIC]]);
        let providers = providers(&fakes, &[HOST], Timeouts::default());
        assert_eq!(call(&providers, &chat(HOST)).await.is_ok(), attempts == 2, "{status}");
        assert_eq!(asked.load(Ordering::SeqCst), attempts, "{status}");
    }
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone() {
    let fakes =
        answering(Router::new().route("/v1/chat/completions", post(|| async { StatusCode::INTERNAL_SERVER_ERROR })))
            .await;
    fakes.resolver.answer(HOST, &[&[PUBLIC]]);
    let providers = providers(&fakes, &[HOST], Timeouts::default());
    for _ in 0..5 {
        assert_eq!(
            call(&providers, &chat(HOST)).await,
            Err(ProviderError::Status { status: 500, retry_after_seconds: None })
        );
    }
    assert!(matches!(call(&providers, &chat(HOST)).await, Err(ProviderError::CircuitOpen { .. })));
    assert_eq!(providers.hosts().open_circuits(), 1);
}

fn events(parts: Vec<(u64, &'static str)>) -> Router {
    let answer = move || {
        let parts = parts.clone();
        let stream = futures_util::stream::iter(parts).then(|(pause, text)| async move {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            Ok::<_, std::convert::Infallible>(text)
        });
        async move { Response::new(axum::body::Body::from_stream(stream)) }
    };
    Router::new().route("/v1/chat/completions", post(answer))
}

async fn streamed(router: Router, idle: Duration) -> Vec<Result<Delta, ProviderError>> {
    let fakes = answering(router).await;
    fakes.resolver.answer(HOST, &[&[PUBLIC]]);
    let providers = providers(&fakes, &[HOST], Timeouts { idle, ..Timeouts::default() });
    match providers.call(&endpoint(&chat(HOST), 5), &input(), true).await.reply {
        Ok(Reply::Streaming(deltas)) => deltas.collect().await,
        Ok(Reply::Whole(_)) => panic!("not a stream"),
        Err(error) => vec![Err(error)],
    }
}

#[tokio::test]
async fn a_slow_stream_is_read_to_its_end_with_the_usage() {
    let router = events(vec![
        (0, "data: {\"choices\":[{\"delta\":{\"content\":\"a"),
        (150, "b\"}}]}\n\n"),
        (
            150,
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n",
        ),
        (0, "data: [DONE]\n\n"),
    ]);
    let deltas = streamed(router, Duration::from_secs(2)).await;
    let usage = consumption::domain::pricing::TokenUsage { input_tokens: 3, output_tokens: 4 };
    assert_eq!(deltas, [Ok(Delta::Text("ab".into())), Ok(Delta::Finish("stop".into())), Ok(Delta::Usage(usage))]);
}

#[tokio::test]
async fn a_stream_that_stops_in_the_middle_or_falls_silent_is_an_error_not_an_end() {
    let first = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let broken = streamed(events(vec![(0, first)]), Duration::from_secs(2)).await;
    assert_eq!(broken, [Ok(Delta::Text("a".into())), Err(ProviderError::BrokenOff)]);
    let silent = streamed(events(vec![(0, first), (5_000, "data: [DONE]\n\n")]), Duration::from_millis(200)).await;
    assert_eq!(silent, [Ok(Delta::Text("a".into())), Err(ProviderError::Timeout)]);
}
