//! The consumer group that writes keys to Redis as they change. An offset is committed only when Redis has the record.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::SpanKind;
use rdkafka::Message;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers};
use tokio_util::sync::CancellationToken;

use super::client::{KafkaContext, client_config};
use crate::config::KafkaConfig;
use crate::domain::key::{AccessKeyEvent, KeyDigest};
use crate::storage::key_store::KeyStore;
use crate::storage::redis::{Redis, StoreError};
use crate::telemetry::traces;

const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Runs until it is stopped, then commits and leaves the group.
pub async fn follow_keys(
    config: KafkaConfig,
    context: KafkaContext,
    redis: Arc<Redis>,
    stop: CancellationToken,
) -> Result<(), KafkaError> {
    let mut client = client_config(&config);
    client
        .set("group.id", format!("{}-access-keys", config.group_prefix))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "1000")
        // Stored by hand, after Redis; the timer commits what is stored.
        .set("enable.auto.offset.store", "false")
        .set("partition.assignment.strategy", "cooperative-sticky");
    let consumer: StreamConsumer<KafkaContext> = client.create_with_context(context)?;
    consumer.subscribe(&[&config.topics.keys])?;
    loop {
        let message = tokio::select! {
            message = consumer.recv() => message,
            () = stop.cancelled() => break,
        };
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                tracing::debug!(error = %error, "reading keys is interrupted");
                tokio::select! {
                    () = tokio::time::sleep(RETRY_AFTER) => continue,
                    () = stop.cancelled() => break,
                }
            }
        };
        tokio::select! {
            () = write_until_taken(&redis, &message) => {}
            () = stop.cancelled() => break,
        }
        if let Err(error) = consumer.store_offset_from_message(&message) {
            // The partition went to another member, which reads the record again.
            tracing::debug!(error = %error, "an offset could not be stored");
        }
    }
    if let Err(error) = consumer.commit_consumer_state(CommitMode::Sync) {
        tracing::debug!(error = %error, "nothing to commit at the end");
    }
    Ok(())
}

async fn write_until_taken(redis: &Redis, message: &BorrowedMessage<'_>) {
    let traceparent = message.headers().and_then(|headers| {
        headers
            .iter()
            .find(|header| header.key == "traceparent")
            .and_then(|header| std::str::from_utf8(header.value?).ok())
    });
    let span = traces::messaging_span("process access.keys", SpanKind::Consumer, traceparent);
    while let Err(error) = apply(redis, message.key(), message.payload()).await {
        tracing::warn!(error = %error, "a key cannot be written; trying again");
        tokio::time::sleep(RETRY_AFTER).await;
    }
    span.end(true);
}

/// Writes one record of the topic. One of another form is passed over: it would block all keys behind it.
pub(super) async fn apply(redis: &Redis, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), StoreError> {
    let keys = KeyStore::new(redis);
    let Some(value) = value else {
        let digest =
            key.and_then(|key| String::from_utf8(key.to_vec()).ok()).and_then(|text| KeyDigest::try_from(text).ok());
        return match digest {
            Some(digest) => keys.remove(&digest).await,
            None => Ok(()),
        };
    };
    match serde_json::from_slice::<AccessKeyEvent>(value) {
        Ok(event) => keys.write(&event).await.map(|_| ()),
        Err(error) => {
            tracing::error!(error = %error, "a record of keys has another form and is passed over");
            Ok(())
        }
    }
}
