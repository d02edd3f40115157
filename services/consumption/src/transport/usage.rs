//! `GET /v1/calls/usage`: this month of the caller's own organisation.

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::auth::{self, Caller};
use super::problem::{Problem, ProblemBody};
use super::state::App;
use crate::domain::clock;
use crate::storage::admission::{Standing, standing};
use crate::storage::key_store::{AccessKey, KeyError, KeyStore};
use crate::storage::redis::StoreError;
use crate::storage::usage;

/// More than an organisation has; an answer stays small.
const MAX_KEYS: usize = 100;

/// What an organisation has used since the month began (UTC), and what its keys may still use. From counters that begin
/// at zero when the cache that holds them is lost; bills are counted from the metering records instead.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Year and month in UTC.
    #[schema(example = "2026-11", pattern = "^\\d{4}-\\d{2}$")]
    pub period: String,
    pub org_id: Uuid,
    pub requests: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Millionths of a dollar.
    pub cost_usd_micros: u64,
    /// The key that asks, or for a token the organisation's active keys, at most 100.
    pub keys: Vec<KeyUsage>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyUsage {
    pub key_id: Uuid,
    pub requests_per_minute: u32,
    pub requests_left_this_minute: u64,
    /// Null where there is no quota.
    #[schema(required = true)]
    pub tokens_per_month: Option<u64>,
    /// Tokens charged this month, with what calls in flight have reserved.
    pub tokens_charged: u64,
    #[schema(required = true)]
    pub tokens_left: Option<u64>,
}

/// This month's usage of the caller's organisation
#[utoipa::path(get, path = "/v1/calls/usage", tag = "calls", operation_id = "usage", security(("apiKey" = []), ("token" = [])),
    responses(
        (status = 200, description = "Usage so far", body = Usage),
        (status = 401, description = "No valid API key or token", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the role consumer", body = ProblemBody, content_type = "application/problem+json"),
        (status = 431, description = "More than 16 KiB of headers", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "Something failed here", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`dependency-unavailable`, with Retry-After", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn usage(State(app): State<App>, headers: HeaderMap) -> Result<Json<Usage>, Problem> {
    let now = clock::now();
    match auth::caller(&app, &headers).await? {
        Caller::Key(key) => gather(&app, key.org_id, vec![key], now).await.map_err(unavailable).map(Json),
        Caller::Token(claims) => {
            let keys =
                KeyStore::new(&app.redis).of_org(claims.org, MAX_KEYS, now).await.map_err(|error| match error {
                    KeyError::Store(error) => unavailable(error),
                    _ => Problem::dependency_unavailable("API keys are being read again."),
                })?;
            gather(&app, claims.org, keys, now).await.map_err(unavailable).map(Json)
        }
    }
}

fn unavailable(error: StoreError) -> Problem {
    tracing::warn!(error = %error, "usage cannot be read");
    Problem::dependency_unavailable("Usage cannot be read.")
}

async fn gather(app: &App, org: Uuid, keys: Vec<AccessKey>, now: OffsetDateTime) -> Result<Usage, StoreError> {
    let totals = usage::of_org(&app.redis, org, now).await?;
    let mut used = Vec::with_capacity(keys.len());
    for key in &keys {
        let Standing { requests_left, tokens_charged } = standing(&app.redis, &key.digest, now).await?;
        used.push(KeyUsage {
            key_id: key.key_id,
            requests_per_minute: key.requests_per_minute,
            requests_left_this_minute: requests_left,
            tokens_per_month: key.tokens_per_month,
            tokens_charged,
            tokens_left: key.tokens_per_month.map(|quota| quota.saturating_sub(tokens_charged)),
        });
    }
    Ok(Usage {
        period: clock::month(now),
        org_id: org,
        requests: totals.requests,
        input_tokens: totals.usage.input_tokens,
        output_tokens: totals.usage.output_tokens,
        cost_usd_micros: totals.cost_usd_micros,
        keys: used,
    })
}
