//! The program itself, ended in the middle of its work. By SIGKILL: what was answered is metered after the next start.
//! By SIGTERM: what is in flight is answered and metered before it ends.

#[path = "support/engines.rs"]
mod engines;
mod support;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use engines::{Engines, Key, discovery};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use support::{client, json as body};

struct Program {
    child: Child,
    port: u16,
}

/// A test that fails leaves no process behind.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(variables: &[(&str, String)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let child = Command::new(env!("CARGO_BIN_EXE_consumption"))
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
            .env("PORT", port.to_string())
            .stdout(Stdio::null())
            .spawn()
            .expect("the program");
        Self { child, port }
    }

    fn request(&self, method: Method, path: &str, bearer: &str, body: &Value) -> Request<Full<bytes::Bytes>> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder().method(method).uri(format!("http://127.0.0.1:{}{path}", self.port));
        request
            .header("authorization", bearer)
            .header("content-type", "application/json")
            .body(Full::from(body))
            .expect("a request")
    }

    fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill");
        assert!(told.success());
    }

    /// Its exit code, within the time that a pod has between SIGTERM and SIGKILL.
    async fn ended(mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(50);
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Until the path answers 200.
    async fn answers(&self, path: &str, bearer: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let asked = client().request(self.request(Method::GET, path, bearer, &Value::Null)).await;
            if asked.is_ok_and(|response| response.status() == 200) {
                return;
            }
            assert!(Instant::now() < deadline, "{path} does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn variables(engines: &Engines, discovery_url: &str, spool: &Path) -> Vec<(&'static str, String)> {
    let own = uuid::Uuid::new_v4().simple().to_string();
    [
        ("SERVICE_VERSION", "0.0.0-test".to_owned()),
        ("ENVIRONMENT", "local".into()),
        ("OIDC_ISSUER", "http://issuer.test".into()),
        ("OIDC_AUDIENCE", "llm-marketplace".into()),
        ("OIDC_JWKS_URL", "http://127.0.0.1:9/jwks".into()),
        ("DISCOVERY_URL", discovery_url.into()),
        ("REDIS_HOST", engines.text("/redis/host")),
        ("REDIS_PORT", engines.text("/redis/port")),
        ("REDIS_TLS", "false".into()),
        ("REDIS_KEY_PREFIX", format!("test-{own}:")),
        ("REDIS_AUTH", "none".into()),
        ("KAFKA_BOOTSTRAP_SERVERS", engines.text("/kafka/bootstrapServers")),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT".into()),
        ("KAFKA_GROUP_PREFIX", format!("test-{own}")),
        ("KAFKA_PRODUCE_TOPICS", "metering.records".into()),
        ("KAFKA_CONSUME_TOPICS", "provider.approvals,access.keys".into()),
        ("KAFKA_AUTH", "none".into()),
        ("SPOOL_FOLDER", spool.to_string_lossy().into_owned()),
    ]
    .into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn what_was_answered_before_a_kill_is_metered_after_the_next_start() {
    let engines = Engines::read();
    engines.create_topics(&["metering.records", "provider.approvals", "access.keys"]).await;
    let (listing, discovery_url) = discovery("echo:?tokens=200&chunkMs=50").await;
    let key = Key::new();
    engines.publish("access.keys", &key.digest, &key.event(1, "active", 1_000, None)).await;
    let spool = tempfile::tempdir().expect("a folder");
    let variables = variables(&engines, &discovery_url, spool.path());
    let asked = |stream: bool| json!({ "listingId": listing, "stream": stream, "input": { "messages": [{ "role": "user", "content": "hi" }] } });

    let first = Program::start(&variables);
    first.answers("/readyz", "").await;
    first.answers("/v1/calls/usage", &key.bearer).await;
    engines.disturb("kafka", "stop").await;
    let mut ids = Vec::new();
    for _ in 0..10 {
        let response = client()
            .request(first.request(Method::POST, "/v1/calls", &key.bearer, &asked(false)))
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        let (parts, answered) = response.into_parts();
        let response = http::Response::from_parts(parts, answered.collect().await.expect("a body").to_bytes());
        ids.push(body(&response)["callId"].as_str().expect("an id").to_owned());
    }
    // One more is in the middle of its stream.
    let mut streaming =
        client().request(first.request(Method::POST, "/v1/calls", &key.bearer, &asked(true))).await.expect("an answer");
    streaming.body_mut().frame().await.expect("a first piece").expect("data");
    drop(first);

    engines.disturb("kafka", "start").await;
    let second = Program::start(&variables);
    second.answers("/readyz", "").await;
    let records = engines.records("metering.records", &ids).await;
    let mine = records.iter().filter(|record| record["keyId"] == json!(key.key_id));
    let mut events: Vec<&str> = mine.filter_map(|record| record["eventId"].as_str()).collect();
    events.sort_unstable();
    events.dedup();
    assert_eq!(events.len(), ids.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_program_that_is_told_to_end_answers_and_meters_what_is_in_flight_and_ends_with_0() {
    let engines = Engines::read();
    engines.create_topics(&["metering.records", "provider.approvals", "access.keys"]).await;
    let (listing, discovery_url) = discovery("echo:?tokens=20&delayMs=500&chunkMs=50").await;
    let key = Key::new();
    engines.publish("access.keys", &key.digest, &key.event(1, "active", 1_000, None)).await;
    let spool = tempfile::tempdir().expect("a folder");
    let program = Program::start(&variables(&engines, &discovery_url, spool.path()));
    program.answers("/readyz", "").await;
    program.answers("/v1/calls/usage", &key.bearer).await;
    let call = |stream: bool| {
        let asked = json!({ "listingId": listing, "stream": stream, "input": { "messages": [{ "role": "user", "content": "hi" }] } });
        client().request(program.request(Method::POST, "/v1/calls", &key.bearer, &asked))
    };
    let mut streaming = call(true).await.expect("an answer");
    streaming.body_mut().frame().await.expect("a first piece").expect("data");
    let whole = tokio::spawn(call(false));
    // Long enough for the call to be there, short enough for its provider not to have answered.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!whole.is_finished());
    program.terminate();

    let whole = whole.await.expect("ended").expect("an answer");
    assert_eq!(whole.status(), 200);
    let whole: Value =
        serde_json::from_slice(&whole.into_body().collect().await.expect("a body").to_bytes()).expect("JSON");
    let rest = streaming.into_body().collect().await.expect("the stream's end").to_bytes();
    let text = String::from_utf8_lossy(&rest).into_owned();
    let (_, done) = text.rsplit_once("event: done\ndata: ").unwrap_or_else(|| panic!("no last event: {text}"));
    let done: Value = serde_json::from_str(done.trim_end()).expect("JSON");
    assert_eq!(program.ended().await, Some(0));

    let ids = [&whole, &done].map(|answer| answer["callId"].as_str().expect("an id").to_owned());
    let records = engines.records("metering.records", &ids).await;
    let mine = records.iter().filter(|record| record["keyId"] == json!(key.key_id));
    assert_eq!(mine.filter(|record| record["outcome"] == "succeeded").count(), 2);
    assert_eq!(std::fs::read_dir(spool.path()).expect("the spool").count(), 0, "nothing is left to deliver");
}

/// The worst that it can meet: a call that does not end, and nothing that it talks to is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs engines"]
async fn a_program_that_is_told_to_end_ends_within_50_seconds_without_its_stores_and_loses_no_record() {
    let engines = Engines::read();
    engines.create_topics(&["metering.records", "provider.approvals", "access.keys"]).await;
    let (listing, discovery_url) = discovery("echo:?tokens=3&chunkMs=60000").await;
    let key = Key::new();
    engines.publish("access.keys", &key.digest, &key.event(1, "active", 1_000, None)).await;
    let spool = tempfile::tempdir().expect("a folder");
    let mut variables = variables(&engines, &discovery_url, spool.path());
    // Nobody answers there: spans cannot be exported.
    variables.push(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9".into()));
    variables.push(("OTEL_TRACES_SAMPLER_ARG", "1".into()));
    let program = Program::start(&variables);
    program.answers("/readyz", "").await;
    program.answers("/v1/calls/usage", &key.bearer).await;
    let asked =
        json!({ "listingId": listing, "stream": true, "input": { "messages": [{ "role": "user", "content": "hi" }] } });
    let mut streaming =
        client().request(program.request(Method::POST, "/v1/calls", &key.bearer, &asked)).await.expect("an answer");
    streaming.body_mut().frame().await.expect("a first piece").expect("data");
    engines.disturb("kafka", "stop").await;
    engines.disturb("redis", "stop").await;

    let told = Instant::now();
    program.terminate();
    assert_eq!(program.ended().await, Some(0));
    assert!(told.elapsed() > Duration::from_secs(39), "the call had {:?} only", told.elapsed());
    assert!(streaming.body_mut().collect().await.is_err(), "its connection was closed in the middle");
    let call_id = spooled_call(spool.path());

    engines.disturb("redis", "start").await;
    engines.disturb("kafka", "start").await;
    let next = Program::start(&variables);
    let record = &engines.records("metering.records", std::slice::from_ref(&call_id)).await[..];
    let record = record.iter().find(|record| record["callId"] == *call_id).expect("its record");
    assert_eq!((&record["outcome"], &record["keyId"]), (&json!("aborted"), &json!(key.key_id)));
    drop(next);
}

/// The id of the one call whose record waits in the spool.
fn spooled_call(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).expect("the spool").map(|entry| entry.expect("an entry").path());
    let text: String =
        files.map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("a segment")).into_owned()).collect();
    let ids: Vec<&str> = text.split("\"callId\":\"").skip(1).map(|rest| &rest[..36]).collect();
    assert_eq!(ids.len(), 1, "{text}");
    ids[0].to_owned()
}
