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

/// Calls are made with an API key alone: it carries the limits. A key that was good lately is let through to admission,
/// which reads its record; any other is looked up, so that nobody without a key has a body read.
pub async fn for_call(app: &App, headers: &HeaderMap) -> Result<KeyDigest, Problem> {
    let digest = KeyDigest::of_bearer(bearer(headers)?)
        .ok_or_else(|| Problem::unauthenticated("Calls need an API key: Authorization: Bearer mk_…"))?;
    if !app.known_keys.has(&digest) {
        find(app, &digest).await?;
        app.known_keys.add(digest.clone());
    }
    Ok(digest)
}

/// What a caller is told whose key was let through and is not in Redis, or no longer good.
pub async fn gone(app: &App, digest: &KeyDigest) -> Problem {
    app.known_keys.remove(digest);
    match find(app, digest).await {
        Err(problem) => problem,
        // It came back between admission and this look.
        Ok(_) => being_read(),
    }
}

async fn find(app: &App, digest: &KeyDigest) -> Result<AccessKey, Problem> {
    KeyStore::new(&app.redis).find(digest, clock::now()).await.map_err(|error| match error {
        KeyError::Refused => Problem::unauthenticated("The API key is unknown, revoked or expired."),
        KeyError::NotReady => being_read(),
        KeyError::Store(error) => {
            tracing::warn!(error = %error, "a key cannot be looked up");
            Problem::dependency_unavailable("API keys cannot be checked.")
        }
    })
}

fn being_read() -> Problem {
    Problem::dependency_unavailable("API keys are being read again.")
}

/// An API key or a token with the role consumer.
pub async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = bearer(headers)?;
    if let Some(digest) = KeyDigest::of_bearer(token) {
        return find(app, &digest).await.map(Caller::Key);
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
