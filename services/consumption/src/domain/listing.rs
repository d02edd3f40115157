//! What consumption needs of a listing, as discovery answers it (`contract/listing-event.schema.json`, `$defs.listing`).

use serde::Deserialize;
use uuid::Uuid;

use super::pricing::Pricing;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    pub id: Uuid,
    pub org_id: Uuid,
    pub status: ListingStatus,
    pub release: Option<Release>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListingStatus {
    Draft,
    Review,
    Published,
    Deprecated,
    Suspended,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub number: String,
    pub endpoint: Option<Endpoint>,
    pub pricing: Pricing,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    pub url: String,
    pub protocol: Protocol,
    pub model: String,
    pub timeout_seconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    OpenaiChat,
    Echo,
}

/// Why a listing that exists cannot be called.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCallable {
    /// To a caller it does not exist: never published, or taken down.
    #[error("the listing is not published")]
    Hidden,
    #[error("the listing is a prompt, it has no endpoint to call")]
    NoEndpoint,
}

impl Listing {
    /// The release that callers get. A listing that is being edited (draft or review again) keeps its last published
    /// release callable; only a suspended one, or one without a release, is gone.
    pub fn callable(&self) -> Result<(&Release, &Endpoint), NotCallable> {
        let release = match (&self.release, self.status) {
            (None, _) | (_, ListingStatus::Suspended) => return Err(NotCallable::Hidden),
            (Some(release), _) => release,
        };
        match &release.endpoint {
            Some(endpoint) => Ok((release, endpoint)),
            None => Err(NotCallable::NoEndpoint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listing(status: &str, release: serde_json::Value) -> Listing {
        serde_json::from_value(json!({
            "id": Uuid::nil(), "orgId": Uuid::nil(), "status": status, "release": release,
            "name": "a field that is of no interest here",
        }))
        .expect("a listing")
    }

    fn release(endpoint: serde_json::Value) -> serde_json::Value {
        json!({ "number": "1.2.3", "endpoint": endpoint, "pricing": {
            "inputUsdMicrosPerThousandTokens": 1, "outputUsdMicrosPerThousandTokens": 2 } })
    }

    fn endpoint() -> serde_json::Value {
        json!({ "url": "echo:", "protocol": "echo", "model": "m", "timeoutSeconds": 5 })
    }

    #[test]
    fn a_release_stays_callable_while_the_next_one_is_drafted_and_after_deprecation() {
        for status in ["draft", "review", "published", "deprecated"] {
            assert!(listing(status, release(endpoint())).callable().is_ok(), "{status}");
        }
    }

    #[test]
    fn a_suspended_or_never_published_listing_is_hidden() {
        assert_eq!(listing("suspended", release(endpoint())).callable().err(), Some(NotCallable::Hidden));
        assert_eq!(listing("draft", json!(null)).callable().err(), Some(NotCallable::Hidden));
    }

    #[test]
    fn a_prompt_has_nothing_to_call() {
        assert_eq!(listing("published", release(json!(null))).callable().err(), Some(NotCallable::NoEndpoint));
    }
}
