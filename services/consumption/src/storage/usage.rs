//! Counters of the current month. They are for callers' eyes and for quotas; what is billed is counted from the topic
//! `metering.records`. When Redis loses them they begin at zero: consumption may write that topic and not read it, so
//! a lost month is lenient to callers and exact in the bill.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use uuid::Uuid;

use super::admission::charged_field;
use super::key_store;
use super::redis::{Redis, StoreError};
use crate::domain::clock;
use crate::domain::key::KeyDigest;
use crate::domain::pricing::TokenUsage;

/// Longer than any month, so that a counter outlives its period and no longer.
const KEEP_SECONDS: i64 = 40 * 24 * 3600;

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

/// Of one organisation: requests, input tokens, output tokens, cost. One string of four 64-bit numbers, so that a call
/// or many add to all of them in one command.
type Sums = [i64; 4];

/// Adds many calls in one exchange, one command a key and one an organisation. Gives the counters that begin with it:
/// they have no lifetime yet.
pub async fn settle(redis: &Redis, settlements: &[Settlement]) -> Result<Vec<String>, StoreError> {
    let (mut corrections, mut sums) = (BTreeMap::<_, i64>::new(), BTreeMap::<_, Sums>::new());
    for settlement in settlements {
        let correction = signed(settlement.usage.total()) - signed(settlement.reserved_tokens);
        let key = (key_store::record(redis, &settlement.digest), charged_field(settlement.admitted));
        *corrections.entry(key).or_default() += correction;
        if settlement.counted {
            let sum = sums.entry(org_counters(redis, settlement.org_id, settlement.admitted)).or_default();
            sum.iter_mut().zip(added(settlement)).for_each(|(sum, by)| *sum += by);
        }
    }
    let mut pipeline = redis::pipe();
    for ((key, field), by) in corrections.iter().filter(|(_, by)| **by != 0) {
        pipeline.cmd("HINCRBY").arg(key).arg(field).arg(by).ignore();
    }
    for (key, sum) in &sums {
        let command = pipeline.cmd("BITFIELD").arg(key);
        for (index, by) in sum.iter().enumerate() {
            command.arg("INCRBY").arg("i64").arg(format!("#{index}")).arg(by);
        }
    }
    let after: Vec<Sums> = redis.query(&pipeline).await?;
    let begun = sums.into_iter().zip(after).filter(|((_, sum), after)| sum[0] == after[0]);
    Ok(begun.map(|((key, _), _)| key).collect())
}

/// Gives counters their lifetime.
pub async fn keep(redis: &Redis, counters: &[String]) -> Result<(), StoreError> {
    let mut pipeline = redis::pipe();
    for key in counters {
        pipeline.cmd("EXPIRE").arg(key).arg(KEEP_SECONDS).ignore();
    }
    redis.query(&pipeline).await
}

fn added(settlement: &Settlement) -> Sums {
    let usage = settlement.usage;
    [1, signed(usage.input_tokens), signed(usage.output_tokens), signed(settlement.cost_usd_micros)]
}

pub async fn of_org(redis: &Redis, org: Uuid, now: OffsetDateTime) -> Result<Totals, StoreError> {
    let mut pipeline = redis::pipe();
    let command = pipeline.cmd("BITFIELD_RO").arg(org_counters(redis, org, now));
    for index in 0..4 {
        command.arg("GET").arg("i64").arg(format!("#{index}"));
    }
    let (sums,): (Sums,) = redis.query(&pipeline).await?;
    let [requests, input_tokens, output_tokens, cost_usd_micros] = sums.map(|sum| u64::try_from(sum).unwrap_or(0));
    Ok(Totals { requests, usage: TokenUsage { input_tokens, output_tokens }, cost_usd_micros })
}

fn org_counters(redis: &Redis, org: Uuid, at: OffsetDateTime) -> String {
    redis.key(&format!("org-usage:{org}:{}", clock::month(at)))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
