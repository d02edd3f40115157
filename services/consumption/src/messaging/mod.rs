//! Kafka: metering records out, keys and approvals in.

mod approvals_reader;
mod client;
mod keys_reader;
mod keys_replay;
mod metering_sink;
mod reading;

pub use approvals_reader::follow_approvals;
pub use client::{KafkaContext, client_config};
pub use keys_reader::follow_keys;
pub use keys_replay::keep_whole;
pub use metering_sink::KafkaSink;
