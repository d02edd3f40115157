//! Puts the parts together, and takes them apart in the order that loses nothing.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::checks::Checks;
use crate::config::{Auth, Config};
use crate::identity::aws::{AwsError, PodIdentity};
use crate::identity::jwks::Jwks;
use crate::identity::token::TokenVerifier;
use crate::messaging::{KafkaContext, KafkaSink, follow_approvals, follow_keys, keep_whole};
use crate::metering::{Meter, Publisher, Settler};
use crate::net::{Network, Reach};
use crate::providers::{Approvals, HttpCaller, Providers, Timeouts};
use crate::storage::listings::Listings;
use crate::storage::redis::Redis;
use crate::storage::spool::{Opened, Spool};
use crate::telemetry::metrics::Metrics;
use crate::transport::{self, App, MAX_CALLS_IN_FLIGHT, Readiness};

const INTERNAL_CONNECT: Duration = Duration::from_secs(1);
const CREDENTIALS_LOOK: Duration = Duration::from_secs(60);
const DELIVERY_LOOK: Duration = Duration::from_millis(20);
/// What requests get of the 50 seconds between SIGTERM and SIGKILL (a pod's 60 less its preStop sleep of 10).
const REQUESTS_WITHIN: Duration = Duration::from_secs(40);
/// What readers, counters and records get after them, side by side. Spans and the runtime take three seconds more.
const REST_WITHIN: Duration = Duration::from_secs(7);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("a file or the port cannot be opened: {0}")]
    Io(#[from] std::io::Error),
    #[error("Kafka's client cannot be made: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error("the metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
    #[error(transparent)]
    Identity(#[from] AwsError),
}

/// A service that runs.
pub struct Service {
    pub address: SocketAddr,
    pub app: App,
    stop_serving: CancellationToken,
    stop_reading: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
    readers: TaskTracker,
    publisher: JoinHandle<()>,
    shutdown_delay: Duration,
}

impl Service {
    /// Starts everything. `network` and `timeouts` are the system's own outside tests.
    pub async fn start(config: Config, network: Network, timeouts: Timeouts) -> Result<Self, StartError> {
        // Another part of the process (a test) may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let internal = network.client(Reach::Internal, INTERNAL_CONNECT);
        let cloud =
            [&config.redis.auth, &config.kafka.auth].iter().any(|auth| matches!(auth, Auth::CloudIdentity { .. }));
        let identity = if cloud { Some(PodIdentity::from_env(internal.clone())?) } else { None };
        if let Some(identity) = &identity {
            identity.refresh().await?;
        }

        let metrics = Arc::new(Metrics::new()?);
        let redis = Arc::new(Redis::new(config.redis.clone(), identity.clone())?);
        let Opened { spool, pending, replayed, torn_bytes, .. } =
            Spool::open(&config.spool.folder, config.spool.max_bytes)?;
        if replayed > 0 || torn_bytes > 0 {
            tracing::info!(
                "{replayed} records of the last run are delivered again; {torn_bytes} torn bytes were cut off"
            );
        }
        let approvals = Arc::new(Approvals::default());
        let public = network.client(Reach::Public, timeouts.connect);
        let http = HttpCaller::new(public, Arc::clone(&approvals), config.providers_folder.clone(), timeouts);
        let context = KafkaContext::new(&config.kafka, identity.clone());
        let sink = Arc::new(KafkaSink::new(&config.kafka, context.clone())?);
        let app = App {
            redis: Arc::clone(&redis),
            known_keys: Arc::default(),
            listings: Arc::new(Listings::new(internal.clone(), &config.discovery_url)),
            providers: Arc::new(Providers::new(http, config.service.environment)),
            meter: Meter {
                spool: spool.clone(),
                settler: Settler::start(Arc::clone(&redis)),
                metrics: Arc::clone(&metrics),
            },
            tokens: Arc::new(TokenVerifier::new(
                &config.oidc,
                Jwks::new(internal.clone(), config.oidc.jwks_url.clone()),
            )),
            metrics: Arc::clone(&metrics),
            readiness: Arc::new(Readiness::default()),
            places: Arc::new(Semaphore::new(MAX_CALLS_IN_FLIGHT)),
            streams: TaskTracker::new(),
        };

        let (stop_serving, stop_reading) = (CancellationToken::new(), CancellationToken::new());
        let publisher = Publisher { sink: Arc::clone(&sink), spool, metrics };
        let publisher = tokio::spawn(publisher.run(pending));
        let readers = TaskTracker::new();
        let complete = Arc::new(AtomicBool::new(false));
        readers.spawn(follow_approvals(
            config.kafka.clone(),
            context.clone(),
            approvals,
            Arc::clone(&complete),
            stop_reading.clone(),
        ));
        readers.spawn(keep_whole(config.kafka.clone(), context.clone(), Arc::clone(&redis), stop_reading.clone()));
        let keys = follow_keys(config.kafka.clone(), context, redis, stop_reading.clone());
        readers.spawn(async move {
            if let Err(error) = keys.await {
                tracing::error!(error = %error, "keys are not followed");
            }
        });
        let checks = Checks {
            app: app.clone(),
            sink,
            client: internal,
            discovery: config.discovery_url.clone(),
            approvals_complete: Box::new(move || complete.load(Ordering::Acquire)),
        };
        readers.spawn(checks.run(stop_reading.clone()));
        if let Some(identity) = identity {
            readers.spawn(keep_fresh(identity, stop_reading.clone()));
        }

        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, config.service.port)).await?;
        let address = listener.local_addr()?;
        let router = transport::router(app.clone());
        let server = tokio::spawn(transport::server::serve(listener, router, stop_serving.clone(), REQUESTS_WITHIN));
        tracing::info!("listening on port {}", address.port());
        Ok(Self {
            address,
            app,
            stop_serving,
            stop_reading,
            server,
            readers,
            publisher,
            shutdown_delay: config.service.shutdown_delay,
        })
    }

    /// Not ready at once; then requests, then readers, then records. What Kafka does not take in time stays on the disk.
    pub async fn stop(mut self) {
        self.app.readiness.stop();
        tokio::time::sleep(self.shutdown_delay).await;
        self.stop_serving.cancel();
        if let Ok(Err(error)) = (&mut self.server).await {
            tracing::error!(error = %error, "the listener ended with an error");
        }
        self.stop_reading.cancel();
        self.readers.close();
        self.app.streams.close();
        let rest = async {
            // Streams have lost their callers by now; what they still do is to write their records.
            self.app.streams.wait().await;
            tokio::join!(self.readers.wait(), self.app.meter.settler.settled(), self.delivered());
        };
        if tokio::time::timeout(REST_WITHIN, rest).await.is_err() {
            let left = self.app.meter.spool.pending_records();
            tracing::warn!("the time for shutting down is over; {left} records stay on the disk for the next start");
        }
        self.publisher.abort();
    }

    /// Every record is on the disk, then in Kafka.
    async fn delivered(&self) {
        if let Err(error) = self.app.meter.spool.flush().await {
            tracing::error!(error = %error, "the spool could not be written to its end");
        }
        while self.app.meter.spool.pending_records() > 0 {
            tokio::time::sleep(DELIVERY_LOOK).await;
        }
    }
}

async fn keep_fresh(identity: Arc<PodIdentity>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CREDENTIALS_LOOK) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = identity.refresh().await {
            tracing::error!(error = %error, "the pod's credentials could not be renewed");
        }
    }
}
