//! A call in the making. However it ends (answered, failed, the caller gone, a panic), dropping it writes the record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::{Envelope, Settler};
use crate::domain::clock;
use crate::domain::key::KeyDigest;
use crate::domain::metering::{CallIdentity, CallResult, MeteringRecord, Outcome};
use crate::domain::pricing::{Pricing, TokenUsage, estimated_tokens};
use crate::storage::spool::{Room, Spool, SpoolError, Written};
use crate::storage::usage::Settlement;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::traces;

/// Longer than the disk takes unless it refuses writes.
const DURABLE_WITHIN: Duration = Duration::from_secs(10);
/// What the caller's connection is closed with where no status could be sent any more (nginx' 499).
const CLIENT_CLOSED: u16 = 499;

#[derive(Clone)]
pub struct Meter {
    pub spool: Spool,
    pub settler: Settler,
    pub metrics: Arc<Metrics>,
}

/// What is known when a call is admitted.
pub struct Admitted {
    pub identity: CallIdentity,
    pub digest: KeyDigest,
    /// Decides the month that it counts for.
    pub at: OffsetDateTime,
    pub pricing: Pricing,
    pub reserved_tokens: u64,
    pub estimated_input_tokens: u64,
    /// When the request's head had come.
    pub begun: Instant,
}

pub struct MeteredCall {
    meter: Meter,
    call: Admitted,
    /// Length of what the caller was given, for a provider that reports no usage.
    output_bytes: usize,
    usage: Option<TokenUsage>,
    waited: Duration,
    overhead: Option<Duration>,
    traceparent: Option<String>,
    /// Taken when the call is over: by its record, or given back because none is due.
    room: Option<Room>,
}

/// What a call came to, and its record on the way to the disk.
pub struct Ended {
    pub usage: TokenUsage,
    pub cost_usd_micros: u64,
    written: Written,
}

impl Ended {
    /// Waits until the disk has the record.
    pub async fn durable(self) -> Result<(), SpoolError> {
        tokio::time::timeout(DURABLE_WITHIN, self.written.durable()).await.unwrap_or(Err(SpoolError::Full))
    }
}

impl Meter {
    pub fn begin(&self, call: Admitted, room: Room) -> MeteredCall {
        MeteredCall {
            meter: self.clone(),
            call,
            output_bytes: 0,
            usage: None,
            waited: Duration::ZERO,
            overhead: None,
            traceparent: traces::traceparent(),
            room: Some(room),
        }
    }
}

impl MeteredCall {
    pub fn identity(&self) -> &CallIdentity {
        &self.call.identity
    }

    /// The time that was the provider's: not part of the overhead.
    pub fn waited(&mut self, waited: Duration) {
        self.waited = waited;
    }

    pub fn delivered(&mut self, text: &str) {
        self.output_bytes += text.len();
    }

    pub fn used(&mut self, usage: TokenUsage) {
        self.usage = Some(usage);
    }

    /// The caller gets its first byte now: the platform's own part is known.
    pub fn first_byte(&mut self) {
        if self.overhead.is_none() {
            let overhead = self.call.begun.elapsed().saturating_sub(self.waited);
            self.overhead = Some(overhead);
            self.meter.metrics.overhead.observe(overhead.as_secs_f64() * 1000.0);
        }
    }

    /// No provider was asked: nothing is metered, and the quota gets back what it was charged.
    pub fn refused(mut self) {
        self.room = None;
        self.settle(TokenUsage::default(), 0, false);
    }

    pub fn end(mut self, outcome: Outcome, status_code: u16) -> Option<Ended> {
        self.finish(outcome, status_code)
    }

    /// Failures of the provider cost nothing; what was said before the caller left, or before the provider broke off
    /// in a stream, is paid.
    fn consumed(&self, outcome: Outcome) -> TokenUsage {
        match (self.usage, outcome) {
            (Some(usage), _) => usage,
            (None, Outcome::ProviderError | Outcome::ProviderTimeout) if self.output_bytes == 0 => {
                TokenUsage::default()
            }
            (None, _) => TokenUsage {
                input_tokens: self.call.estimated_input_tokens,
                output_tokens: estimated_tokens(self.output_bytes),
            },
        }
    }

    fn finish(&mut self, outcome: Outcome, status_code: u16) -> Option<Ended> {
        let room = self.room.take()?;
        let usage = self.consumed(outcome);
        let cost_usd_micros = self.call.pricing.cost_usd_micros(usage);
        let overhead = self.overhead.unwrap_or_else(|| self.call.begun.elapsed().saturating_sub(self.waited));
        let result = CallResult {
            outcome,
            status_code,
            usage,
            cost_usd_micros,
            provider_millis: u64::try_from(self.waited.as_millis()).unwrap_or(u64::MAX),
            overhead_millis: overhead.as_secs_f64() * 1000.0,
        };
        let record = MeteringRecord::new(&self.call.identity, result, clock::now());
        let payload = envelope(&record, self.traceparent.clone());
        let written = self.meter.spool.append(payload, room);
        self.count(outcome, usage, cost_usd_micros);
        self.settle(usage, cost_usd_micros, true);
        Some(Ended { usage, cost_usd_micros, written })
    }

    fn count(&self, outcome: Outcome, usage: TokenUsage, cost_usd_micros: u64) {
        let metrics = &self.meter.metrics;
        metrics.calls.with_label_values(&[outcome.as_str()]).inc();
        metrics.tokens.with_label_values(&["input"]).inc_by(usage.input_tokens);
        metrics.tokens.with_label_values(&["output"]).inc_by(usage.output_tokens);
        metrics.revenue.inc_by(cost_usd_micros);
    }

    fn settle(&self, usage: TokenUsage, cost_usd_micros: u64, counted: bool) {
        self.meter.settler.settle(Settlement {
            digest: self.call.digest.clone(),
            org_id: self.call.identity.org_id,
            reserved_tokens: self.call.reserved_tokens,
            usage,
            cost_usd_micros,
            admitted: self.call.at,
            counted,
        });
    }
}

impl Drop for MeteredCall {
    fn drop(&mut self) {
        // Only a call that was not ended has its room still: the caller went away, or the task died.
        let _detached = self.finish(Outcome::Aborted, CLIENT_CLOSED);
    }
}

fn envelope(record: &MeteringRecord, traceparent: Option<String>) -> Vec<u8> {
    // Plain structures of numbers and texts: they cannot fail to be written.
    let value = serde_json::value::to_raw_value(record).unwrap_or_default();
    let envelope = Envelope { key: record.org_id, event_id: record.event_id, traceparent, value };
    serde_json::to_vec(&envelope).unwrap_or_default()
}
