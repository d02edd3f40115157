//! Looks at every dependency every two seconds; readiness and `marketplace_dependency_up` come from here, so that a
//! probe never waits for a store.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use tokio_util::sync::CancellationToken;

use crate::messaging::KafkaSink;
use crate::net::{HttpClient, fetch};
use crate::transport::App;

const EVERY: Duration = Duration::from_secs(2);
const WITHIN: Duration = Duration::from_secs(2);

pub struct Checks {
    pub app: App,
    pub sink: Arc<KafkaSink>,
    pub client: HttpClient,
    pub discovery: Uri,
    pub approvals_complete: Box<dyn Fn() -> bool + Send + Sync>,
}

impl Checks {
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = self.look() => {}
                () = stop.cancelled() => return,
            }
            // Ready soon after start, without asking all the time later.
            let pause = if self.app.readiness.is_ready() { EVERY } else { EVERY / 10 };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn look(&self) {
        let sink = Arc::clone(&self.sink);
        let kafka = tokio::task::spawn_blocking(move || sink.reach(WITHIN));
        let (redis, kafka, discovery) = tokio::join!(self.app.redis.ping(), kafka, self.discovery());
        self.found("redis", redis.map_err(|error| error.to_string()));
        self.found("kafka", kafka.unwrap_or_else(|error| Err(error.to_string())));
        self.found("discovery", discovery);
        let complete = (self.approvals_complete)();
        // Its reader tells by itself what it waits for.
        self.note("approvals", complete);
    }

    fn found(&self, dependency: &'static str, result: Result<(), String>) {
        let before = self.note(dependency, result.is_ok());
        match result {
            Ok(()) if before == Some(false) => tracing::info!("{dependency} is up again"),
            Err(error) if before != Some(false) => tracing::warn!(error, "{dependency} is down"),
            _ => {}
        }
    }

    /// What was known of it before.
    fn note(&self, dependency: &'static str, up: bool) -> Option<bool> {
        self.app.metrics.dependency_up.with_label_values(&[dependency]).set(i64::from(up));
        self.app.readiness.set(dependency, up)
    }

    async fn discovery(&self) -> Result<(), String> {
        let address = format!("{}/healthz", self.discovery.to_string().trim_end_matches('/'));
        let request = Request::get(address).body(Full::<Bytes>::default()).map_err(|error| error.to_string())?;
        let response = fetch(&self.client, request, WITHIN, 64 * 1024).await.map_err(|error| error.to_string())?;
        if response.status().is_success() { Ok(()) } else { Err(format!("status {}", response.status())) }
    }
}
