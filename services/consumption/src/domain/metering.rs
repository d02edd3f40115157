//! The record of one call, `contract/metering-record.schema.json`.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::clock::rfc3339;
use super::pricing::TokenUsage;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Succeeded,
    ProviderError,
    ProviderTimeout,
    Aborted,
}

impl Outcome {
    /// The label's value in metrics, the same text as in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::ProviderError => "provider-error",
            Self::ProviderTimeout => "provider-timeout",
            Self::Aborted => "aborted",
        }
    }
}

/// Who called what: known from the moment a call is admitted.
#[derive(Debug, Clone)]
pub struct CallIdentity {
    pub call_id: Uuid,
    pub org_id: Uuid,
    pub key_id: Uuid,
    pub listing_id: Uuid,
    pub listing_org_id: Uuid,
    pub release: String,
    pub streamed: bool,
}

/// How it went: known when it is over.
#[derive(Debug, Clone, Copy)]
pub struct CallResult {
    pub outcome: Outcome,
    pub status_code: u16,
    pub usage: TokenUsage,
    pub cost_usd_micros: u64,
    pub provider_millis: u64,
    pub overhead_millis: f64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeteringRecord {
    pub event_id: Uuid,
    pub call_id: Uuid,
    pub occurred_at: String,
    pub org_id: Uuid,
    pub key_id: Uuid,
    pub listing_id: Uuid,
    pub listing_org_id: Uuid,
    pub release: String,
    pub outcome: Outcome,
    pub status_code: u16,
    pub streamed: bool,
    #[serde(flatten)]
    pub usage: TokenUsage,
    pub cost_usd_micros: u64,
    pub provider_millis: u64,
    pub overhead_millis: f64,
}

impl MeteringRecord {
    /// The event's id is made here, once: a record that is sent again after a crash keeps it.
    pub fn new(call: &CallIdentity, result: CallResult, at: OffsetDateTime) -> Self {
        Self {
            event_id: Uuid::now_v7(),
            call_id: call.call_id,
            occurred_at: rfc3339(at),
            org_id: call.org_id,
            key_id: call.key_id,
            listing_id: call.listing_id,
            listing_org_id: call.listing_org_id,
            release: call.release.clone(),
            outcome: result.outcome,
            status_code: result.status_code,
            streamed: call.streamed,
            usage: result.usage,
            cost_usd_micros: result.cost_usd_micros,
            provider_millis: result.provider_millis,
            // Two decimals are what a clock is good for, and they keep the record short.
            overhead_millis: (result.overhead_millis.max(0.0) * 100.0).round() / 100.0,
        }
    }
}
