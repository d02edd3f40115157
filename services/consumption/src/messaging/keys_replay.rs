//! Redis is a cache of the topic `access.keys`. When its marker is missing (a new Redis, or one that lost its data) one
//! pod takes a lock, reads the topic from its beginning and sets the marker again. Writing is idempotent by version, so
//! it does not matter that the consumer group goes on meanwhile, or that two pods do it after a lock was lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::client::KafkaContext;
use super::keys_reader::apply;
use super::reading::{ReadError, from_beginning};
use crate::config::KafkaConfig;
use crate::storage::key_store::KeyStore;
use crate::storage::redis::{Redis, StoreError};

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOCK_MILLIS: u64 = 15_000;
const PROLONG_EVERY: Duration = Duration::from_secs(4);
const WAIT: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the lock is gone: another pod took over, or Redis lost its data meanwhile")]
    LockLost,
}

/// Looks for the marker until it is stopped, and rebuilds the keys where it is missing.
pub async fn keep_whole(config: KafkaConfig, context: KafkaContext, redis: Arc<Redis>, stop: CancellationToken) {
    let owner = Uuid::new_v4().to_string();
    loop {
        let looked = async {
            match look(&config, &context, &redis, &owner).await {
                Ok(()) => {}
                // The checks tell once that Redis is down; this would tell it every second.
                Err(ReplayError::Store(StoreError::Unavailable(error))) => {
                    tracing::debug!(error, "the keys in Redis could not be looked after");
                }
                Err(error) => tracing::warn!(error = %error, "the keys in Redis could not be looked after"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        tokio::select! {
            () = looked => {}
            () = stop.cancelled() => break,
        }
    }
    let _ = KeyStore::new(&redis).unlock(&owner).await;
}

async fn look(config: &KafkaConfig, context: &KafkaContext, redis: &Redis, owner: &str) -> Result<(), ReplayError> {
    let keys = KeyStore::new(redis);
    if keys.is_whole().await? || !keys.lock(owner, LOCK_MILLIS).await? {
        return Ok(());
    }
    tracing::info!("keys are missing in Redis; reading the topic from its beginning");
    let result = replay(config, context.clone(), redis, owner).await;
    if result.is_ok() {
        keys.mark_whole().await?;
        // Had Redis lost its data while the topic was read, the lock would be gone too: the marker would be a lie. Looked at
        // after the marker is set, since what is lost from now on takes the marker with it.
        if !keys.prolong(owner, LOCK_MILLIS).await? {
            keys.unmark().await?;
            return Err(ReplayError::LockLost);
        }
        tracing::info!("the keys in Redis are whole");
    }
    keys.unlock(owner).await?;
    result
}

async fn replay(config: &KafkaConfig, context: KafkaContext, redis: &Redis, owner: &str) -> Result<(), ReplayError> {
    let keys = KeyStore::new(redis);
    let (consumer, mut ends) = from_beginning(config, context, &config.topics.keys).await?;
    let mut prolonged = Instant::now();
    let mut done = ends.is_passed();
    while !done {
        if prolonged.elapsed() > PROLONG_EVERY {
            if !keys.prolong(owner, LOCK_MILLIS).await? {
                return Err(ReplayError::LockLost);
            }
            prolonged = Instant::now();
        }
        match tokio::time::timeout(WAIT, consumer.recv()).await {
            Ok(message) => {
                let message = message.map_err(ReadError::from)?;
                apply(redis, message.key(), message.payload()).await?;
                done = ends.passed(message.partition(), message.offset());
            }
            Err(_) => done = ends.passed_by(&consumer),
        }
    }
    Ok(())
}
