//! Takes records from the spool to Kafka, and tells the spool what Kafka has acknowledged. A record that was not
//! acknowledged is sent again, with the same event id.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use super::Envelope;
use crate::storage::spool::{Pending, Spool};
use crate::telemetry::metrics::Metrics;

const BATCH: usize = 512;
const RETRY_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
#[error("Kafka did not take the record: {0}")]
pub struct SinkError(pub String);

pub trait Sink: Send + Sync + 'static {
    /// Ends when all in-sync replicas have the record.
    fn send(&self, record: &Envelope) -> impl Future<Output = Result<(), SinkError>> + Send;
}

pub struct Publisher<S> {
    pub sink: S,
    pub spool: Spool,
    pub metrics: Arc<Metrics>,
}

impl<S: Sink> Publisher<S> {
    /// Ends when the spool is closed and everything is delivered. It may be aborted anywhere: what Kafka has not
    /// acknowledged by then is on the disk for the next start.
    pub async fn run(self, mut pending: mpsc::UnboundedReceiver<Pending>) {
        let mut batch = Vec::with_capacity(BATCH);
        while pending.recv_many(&mut batch, BATCH).await > 0 {
            loop {
                batch = self.deliver(batch).await;
                if batch.is_empty() {
                    break;
                }
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }

    /// Gives back what must be sent again.
    async fn deliver(&self, batch: Vec<Pending>) -> Vec<Pending> {
        let sent = join_all(batch.into_iter().map(|pending| async {
            let result = match serde_json::from_slice::<Envelope>(&pending.payload) {
                Ok(envelope) => self.sink.send(&envelope).await,
                // It passed its checksum, so another version wrote it. Waiting for ever would block all others.
                Err(error) => {
                    tracing::error!(error = %error, "a record of the spool has another form and is dropped");
                    self.spool.delivered(pending.segment);
                    return None;
                }
            };
            match result {
                Ok(()) => {
                    self.metrics.metering_published.inc();
                    self.spool.delivered(pending.segment);
                    None
                }
                Err(error) => Some((pending, error)),
            }
        }))
        .await;
        let failed: Vec<(Pending, SinkError)> = sent.into_iter().flatten().collect();
        if let Some((_, error)) = failed.first() {
            tracing::warn!(error = %error, "records wait in the spool for Kafka");
        }
        failed.into_iter().map(|(pending, _)| pending).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use uuid::Uuid;

    use super::*;

    /// Refuses the first sends, then takes everything.
    struct Flaky {
        refuse: AtomicUsize,
        taken: Arc<Mutex<Vec<Uuid>>>,
    }

    impl Sink for Flaky {
        async fn send(&self, record: &Envelope) -> Result<(), SinkError> {
            if self.refuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                return Err(SinkError("away".into()));
            }
            self.taken.lock().expect("a list").push(record.event_id);
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn records_that_kafka_did_not_take_are_sent_again_until_it_does_and_then_leave_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = Spool::open(folder.path(), 1 << 20).expect("a spool");
        let mut ids = Vec::new();
        for _ in 0..20 {
            let envelope = Envelope {
                key: Uuid::nil(),
                event_id: Uuid::now_v7(),
                traceparent: None,
                value: serde_json::value::to_raw_value(&1).expect("a value"),
            };
            ids.push(envelope.event_id);
            let room = opened.spool.reserve().expect("room");
            opened
                .spool
                .append(serde_json::to_vec(&envelope).expect("a payload"), room)
                .durable()
                .await
                .expect("written");
        }
        let taken = Arc::new(Mutex::new(Vec::new()));
        let sink = Flaky { refuse: AtomicUsize::new(50), taken: Arc::clone(&taken) };
        let metrics = Arc::new(Metrics::new().expect("metrics"));
        let publisher = Publisher { sink, spool: opened.spool.clone(), metrics: Arc::clone(&metrics) };
        let running = tokio::spawn(publisher.run(opened.pending));
        while taken.lock().expect("a list").len() < ids.len() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.abort();
        assert!(running.await.is_err_and(|error| error.is_cancelled()));
        let mut got = taken.lock().expect("a list").clone();
        got.sort_unstable();
        ids.sort_unstable();
        assert_eq!(got, ids);
        assert_eq!(metrics.metering_published.get(), 20);
        drop(opened.spool);
        opened.writer.join().expect("ended");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
