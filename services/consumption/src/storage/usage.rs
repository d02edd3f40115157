//! Counters of the current month. They are for callers' eyes and for quotas; what is billed is counted from the topic
//! `metering.records`. When Redis loses them they begin at zero: consumption may write that topic and not read it, so
//! a lost month is lenient to callers and exact in the bill.

use redis::Pipeline;
use time::OffsetDateTime;
use uuid::Uuid;

use super::redis::{Redis, StoreError};
use crate::domain::clock;
use crate::domain::key::KeyDigest;
use crate::domain::pricing::TokenUsage;

/// Longer than any month, so that a counter outlives its period and no longer.
pub const KEEP_SECONDS: i64 = 40 * 24 * 3600;

/// What a call that ended changes.
#[derive(Debug, Clone)]
pub struct Settlement {
    pub digest: KeyDigest,
    pub org_id: Uuid,
    /// What admission had taken from the quota.
    pub reserved_tokens: u64,
    pub usage: TokenUsage,
    pub cost_usd_micros: u64,
    /// When it was admitted: a call over midnight belongs to the month it began in.
    pub admitted: OffsetDateTime,
    /// False where the provider was never asked: only the reservation goes back.
    pub counted: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub requests: u64,
    pub usage: TokenUsage,
    pub cost_usd_micros: u64,
}

/// Adds many calls in one exchange.
pub async fn settle(redis: &Redis, settlements: &[Settlement]) -> Result<(), StoreError> {
    let mut pipeline = redis::pipe();
    for settlement in settlements {
        add(&mut pipeline, redis, settlement);
    }
    redis.query(&pipeline).await
}

fn add(pipeline: &mut Pipeline, redis: &Redis, settlement: &Settlement) {
    let key = key_counters(redis, &settlement.digest, settlement.admitted);
    let correction = signed(settlement.usage.total()) - signed(settlement.reserved_tokens);
    pipeline.cmd("HINCRBY").arg(&key).arg("charged").arg(correction).ignore();
    if settlement.counted {
        let org = org_counters(redis, settlement.org_id, settlement.admitted);
        for (field, by) in [
            ("requests", 1),
            ("inputTokens", signed(settlement.usage.input_tokens)),
            ("outputTokens", signed(settlement.usage.output_tokens)),
            ("costUsdMicros", signed(settlement.cost_usd_micros)),
        ] {
            pipeline.cmd("HINCRBY").arg(&org).arg(field).arg(by).ignore();
        }
        pipeline.cmd("EXPIRE").arg(&org).arg(KEEP_SECONDS).ignore();
    }
    pipeline.cmd("EXPIRE").arg(&key).arg(KEEP_SECONDS).ignore();
}

pub async fn of_org(redis: &Redis, org: Uuid, now: OffsetDateTime) -> Result<Totals, StoreError> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("HMGET").arg(org_counters(redis, org, now)).arg(&[
        "requests",
        "inputTokens",
        "outputTokens",
        "costUsdMicros",
    ]);
    let (counters,): (Vec<Option<u64>>,) = redis.query(&pipeline).await?;
    let at = |index: usize| counters.get(index).copied().flatten().unwrap_or(0);
    Ok(Totals {
        requests: at(0),
        usage: TokenUsage { input_tokens: at(1), output_tokens: at(2) },
        cost_usd_micros: at(3),
    })
}

/// Tokens that the key's quota is charged with, those of calls in flight included.
pub async fn charged(redis: &Redis, digest: &KeyDigest, now: OffsetDateTime) -> Result<u64, StoreError> {
    let mut pipeline = redis::pipe();
    pipeline.cmd("HGET").arg(key_counters(redis, digest, now)).arg("charged");
    let (tokens,): (Option<i64>,) = redis.query(&pipeline).await?;
    // Below zero where Redis lost the reservation and not its correction.
    Ok(tokens.map_or(0, |tokens| u64::try_from(tokens).unwrap_or(0)))
}

pub(super) fn key_counters(redis: &Redis, digest: &KeyDigest, at: OffsetDateTime) -> String {
    redis.key(&format!("usage:{{{}}}:{}", digest.as_str(), clock::month(at)))
}

fn org_counters(redis: &Redis, org: Uuid, at: OffsetDateTime) -> String {
    redis.key(&format!("org-usage:{org}:{}", clock::month(at)))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
