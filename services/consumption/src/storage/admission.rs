//! May this key call now? One script answers and counts in one step, so that calls side by side cannot both take the
//! last place. Redis away means no: without it nothing bounds what a key spends, and a call that is refused for a few
//! seconds costs less than a bill without a bound.

use std::sync::LazyLock;

use redis::Script;
use time::OffsetDateTime;

use super::key_store::AccessKey;
use super::redis::{Redis, StoreError};
use super::usage;
use crate::domain::clock;

/// Requests per minute by a sliding window of two counters: what the last minute had, weighted by how much of it is
/// still within sixty seconds, and this minute. Exact for a burst, at most a few percent off for an uneven last minute,
/// and two small keys instead of one entry a request. Redis' clock decides, so pods need not agree on theirs.
///
/// Answers `{decision, retryAfterMillis, requestsLeft}`: 0 admitted, 1 rate limit, 2 quota.
static ADMIT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local limit, estimate, quota, peek = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(now / 60000)
local into = now % 60000
local counts = redis.call('HMGET', KEYS[1], 'minute', 'count', 'before')
local held, count, before = tonumber(counts[1] or -1), tonumber(counts[2] or 0), tonumber(counts[3] or 0)
if held == minute - 1 then before, count = count, 0
elseif held ~= minute then before, count = 0, 0 end
local weighted = math.ceil(before * (60000 - into) / 60000)
local left = limit - weighted - count
if peek then return {0, 0, math.max(left, 0)} end
if left < 1 then
  local wait = 60000 - into
  if count < limit and before > 0 then
    wait = math.max(1, math.ceil(60000 - into - (limit - count - 1) * 60000 / before))
  end
  return {1, wait, 0}
end
if quota >= 0 and tonumber(redis.call('HGET', KEYS[2], 'charged') or 0) + estimate > quota then return {2, 0, left} end
redis.call('HSET', KEYS[1], 'minute', minute, 'count', count + 1, 'before', before)
redis.call('PEXPIRE', KEYS[1], 120000)
redis.call('HINCRBY', KEYS[2], 'charged', estimate)
redis.call('EXPIRE', KEYS[2], ARGV[5])
return {0, 0, left - 1}",
    )
});

#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    RateLimited { retry_after_seconds: u64 },
    QuotaExceeded { retry_after_seconds: u64 },
}

/// Counts the request and takes the estimated tokens from the month's quota.
pub async fn admit(
    redis: &Redis,
    key: &AccessKey,
    estimated_tokens: u64,
    now: OffsetDateTime,
) -> Result<Admission, StoreError> {
    let (decision, wait, _) = run(redis, key, estimated_tokens, false, now).await?;
    Ok(match decision {
        0 => Admission::Admitted,
        1 => Admission::RateLimited { retry_after_seconds: wait.div_ceil(1000).max(1) },
        _ => Admission::QuotaExceeded { retry_after_seconds: clock::seconds_left_of_month(now) },
    })
}

/// Requests that the key may still make now, without making one.
pub async fn requests_left(redis: &Redis, key: &AccessKey, now: OffsetDateTime) -> Result<u64, StoreError> {
    let (_, _, left) = run(redis, key, 0, true, now).await?;
    Ok(left)
}

async fn run(
    redis: &Redis,
    key: &AccessKey,
    estimate: u64,
    peek: bool,
    now: OffsetDateTime,
) -> Result<(u8, u64, u64), StoreError> {
    let mut script = ADMIT.key(rate_key(redis, key));
    script
        .key(usage::key_counters(redis, &key.digest, now))
        .arg(key.requests_per_minute)
        .arg(estimate)
        .arg(key.tokens_per_month.map_or(-1, |tokens| i64::try_from(tokens).unwrap_or(i64::MAX)))
        .arg(u8::from(peek))
        .arg(usage::KEEP_SECONDS);
    redis.invoke(&script).await
}

/// The braces put both keys of the script into one slot of a cluster.
fn rate_key(redis: &Redis, key: &AccessKey) -> String {
    redis.key(&format!("rate:{{{}}}", key.digest.as_str()))
}
