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
        let kafka = tokio::task::spawn_blocking(move || sink.reachable(WITHIN));
        let (redis, kafka, discovery) = tokio::join!(self.app.redis.ping(), kafka, self.discovery());
        self.found("redis", redis.is_ok());
        self.found("kafka", kafka.unwrap_or(false));
        self.found("discovery", discovery);
        self.found("approvals", (self.approvals_complete)());
    }

    fn found(&self, dependency: &'static str, up: bool) {
        self.app.readiness.set(dependency, up);
        self.app.metrics.dependency_up.with_label_values(&[dependency]).set(i64::from(up));
    }

    async fn discovery(&self) -> bool {
        let address = format!("{}/healthz", self.discovery.to_string().trim_end_matches('/'));
        let Ok(request) = Request::get(address).body(Full::<Bytes>::default()) else { return false };
        fetch(&self.client, request, WITHIN, 64 * 1024).await.is_ok_and(|response| response.status().is_success())
    }
}
