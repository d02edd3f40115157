//! Access tokens of people and machines (OIDC). Only what is needed is believed: two algorithms, our issuer, our
//! audience, an expiry.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use uuid::Uuid;

use super::jwks::{Jwks, JwksError};
use super::jwt_crypto;
use crate::config::OidcConfig;

const LEEWAY_SECONDS: u64 = 30;

#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub org: Uuid,
    #[serde(default)]
    pub roles: Vec<String>,
    #[serde(default)]
    iat: Option<f64>,
}

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the access token is not valid")]
    Invalid,
    #[error("the identity provider's keys are not available")]
    Unavailable,
}

pub struct TokenVerifier {
    jwks: Jwks,
    validation: Validation,
}

impl TokenVerifier {
    pub fn new(config: &OidcConfig, jwks: Jwks) -> Self {
        jwt_crypto::install();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.algorithms = vec![Algorithm::RS256, Algorithm::ES256];
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&config.issuer]);
        validation.set_audience(&[&config.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Self { jwks, validation }
    }

    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        if !self.validation.algorithms.contains(&header.alg) {
            return Err(TokenError::Invalid);
        }
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = match self.jwks.key(&kid).await {
            Ok(key) => key,
            Err(JwksError::UnknownKey) => return Err(TokenError::Invalid),
            Err(JwksError::Unavailable) => return Err(TokenError::Unavailable),
        };
        // The key says by itself which algorithm it is for, whatever the token's header claims.
        if key.algorithm != header.alg {
            return Err(TokenError::Invalid);
        }
        let mut validation = self.validation.clone();
        validation.algorithms = vec![key.algorithm];
        let claims = decode::<Claims>(token, &key.decoding, &validation).map_err(|_| TokenError::Invalid)?.claims;
        let now = time::OffsetDateTime::now_utc().unix_timestamp() as f64;
        match claims.iat {
            Some(issued) if issued > now + LEEWAY_SECONDS as f64 => Err(TokenError::Invalid),
            _ => Ok(claims),
        }
    }
}
