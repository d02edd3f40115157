//! Brings the counters in Redis up to date behind the answers, many calls in one exchange. It is not on the path of a
//! call, and it holds on while Redis is away; what it cannot hold is missing in the counters, not in the bill.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::storage::redis::{Redis, StoreError};
use crate::storage::usage::{self, Settlement};

const HELD: usize = 50_000;
const BATCH: usize = 256;
const RETRY_AFTER: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub struct Settler {
    sender: mpsc::Sender<Settlement>,
    held: Arc<AtomicUsize>,
}

impl Settler {
    /// Its task ends when every clone is gone.
    pub fn start(redis: Arc<Redis>) -> Self {
        let (sender, receiver) = mpsc::channel(HELD);
        let held = Arc::new(AtomicUsize::new(0));
        tokio::spawn(run(redis, receiver, Arc::clone(&held)));
        Self { sender, held }
    }

    pub fn settle(&self, settlement: Settlement) {
        // Counted before it is sent: the task may settle it at once.
        self.held.fetch_add(1, Ordering::Relaxed);
        if self.sender.try_send(settlement).is_err() {
            self.held.fetch_sub(1, Ordering::Relaxed);
            tracing::warn!("Redis has been away for long: the usage that callers see lacks a call");
        }
    }

    /// Waits until everything is settled.
    pub async fn settled(&self) {
        while self.held.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn run(redis: Arc<Redis>, mut receiver: mpsc::Receiver<Settlement>, held: Arc<AtomicUsize>) {
    let mut batch = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut batch, BATCH).await > 0 {
        loop {
            match usage::settle(&redis, &batch).await {
                Ok(()) => break,
                // Retrying would not help; a pipeline is not a transaction, so some of it may be counted.
                Err(error @ StoreError::Refused(_)) => {
                    tracing::error!(error = %error, "Redis refused the counters of calls");
                    break;
                }
                Err(StoreError::Unavailable(_)) => tokio::time::sleep(RETRY_AFTER).await,
            }
        }
        held.fetch_sub(batch.len(), Ordering::Relaxed);
        batch.clear();
    }
}
