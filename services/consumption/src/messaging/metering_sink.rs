//! The producer of `metering.records`: acknowledged by all in-sync replicas, or sent again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::SpanKind;
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::util::Timeout;

use super::client::{KafkaContext, client_config};
use crate::config::KafkaConfig;
use crate::metering::{Envelope, Sink, SinkError};
use crate::telemetry::traces;

const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

pub struct KafkaSink {
    settings: ClientConfig,
    context: KafkaContext,
    /// With its number in the order of producers.
    current: Mutex<(u64, FutureProducer<KafkaContext>)>,
    topic: String,
}

impl KafkaSink {
    pub fn new(config: &KafkaConfig, context: KafkaContext) -> Result<Self, KafkaError> {
        let mut settings = client_config(config);
        settings
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "5")
            // Every client of the platform reads gzip without a library of its own; the fastest level takes little CPU.
            .set("compression.type", "gzip")
            .set("compression.level", "1")
            // After it the spool sends the record again; short, so that Kafka's return is noticed soon.
            .set("message.timeout.ms", "10000");
        let producer = settings.create_with_context(context.clone())?;
        Ok(Self { settings, context, current: Mutex::new((0, producer)), topic: config.topics.metering.clone() })
    }

    fn current(&self) -> (u64, FutureProducer<KafkaContext>) {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An idempotent producer takes nothing more after a fatal error, such as a right that was granted later than it
    /// started. Another takes its place; records that were on the way are sent again and counted once by their id.
    fn replace(&self, failed: u64) -> Result<(), KafkaError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 == failed {
            *current = (failed + 1, self.settings.create_with_context(self.context.clone())?);
        }
        Ok(())
    }

    /// Fails where no broker answers, with the reason; blocks for as long as the timeout.
    pub fn reach(&self, timeout: Duration) -> Result<(), String> {
        match self.current().1.client().fetch_metadata(Some(&self.topic), timeout) {
            Ok(metadata) if !metadata.brokers().is_empty() => Ok(()),
            Ok(_) => Err("the cluster has no brokers".into()),
            // Of a refused password or certificate the call itself only knows that there was no connection.
            Err(error) => Err(self.context.last_error().unwrap_or_else(|| error.to_string())),
        }
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
        let span = traces::messaging_span("send metering.records", SpanKind::Producer, record.traceparent.as_deref());
        let traceparent = span.traceparent();
        if let Some(traceparent) = &traceparent {
            headers = headers.insert(text("traceparent", traceparent));
        }
        let message = FutureRecord::to(&self.topic).key(&key).payload(record.value.get()).headers(headers);
        let (number, producer) = self.current();
        let result = producer.send(message, Timeout::After(QUEUE_TIMEOUT)).await;
        span.end(result.is_ok());
        let Err((error, _)) = result else { return Ok(()) };
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::Fatal) {
            return Err(SinkError(error.to_string()));
        }
        let why = producer.client().fatal_error().map_or_else(|| error.to_string(), |(_, why)| why);
        match self.replace(number) {
            Ok(()) => Err(SinkError(format!("the producer is replaced: {why}"))),
            Err(error) => Err(SinkError(format!("the producer cannot be replaced: {error}"))),
        }
    }
}
