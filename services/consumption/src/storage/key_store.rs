//! API keys in Redis, a copy of the topic `access.keys`. A marker says that the copy is whole: without it an unknown
//! key may be one that was lost, and then the answer is 503, not 401.

use std::sync::LazyLock;

use redis::Script;
use time::OffsetDateTime;
use uuid::Uuid;

use super::redis::{Redis, StoreError};
use crate::domain::key::{AccessKeyEvent, KeyDigest};

/// Only a newer version is written, so that events may come twice, late, or from two readers at once. What admission
/// counts is in the same hash and stays.
static WRITE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local held = redis.call('HGET', KEYS[1], 'version')
if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'keyId', ARGV[2], 'orgId', ARGV[3], 'status', ARGV[4],
  'expiresAt', ARGV[5], 'requestsPerMinute', ARGV[6], 'tokensPerMonth', ARGV[7])
return 1",
    )
});

/// Deletes the lock only where it is still ours.
static UNLOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// Prolongs the lock only where it is still ours.
static PROLONG: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0",
    )
});

/// A key that may call now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    pub digest: KeyDigest,
    pub key_id: Uuid,
    pub org_id: Uuid,
    pub requests_per_minute: u32,
    pub tokens_per_month: Option<u64>,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the API key is unknown, revoked or expired")]
    Refused,
    #[error("the API keys are being read again")]
    NotReady,
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Stored = (Option<Uuid>, Option<Uuid>, Option<String>, Option<i64>, Option<u32>, Option<String>);

pub struct KeyStore<'a> {
    redis: &'a Redis,
}

impl<'a> KeyStore<'a> {
    pub fn new(redis: &'a Redis) -> Self {
        Self { redis }
    }

    pub async fn find(&self, digest: &KeyDigest, now: OffsetDateTime) -> Result<AccessKey, KeyError> {
        let mut pipeline = redis::pipe();
        pipeline
            .cmd("HMGET")
            .arg(record(self.redis, digest))
            .arg(&["keyId", "orgId", "status", "expiresAt", "requestsPerMinute", "tokensPerMonth"])
            .cmd("EXISTS")
            .arg(self.marker());
        let ((key, org, status, expires, requests, tokens), whole): (StoredText, bool) =
            self.redis.query(&pipeline).await?;
        let stored: Stored = (uuid(key), uuid(org), status, expires, requests, tokens);
        let (Some(key_id), Some(org_id), Some(status), Some(expires), Some(requests_per_minute), Some(tokens)) = stored
        else {
            return Err(if whole { KeyError::Refused } else { KeyError::NotReady });
        };
        let expired = expires != 0 && expires <= now.unix_timestamp();
        if status != "active" || expired {
            return Err(KeyError::Refused);
        }
        let tokens_per_month = tokens.parse().ok();
        Ok(AccessKey { digest: digest.clone(), key_id, org_id, requests_per_minute, tokens_per_month })
    }

    /// True where the event was newer than what was held.
    pub async fn write(&self, event: &AccessKeyEvent) -> Result<bool, StoreError> {
        let mut script = WRITE.key(record(self.redis, &event.key_sha256));
        script
            .arg(event.version)
            .arg(event.key_id.to_string())
            .arg(event.org_id.to_string())
            .arg(event.status.as_str())
            .arg(event.expires_at.map_or(0, OffsetDateTime::unix_timestamp))
            .arg(event.requests_per_minute)
            .arg(event.tokens_per_month.map_or_else(String::new, |tokens| tokens.to_string()));
        let written: bool = self.redis.invoke(&script).await?;
        // Which keys an organisation has, for its usage. A set of its own: it is of another slot in a cluster.
        let mut pipeline = redis::pipe();
        pipeline.cmd("SADD").arg(self.keys_of(event.org_id)).arg(event.key_sha256.as_str()).ignore();
        let () = self.redis.query(&pipeline).await?;
        Ok(written)
    }

    /// A tombstone of the topic: the key is gone for good. A call that is in flight may leave a counter of it behind.
    pub async fn remove(&self, digest: &KeyDigest) -> Result<(), StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("DEL").arg(record(self.redis, digest)).ignore();
        self.redis.query(&pipeline).await
    }

    pub async fn is_whole(&self) -> Result<bool, StoreError> {
        let (whole,): (bool,) = self.redis.query(redis::pipe().cmd("EXISTS").arg(self.marker())).await?;
        Ok(whole)
    }

    pub async fn mark_whole(&self) -> Result<(), StoreError> {
        self.redis.query(redis::pipe().cmd("SET").arg(self.marker()).arg(1).ignore()).await
    }

    pub async fn unmark(&self) -> Result<(), StoreError> {
        self.redis.query(redis::pipe().cmd("DEL").arg(self.marker()).ignore()).await
    }

    /// One pod reads the topic again, the others wait for its marker.
    pub async fn lock(&self, owner: &str, millis: u64) -> Result<bool, StoreError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SET").arg(self.lock_key()).arg(owner).arg("NX").arg("PX").arg(millis);
        let (taken,): (Option<String>,) = self.redis.query(&pipeline).await?;
        Ok(taken.is_some())
    }

    pub async fn prolong(&self, owner: &str, millis: u64) -> Result<bool, StoreError> {
        self.redis.invoke(PROLONG.key(self.lock_key()).arg(owner).arg(millis)).await
    }

    pub async fn unlock(&self, owner: &str) -> Result<(), StoreError> {
        let _: i64 = self.redis.invoke(UNLOCK.key(self.lock_key()).arg(owner)).await?;
        Ok(())
    }

    /// Keys of an organisation, for its usage; at most `limit`.
    pub async fn of_org(&self, org: Uuid, limit: usize, now: OffsetDateTime) -> Result<Vec<AccessKey>, KeyError> {
        let (digests,): (Vec<String>,) = self.redis.query(redis::pipe().cmd("SMEMBERS").arg(self.keys_of(org))).await?;
        let mut keys = Vec::new();
        for digest in digests {
            let Ok(digest) = KeyDigest::try_from(digest) else { continue };
            match self.find(&digest, now).await {
                Ok(key) => keys.push(key),
                Err(KeyError::Refused) => {}
                Err(error) => return Err(error),
            }
            if keys.len() == limit {
                break;
            }
        }
        keys.sort_by_key(|key| key.key_id);
        Ok(keys)
    }

    fn keys_of(&self, org: Uuid) -> String {
        self.redis.key(&format!("org-keys:{org}"))
    }

    fn marker(&self) -> String {
        self.redis.key("keys-whole")
    }

    fn lock_key(&self) -> String {
        self.redis.key("keys-lock")
    }
}

type StoredText = (Option<String>, Option<String>, Option<String>, Option<i64>, Option<u32>, Option<String>);

/// The hash of a key: its record and what admission counts. It has no lifetime, since one that is evicted would be
/// refused while the marker says that all are there.
pub(super) fn record(redis: &Redis, digest: &KeyDigest) -> String {
    redis.key(&format!("key:{}", digest.as_str()))
}

pub(super) fn uuid(text: Option<String>) -> Option<Uuid> {
    text.and_then(|text| text.parse().ok())
}
