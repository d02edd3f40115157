//! Who calls: an API key, or for usage a person's or machine's token.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::problem::Problem;
use super::state::App;
use crate::domain::clock;
use crate::domain::key::KeyDigest;
use crate::identity::token::{Claims, TokenError};
use crate::storage::key_store::{AccessKey, KeyError, KeyStore};

pub enum Caller {
    Key(AccessKey),
    Token(Claims),
}

/// Calls are made with an API key alone: it carries the limits.
pub async fn api_key(app: &App, headers: &HeaderMap) -> Result<AccessKey, Problem> {
    let digest = KeyDigest::of_bearer(bearer(headers)?)
        .ok_or_else(|| Problem::unauthenticated("Calls need an API key: Authorization: Bearer mk_…"))?;
    match KeyStore::new(&app.redis).find(&digest, clock::now()).await {
        Ok(key) => Ok(key),
        Err(KeyError::Refused) => Err(Problem::unauthenticated("The API key is unknown, revoked or expired.")),
        Err(KeyError::NotReady) => Err(Problem::dependency_unavailable("API keys are being read again.")),
        Err(KeyError::Store(error)) => {
            tracing::warn!(error = %error, "a key cannot be looked up");
            Err(Problem::dependency_unavailable("API keys cannot be checked."))
        }
    }
}

/// An API key or a token with the role consumer.
pub async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = bearer(headers)?;
    if KeyDigest::of_bearer(token).is_some() {
        return api_key(app, headers).await.map(Caller::Key);
    }
    match app.tokens.verify(token).await {
        Ok(claims) if claims.roles.iter().any(|role| role == "consumer") => Ok(Caller::Token(claims)),
        Ok(_) => Err(Problem::forbidden("The role consumer is needed.")),
        Err(TokenError::Invalid) => Err(Problem::unauthenticated("The token is not valid.")),
        Err(TokenError::Unavailable) => Err(Problem::dependency_unavailable("Tokens cannot be checked.")),
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Problem::unauthenticated("Send Authorization: Bearer …")),
    }
}
