//! Every call that reached a provider becomes exactly one record: on the disk before its answer ends, in Kafka when
//! Kafka takes it.

mod call;
mod publisher;
mod settler;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

pub use call::{Admitted, Ended, Meter, MeteredCall};
pub use publisher::{Publisher, Sink, SinkError};
pub use settler::Settler;

/// A record as it lies in the spool, with what Kafka's message needs beside its value.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The message's key: the organisation that pays.
    pub key: Uuid,
    pub event_id: Uuid,
    pub traceparent: Option<String>,
    pub value: Box<RawValue>,
}
