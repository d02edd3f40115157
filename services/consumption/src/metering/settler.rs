//! Brings the counters in Redis up to date behind the answers, many calls in one exchange. It is not on the path of a
//! call, and it holds on while Redis is away; what it cannot hold is missing in the counters, not in the bill.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::storage::redis::{Redis, StoreError};
use crate::storage::usage::{self, Settlement};

const HELD: usize = 50_000;
const BATCH: usize = 2_048;
/// How long a call's end waits for others to go with it. So long its quota is charged with its estimate still.
const GATHER: Duration = Duration::from_millis(100);
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
        gather(&mut receiver, &mut batch).await;
        if let Some(begun) = until_taken(|| usage::settle(&redis, &batch)).await
            && !begun.is_empty()
        {
            until_taken(|| usage::keep(&redis, &begun)).await;
        }
        held.fetch_sub(batch.len(), Ordering::Relaxed);
        batch.clear();
    }
}

/// What ends within the next moment goes along: calls of one key or organisation become one command.
async fn gather(receiver: &mut mpsc::Receiver<Settlement>, batch: &mut Vec<Settlement>) {
    if batch.len() < BATCH {
        tokio::time::sleep(GATHER).await;
    }
    while batch.len() < BATCH
        && let Ok(settlement) = receiver.try_recv()
    {
        batch.push(settlement);
    }
}

/// Tries until Redis answers. None where it refused: trying again would not help. A pipeline is not a transaction, so
/// some of it may be counted.
async fn until_taken<T, F>(exchange: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match exchange().await {
            Ok(taken) => return Some(taken),
            Err(error @ StoreError::Refused(_)) => {
                tracing::error!(error = %error, "Redis refused the counters of calls");
                return None;
            }
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(RETRY_AFTER).await,
        }
    }
}
