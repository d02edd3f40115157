//! API keys as the topic `access.keys` brings them, and the form of the key itself.

use ring::digest::{SHA256, digest};
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// `mk_` and 32 random bytes in base64url: 43 characters.
const PREFIX: &str = "mk_";
const BODY_CHARACTERS: usize = 43;

/// One record of the topic. Unknown fields are let through: a newer admin may add some.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessKeyEvent {
    pub version: u64,
    pub key_id: Uuid,
    pub key_sha256: KeyDigest,
    pub org_id: Uuid,
    pub status: KeyStatus,
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    pub requests_per_minute: u32,
    pub tokens_per_month: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    Active,
    Revoked,
}

impl KeyStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }
}

/// SHA-256 of a key in lower-case hexadecimal: what is stored and looked up, never the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyDigest(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a digest of a key is 64 lower-case hexadecimal digits")]
pub struct BadDigest;

impl TryFrom<String> for KeyDigest {
    type Error = BadDigest;

    fn try_from(text: String) -> Result<Self, BadDigest> {
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(hexadecimal) { Ok(Self(text)) } else { Err(BadDigest) }
    }
}

impl KeyDigest {
    /// The digest of what came after `Bearer`; None where it has not the form of an API key.
    pub fn of_bearer(token: &str) -> Option<Self> {
        let body = token.strip_prefix(PREFIX)?;
        let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if body.len() != BODY_CHARACTERS || !body.bytes().all(base64url) {
            return None;
        }
        Some(Self(hex(digest(&SHA256, token.as_bytes()).as_ref())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_covers_the_whole_key_with_its_prefix() {
        let key = format!("mk_{}", "A".repeat(43));
        let digest = KeyDigest::of_bearer(&key).expect("a digest");
        // printf 'mk_AAA…' | sha256sum
        assert_eq!(digest.as_str(), "99e486a4273ed468c603dc51c1ba2232199a90d1df4a5d0a099a9d41f215d54a");
    }

    #[test]
    fn tokens_of_another_form_are_no_keys() {
        for token in [
            "",
            "mk_",
            "mk_short",
            &format!("xx_{}", "A".repeat(43)),
            &format!("mk_{}", "A".repeat(44)),
            &format!("mk_{}é", "A".repeat(41)),
            &format!("mk_{}*", "A".repeat(42)),
        ] {
            assert_eq!(KeyDigest::of_bearer(token), None, "{token}");
        }
    }

    #[test]
    fn a_digest_that_is_not_lower_case_hexadecimal_is_refused() {
        assert_eq!(KeyDigest::try_from("A".repeat(64)), Err(BadDigest));
        assert_eq!(KeyDigest::try_from("a".repeat(63)), Err(BadDigest));
    }
}
