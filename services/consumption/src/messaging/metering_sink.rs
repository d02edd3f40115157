//! The producer of `metering.records`: acknowledged by all in-sync replicas, or sent again.

use std::time::Duration;

use opentelemetry::trace::SpanKind;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::util::Timeout;

use super::client::{KafkaContext, client_config};
use crate::config::KafkaConfig;
use crate::metering::{Envelope, Sink, SinkError};
use crate::telemetry::traces;

const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

pub struct KafkaSink {
    producer: FutureProducer<KafkaContext>,
    topic: String,
}

impl KafkaSink {
    pub fn new(config: &KafkaConfig, context: KafkaContext) -> Result<Self, KafkaError> {
        let producer = client_config(config)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            // Every client of the platform reads gzip without a library of its own; the fastest level takes little CPU.
            .set("compression.type", "gzip")
            .set("compression.level", "1")
            // After it the spool sends the record again; short, so that Kafka's return is noticed soon.
            .set("message.timeout.ms", "10000")
            .create_with_context(context)?;
        Ok(Self { producer, topic: config.topics.metering.clone() })
    }

    /// Whether a broker answers; blocks for as long as the timeout.
    pub fn reachable(&self, timeout: Duration) -> bool {
        self.producer
            .client()
            .fetch_metadata(Some(&self.topic), timeout)
            .is_ok_and(|metadata| !metadata.brokers().is_empty())
    }
}

impl Sink for std::sync::Arc<KafkaSink> {
    async fn send(&self, record: &Envelope) -> Result<(), SinkError> {
        let event_id = record.event_id.to_string();
        let key = record.key.to_string();
        let text = |key, value| Header { key, value: Some(value) };
        let mut headers = OwnedHeaders::new()
            .insert(text("event-type", "metering.recorded"))
            .insert(text("event-id", event_id.as_str()))
            .insert(text("content-type", "application/json"));
        if let Some(traceparent) = &record.traceparent {
            headers = headers.insert(text("traceparent", traceparent));
        }
        let message = FutureRecord::to(&self.topic).key(&key).payload(record.value.get()).headers(headers);
        let span = traces::messaging_span("send metering.records", SpanKind::Producer, record.traceparent.as_deref());
        let result = self.producer.send(message, Timeout::After(QUEUE_TIMEOUT)).await;
        span.end(result.is_ok());
        result.map(|_| ()).map_err(|(error, _)| SinkError(error.to_string()))
    }
}
