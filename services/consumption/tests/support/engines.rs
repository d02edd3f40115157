//! The engines of `MARKETPLACE_ENGINES`, and a world of its own for each test: topics, prefix, spool, discovery.
#![allow(dead_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use consumption::app::Service;
use consumption::config::Config;
use consumption::domain::key::KeyDigest;
use consumption::net::Network;
use consumption::providers::Timeouts;
use http::{Method, Request, Response};
use http_body_util::Full;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Message};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{config, plain, send};

pub struct Engines(Value);

impl Engines {
    /// Fails where there are none: a test that passes over its engines proves nothing.
    pub fn read() -> Self {
        let file = std::env::var("MARKETPLACE_ENGINES")
            .expect("MARKETPLACE_ENGINES names no file: run make test-engines under tools/engines.ts");
        Self(serde_json::from_str(&std::fs::read_to_string(file).expect("the engines' file")).expect("JSON"))
    }

    pub fn text(&self, pointer: &str) -> String {
        match self.0.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => panic!("{pointer} is missing in {}", self.0),
        }
    }

    pub async fn disturb(&self, engine: &str, verb: &str) {
        let request = Request::post(format!("{}/{engine}/{verb}", self.text("/control")))
            .body(Full::default())
            .expect("a request");
        let response = send(request).await;
        assert!(response.status().is_success(), "{engine} {verb}: {:?}", response.body());
    }

    fn kafka(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.text("/kafka/bootstrapServers"));
        config
    }

    pub async fn create_topics(&self, names: &[&str]) {
        let admin: AdminClient<DefaultClientContext> = self.kafka().create().expect("an admin");
        let topics: Vec<NewTopic<'_>> =
            names.iter().map(|name| NewTopic::new(name, 3, TopicReplication::Fixed(1))).collect();
        admin.create_topics(&topics, &AdminOptions::new()).await.expect("topics");
    }

    pub async fn publish(&self, topic: &str, key: &str, value: &Value) {
        let producer: FutureProducer = self.kafka().create().expect("a producer");
        let text = value.to_string();
        producer
            .send(FutureRecord::to(topic).key(key).payload(&text), Duration::from_secs(10))
            .await
            .expect("published");
    }

    /// Reads the topic from its beginning until every wanted call is there; gives all records with repetitions.
    pub async fn records(&self, topic: &str, wanted: &[String]) -> Vec<Value> {
        let consumer: StreamConsumer = self
            .kafka()
            .set("group.id", Uuid::new_v4().to_string())
            .set("auto.offset.reset", "earliest")
            .create()
            .expect("a consumer");
        consumer.subscribe(&[topic]).expect("subscribed");
        let (mut records, deadline) = (Vec::new(), Instant::now() + Duration::from_secs(60));
        while wanted.iter().any(|id| !records.iter().any(|record: &Value| record["callId"] == **id)) {
            assert!(Instant::now() < deadline, "{} of {} records came", records.len(), wanted.len());
            if let Ok(Ok(message)) = tokio::time::timeout(Duration::from_secs(1), consumer.recv()).await {
                records.push(serde_json::from_slice(message.payload().expect("a value")).expect("JSON"));
            }
        }
        records
    }
}

pub struct Key {
    pub bearer: String,
    pub digest: String,
    pub key_id: Uuid,
    pub org_id: Uuid,
}

impl Key {
    pub fn new() -> Self {
        let body = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let key = format!("mk_{}", &body[..43]);
        let digest = KeyDigest::of_bearer(&key).expect("a key").as_str().to_owned();
        Self { bearer: format!("Bearer {key}"), digest, key_id: Uuid::now_v7(), org_id: Uuid::now_v7() }
    }

    pub fn event(&self, version: u64, status: &str, requests_per_minute: u32, tokens_per_month: Option<u64>) -> Value {
        json!({
            "eventId": Uuid::now_v7(), "occurredAt": "2026-11-28T10:00:00Z", "version": version, "keyId": self.key_id,
            "keySha256": self.digest, "orgId": self.org_id, "status": status, "expiresAt": null,
            "requestsPerMinute": requests_per_minute, "tokensPerMonth": tokens_per_month,
        })
    }
}

/// Discovery, with one listing whose endpoint the test chooses.
pub async fn discovery(endpoint: &str) -> (Uuid, String) {
    let id = Uuid::now_v7();
    let protocol = if endpoint.starts_with("echo:") { "echo" } else { "openai-chat" };
    let listing = json!({
        "id": id, "orgId": Uuid::now_v7(), "version": 1, "status": "published",
        "release": { "number": "1.0.0", "publishedAt": "2026-11-28T10:00:00Z", "artefact": null,
            "endpoint": { "url": endpoint, "protocol": protocol, "model": "echo-1", "timeoutSeconds": 5 },
            "pricing": { "inputUsdMicrosPerThousandTokens": 1000, "outputUsdMicrosPerThousandTokens": 2000 } },
    });
    let found = move |Path(asked): Path<Uuid>| async move {
        if asked == id { Ok(Json(listing)) } else { Err(http::StatusCode::NOT_FOUND) }
    };
    let address = plain(Router::new().route("/internal/listings/{id}", get(found))).await;
    (id, format!("http://{address}"))
}

pub struct World {
    pub engines: Engines,
    pub service: Option<Service>,
    pub config: Config,
    pub listing: Uuid,
    pub key: Key,
    network: Network,
    spool: tempfile::TempDir,
    port: u16,
}

impl World {
    pub async fn start(endpoint: &str, requests_per_minute: u32, tokens_per_month: Option<u64>) -> Self {
        Self::start_in(Network::system(), endpoint, requests_per_minute, tokens_per_month).await
    }

    pub async fn start_in(
        network: Network,
        endpoint: &str,
        requests_per_minute: u32,
        tokens_per_month: Option<u64>,
    ) -> Self {
        let engines = Engines::read();
        let (listing, discovery_url) = discovery(endpoint).await;
        let own = Uuid::new_v4().simple().to_string();
        let spool = tempfile::tempdir().expect("a folder");
        let mut config = config(&[
            ("REDIS_HOST", &engines.text("/redis/host")),
            ("REDIS_PORT", &engines.text("/redis/port")),
            ("REDIS_KEY_PREFIX", &format!("test-{own}:")),
            ("KAFKA_BOOTSTRAP_SERVERS", &engines.text("/kafka/bootstrapServers")),
            ("KAFKA_GROUP_PREFIX", &format!("test-{own}")),
            ("OIDC_ISSUER", &engines.text("/issuer/issuer")),
            ("OIDC_AUDIENCE", &engines.text("/issuer/audience")),
            ("OIDC_JWKS_URL", &engines.text("/issuer/jwksUrl")),
            ("DISCOVERY_URL", &discovery_url),
        ]);
        config.spool.folder = spool.path().to_owned();
        let topics = &mut config.kafka.topics;
        topics.metering = format!("metering-{own}");
        topics.approvals = format!("approvals-{own}");
        topics.keys = format!("keys-{own}");
        engines.create_topics(&[&topics.metering, &topics.approvals, &topics.keys]).await;
        let key = Key::new();
        engines
            .publish(&topics.keys, &key.digest, &key.event(1, "active", requests_per_minute, tokens_per_month))
            .await;
        let mut world = Self { engines, service: None, config, listing, key, network, spool, port: 0 };
        world.resume().await;
        world
    }

    pub async fn resume(&mut self) {
        let service =
            Service::start(self.config.clone(), self.network.clone(), Timeouts::default()).await.expect("a service");
        self.port = service.address.port();
        self.service = Some(service);
        self.until("ready", async |world: &Self| {
            world.ask(Method::GET, "/readyz", "", Value::Null).await.status() == 200
        })
        .await;
        self.until("the key is known", async |world: &Self| world.usage().await.status() == 200).await;
    }

    pub async fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop().await;
        }
    }

    pub fn spooled_files(&self) -> usize {
        std::fs::read_dir(self.spool.path()).expect("the spool").count()
    }

    pub async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !holds(self).await {
            assert!(Instant::now() < deadline, "{what}: not within a minute");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub async fn ask(&self, method: Method, path: &str, bearer: &str, body: Value) -> Response<Bytes> {
        send(self.request(method, path, bearer, body)).await
    }

    pub fn request(&self, method: Method, path: &str, bearer: &str, body: Value) -> Request<Full<Bytes>> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = Request::builder().method(method).uri(self.url(path)).header("authorization", bearer);
        request.header("content-type", "application/json").body(Full::new(body)).expect("a request")
    }

    pub fn asked(&self, stream: bool) -> Value {
        json!({ "listingId": self.listing, "stream": stream, "input": { "messages": [{ "role": "user", "content": "one two three" }], "maxOutputTokens": 8 } })
    }

    pub async fn call(&self) -> Response<Bytes> {
        self.ask(Method::POST, "/v1/calls", &self.key.bearer, self.asked(false)).await
    }

    pub async fn usage(&self) -> Response<Bytes> {
        self.ask(Method::GET, "/v1/calls/usage", &self.key.bearer, Value::Null).await
    }

    pub async fn change_key(&self, event: &Value) {
        self.engines.publish(&self.config.kafka.topics.keys, &self.key.digest, event).await;
    }

    pub async fn records(&self, wanted: &[String]) -> Vec<Value> {
        self.engines.records(&self.config.kafka.topics.metering, wanted).await
    }

    /// A connection to Redis beside the service's own.
    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let address = format!("redis://{}:{}", self.config.redis.host, self.config.redis.port);
        redis::Client::open(address).expect("a client").get_multiplexed_async_connection().await.expect("a connection")
    }

    pub fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}
