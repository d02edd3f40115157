//! May this key call now? One script reads the key's record, answers and counts in one step, so that calls side by side
//! cannot both take the last place and a key that was just revoked is refused. Redis away means no: without it nothing
//! bounds what a key spends, and a call that is refused for a few seconds costs less than a bill without a bound.

use std::sync::LazyLock;

use redis::Script;
use time::OffsetDateTime;
use uuid::Uuid;

use super::key_store;
use super::redis::{Redis, StoreError};
use crate::domain::clock;
use crate::domain::key::KeyDigest;

/// Requests per minute by a sliding window of two counters: what the last minute had, weighted by how much of it is
/// still within sixty seconds, and this minute. Exact for a burst, at most a few percent off for an uneven last minute,
/// and three fields instead of an entry a request. Redis' clock decides, so pods need not agree on theirs.
///
/// Everything that is asked and counted is in the hash of the key, so that it takes one read and one write. The month
/// is in the name of its counter: a call that began before midnight is corrected in the month it began in. What is older
/// than the last month goes when a month's counter begins.
///
/// Answers `{decision, millisecondsToWait or requestsLeft, tokensCharged, keyId, orgId, requestsPerMinute}`: 0 admitted,
/// 1 rate limit, 2 quota, 3 a key that is revoked, expired or not there.
static ADMIT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local estimate, charged_field, oldest, peek = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4] == '1'
local time = redis.call('TIME')
local key = redis.call('HMGET', KEYS[1], 'keyId', 'orgId', 'status', 'expiresAt', 'requestsPerMinute', 'tokensPerMonth',
  'minute', 'count', 'before', charged_field)
local limit = tonumber(key[5])
local expires = tonumber(key[4] or 0)
if not limit or key[3] ~= 'active' or (expires ~= 0 and expires <= tonumber(time[1])) then
  return {3, 0, 0, false, false, 0}
end
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(now / 60000)
local into = now % 60000
local held, count, before = tonumber(key[7] or -1), tonumber(key[8] or 0), tonumber(key[9] or 0)
if held == minute - 1 then before, count = count, 0
elseif held ~= minute then before, count = 0, 0 end
local left = limit - math.ceil(before * (60000 - into) / 60000) - count
local charged = tonumber(key[10] or 0)
if peek then return {0, math.max(left, 0), charged, key[1], key[2], limit} end
if left < 1 then
  local wait = 60000 - into
  if count < limit and before > 0 then
    wait = math.max(1, math.ceil(60000 - into - (limit - count - 1) * 60000 / before))
  end
  return {1, wait, charged, key[1], key[2], limit}
end
local quota = tonumber(key[6])
if quota and charged + estimate > quota then return {2, 0, charged, key[1], key[2], limit} end
redis.call('HSET', KEYS[1], 'minute', minute, 'count', count + 1, 'before', before, charged_field, charged + estimate)
if not key[10] then
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, 8) == 'charged:' and field < oldest then redis.call('HDEL', KEYS[1], field) end
  end
end
return {0, left - 1, charged + estimate, key[1], key[2], limit}",
    )
});

/// Requests left or milliseconds to wait, tokens charged, the key's id, its organisation's, requests a minute.
type Decided = (u8, u64, i64, Option<String>, Option<String>, u32);

#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted {
        key_id: Uuid,
        org_id: Uuid,
    },
    RateLimited {
        requests_per_minute: u32,
        retry_after_seconds: u64,
    },
    QuotaExceeded {
        retry_after_seconds: u64,
    },
    /// Revoked, expired or not in Redis.
    KeyGone,
}

/// What a key may still do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub requests_left: u64,
    /// Tokens that the month's quota is charged with, those of calls in flight included.
    pub tokens_charged: u64,
}

/// Counts the request and takes the estimated tokens from the month's quota.
pub async fn admit(
    redis: &Redis,
    digest: &KeyDigest,
    estimated_tokens: u64,
    now: OffsetDateTime,
) -> Result<Admission, StoreError> {
    let (decision, wait, _, key_id, org_id, requests_per_minute) =
        run(redis, digest, estimated_tokens, false, now).await?;
    Ok(match (decision, key_store::uuid(key_id), key_store::uuid(org_id)) {
        (0, Some(key_id), Some(org_id)) => Admission::Admitted { key_id, org_id },
        (1, ..) => Admission::RateLimited { requests_per_minute, retry_after_seconds: wait.div_ceil(1000).max(1) },
        (2, ..) => Admission::QuotaExceeded { retry_after_seconds: clock::seconds_left_of_month(now) },
        _ => Admission::KeyGone,
    })
}

/// Where the key stands now, without making a request. Nothing is left of a key that may not call.
pub async fn standing(redis: &Redis, digest: &KeyDigest, now: OffsetDateTime) -> Result<Standing, StoreError> {
    let (_, requests_left, charged, ..) = run(redis, digest, 0, true, now).await?;
    // Below zero where Redis lost the reservation and not its correction.
    Ok(Standing { requests_left, tokens_charged: u64::try_from(charged).unwrap_or(0) })
}

/// The counter of the tokens that a key is charged with in a month.
pub(super) fn charged_field(at: OffsetDateTime) -> String {
    format!("charged:{}", clock::month(at))
}

async fn run(
    redis: &Redis,
    digest: &KeyDigest,
    estimate: u64,
    peek: bool,
    now: OffsetDateTime,
) -> Result<Decided, StoreError> {
    let mut script = ADMIT.key(key_store::record(redis, digest));
    script.arg(estimate).arg(charged_field(now)).arg(charged_field(clock::last_month(now))).arg(u8::from(peek));
    redis.invoke(&script).await
}
