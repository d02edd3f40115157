//! Keys of the identity provider, cached. An unknown `kid` renews them, at most every 30 seconds: a flood of forged
//! tokens must not become a flood of requests to the provider.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::net::{HttpClient, fetch};

const RENEW_AT_MOST_EVERY: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub enum JwksError {
    UnknownKey,
    Unavailable,
}

pub struct TokenKey {
    pub algorithm: Algorithm,
    pub decoding: DecodingKey,
}

#[derive(Default)]
struct Cached {
    keys: HashMap<String, Arc<TokenKey>>,
    asked: Option<Instant>,
    answered: bool,
}

pub struct Jwks {
    client: HttpClient,
    url: Uri,
    cached: Mutex<Cached>,
}

/// Keys one by one: one of a kind that is not known here must not spoil the others.
#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl Jwks {
    pub fn new(client: HttpClient, url: Uri) -> Self {
        Self { client, url, cached: Mutex::default() }
    }

    pub async fn key(&self, kid: &str) -> Result<Arc<TokenKey>, JwksError> {
        // Held while asking, so that many callers at once make one request.
        let mut cached = self.cached.lock().await;
        if let Some(key) = cached.keys.get(kid) {
            return Ok(Arc::clone(key));
        }
        let due = cached.asked.is_none_or(|asked| asked.elapsed() >= RENEW_AT_MOST_EVERY);
        // Without any keys nobody can be let in: ask again soon.
        let retry = !cached.answered && cached.asked.is_none_or(|asked| asked.elapsed() >= Duration::from_secs(1));
        if due || retry {
            cached.asked = Some(Instant::now());
            match self.load().await {
                Ok(keys) => {
                    cached.keys = keys;
                    cached.answered = true;
                }
                Err(error) => tracing::warn!(error = %error, "the identity provider's keys could not be read"),
            }
        }
        match cached.keys.get(kid) {
            Some(key) => Ok(Arc::clone(key)),
            None if cached.answered => Err(JwksError::UnknownKey),
            None => Err(JwksError::Unavailable),
        }
    }

    async fn load(&self) -> Result<HashMap<String, Arc<TokenKey>>, String> {
        let request =
            Request::get(self.url.clone()).body(Full::<Bytes>::default()).map_err(|error| error.to_string())?;
        let response = fetch(&self.client, request, TIMEOUT, MAX_BYTES).await.map_err(|error| error.to_string())?;
        if response.status() != StatusCode::OK {
            return Err(format!("status {}", response.status()));
        }
        let document: Document = serde_json::from_slice(response.body()).map_err(|error| error.to_string())?;
        Ok(document.keys.into_iter().filter_map(token_key).collect())
    }
}

fn token_key(value: serde_json::Value) -> Option<(String, Arc<TokenKey>)> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let kid = jwk.common.key_id.clone()?;
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(parameters) if parameters.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let decoding = DecodingKey::from_jwk(&jwk).ok()?;
    Some((kid, Arc::new(TokenKey { algorithm, decoding })))
}
