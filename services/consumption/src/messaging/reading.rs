//! Reads whole topics without a group: every partition from its beginning, and where its end was when reading began.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;

use super::client::KafkaContext;
use crate::config::KafkaConfig;
use crate::messaging::client_config;

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("Kafka does not answer: {0}")]
    Kafka(#[from] KafkaError),
    #[error("the topic {0} does not exist")]
    NoTopic(String),
    #[error("the reading thread ended")]
    Thread,
}

/// Partition by partition, the offset before which everything is old.
pub struct Ends(HashMap<i32, i64>);

impl Ends {
    /// Takes note of a record; true once nothing old is left anywhere.
    pub fn passed(&mut self, partition: i32, offset: i64) -> bool {
        if self.0.get(&partition).is_some_and(|end| offset + 1 >= *end) {
            self.0.remove(&partition);
        }
        self.0.is_empty()
    }

    pub fn is_passed(&self) -> bool {
        self.0.is_empty()
    }

    /// Compaction and transaction markers leave gaps: the last offset before an end may never be delivered. Where the
    /// consumer stands is what counts then.
    pub fn passed_by(&mut self, consumer: &StreamConsumer<KafkaContext>) -> bool {
        if let Ok(positions) = consumer.position() {
            for position in positions.elements() {
                if let Offset::Offset(next) = position.offset()
                    && self.0.get(&position.partition()).is_some_and(|end| next >= *end)
                {
                    self.0.remove(&position.partition());
                }
            }
        }
        self.0.is_empty()
    }
}

/// A consumer at the beginning of every partition of the topic.
pub async fn from_beginning(
    config: &KafkaConfig,
    context: KafkaContext,
    topic: &str,
) -> Result<(StreamConsumer<KafkaContext>, Ends), ReadError> {
    let mut client = client_config(config);
    // A group is demanded and never joined: nothing is committed.
    client
        .set("group.id", format!("{}-reader", config.group_prefix))
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest");
    let consumer: StreamConsumer<KafkaContext> = client.create_with_context(context)?;
    let topic = topic.to_owned();
    // These calls of librdkafka block.
    tokio::task::spawn_blocking(move || {
        let metadata = consumer.fetch_metadata(Some(&topic), TIMEOUT)?;
        let partitions: Vec<i32> =
            metadata.topics().iter().flat_map(|topic| topic.partitions()).map(|partition| partition.id()).collect();
        if partitions.is_empty() {
            return Err(ReadError::NoTopic(topic));
        }
        let mut assignment = TopicPartitionList::new();
        let mut ends = HashMap::new();
        for partition in partitions {
            let (begin, end) = consumer.fetch_watermarks(&topic, partition, TIMEOUT)?;
            assignment.add_partition_offset(&topic, partition, Offset::Beginning)?;
            if end > begin {
                ends.insert(partition, end);
            }
        }
        consumer.assign(&assignment)?;
        Ok((consumer, Ends(ends)))
    })
    .await
    .map_err(|_| ReadError::Thread)?
}
