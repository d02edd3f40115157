//! Every pod reads all of `provider.approvals` at start and follows it. Until the old records are read the pod is not
//! ready: it would refuse hosts that are approved.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::Message;
use tokio_util::sync::CancellationToken;

use super::client::KafkaContext;
use super::reading::{ReadError, from_beginning};
use crate::config::KafkaConfig;
use crate::providers::Approvals;

const RETRY_AFTER: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(200);

/// Runs until it is stopped; `complete` becomes true once everything old is read.
pub async fn follow_approvals(
    config: KafkaConfig,
    context: KafkaContext,
    approvals: Arc<Approvals>,
    complete: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    loop {
        let reading = read(&config, context.clone(), &approvals, &complete);
        tokio::select! {
            result = reading => if let Err(error) = result {
                tracing::warn!(error = %error, "approvals of providers cannot be read; trying again");
            },
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY_AFTER) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn read(
    config: &KafkaConfig,
    context: KafkaContext,
    approvals: &Approvals,
    complete: &AtomicBool,
) -> Result<(), ReadError> {
    let (consumer, mut ends) = from_beginning(config, context, &config.topics.approvals).await?;
    if ends.is_passed() {
        complete.store(true, Ordering::Release);
    }
    loop {
        let message = match tokio::time::timeout(LOOK, consumer.recv()).await {
            Ok(Ok(message)) => message,
            // The client connects again by itself; what was approved stays approved meanwhile.
            Ok(Err(error)) => {
                tracing::debug!(error = %error, "reading approvals is interrupted");
                tokio::time::sleep(LOOK).await;
                continue;
            }
            Err(_) => {
                if ends.passed_by(&consumer) {
                    complete.store(true, Ordering::Release);
                }
                continue;
            }
        };
        if let Err(error) = approvals.apply(message.key(), message.payload()) {
            tracing::error!(error = %error, "a record of approvals has another form and is passed over");
        }
        if ends.passed(message.partition(), message.offset()) {
            complete.store(true, Ordering::Release);
        }
    }
}
