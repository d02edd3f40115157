//! `POST /v1/calls`: identity, then what is asked, then whether it may be, then the provider.

use std::time::Instant;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;
use uuid::Uuid;

use super::auth;
use super::extract::JsonBody;
use super::observe::Begun;
use super::problem::{Problem, ProblemBody};
use super::refusal::{self, Refusal};
use super::sse::{self, CallEvent};
use super::state::App;
use crate::domain::call::{CallInput, CallRequest};
use crate::domain::clock;
use crate::domain::key::KeyDigest;
use crate::domain::listing::{Endpoint, Listing, NotCallable, Release};
use crate::domain::metering::{CallIdentity, Outcome};
use crate::metering::{Admitted, Ended, MeteredCall};
use crate::providers::{Answered, Completion, ProviderError, Reply};
use crate::storage::admission::{Admission, admit};
use crate::storage::listings::ListingError;
use crate::telemetry::traces;

/// A model's whole answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallAnswer {
    pub call_id: Uuid,
    pub listing_id: Uuid,
    /// Version of the listing that answered.
    pub release: String,
    pub model: String,
    pub output: Output,
    /// Why the model stopped, as the provider says: `stop`, `length` …
    pub finish_reason: String,
    pub usage: CallUsage,
}

#[derive(Serialize, ToSchema)]
pub struct Output {
    pub content: String,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CallUsage {
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Millionths of a dollar.
    pub cost_usd_micros: u64,
}

impl From<&Ended> for CallUsage {
    fn from(ended: &Ended) -> Self {
        Self {
            input_tokens: ended.usage.input_tokens,
            output_tokens: ended.usage.output_tokens,
            cost_usd_micros: ended.cost_usd_micros,
        }
    }
}

/// Calls the model behind a listing
///
/// With `stream: true` the answer is `text/event-stream`: `delta` events with `{"content":"…"}`, then one `done` with
/// `callId`, `release`, `finishReason` and `usage`, or one `error` with a problem. The metering record is durable before
/// the answer ends.
#[utoipa::path(post, path = "/v1/calls", tag = "calls", operation_id = "call", security(("apiKey" = [])),
    request_body = CallRequest,
    responses(
        (status = 200, description = "The model's answer", content((CallAnswer = "application/json"), (CallEvent = "text/event-stream"))),
        (status = 400, description = "`validation-failed`, or `provider-rejected`: the provider refused the input", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No valid API key", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "`provider-not-approved`: the listing's provider may not be called", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such listing", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body took too long", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The listing has nothing to call", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is larger than 1 MiB", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not application/json", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited` or `quota-exceeded`, with Retry-After", body = ProblemBody, content_type = "application/problem+json"),
        (status = 431, description = "More than 16 KiB of headers", body = ProblemBody, content_type = "application/problem+json"),
        (status = 500, description = "Something failed here", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "`upstream-failed`: the provider failed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "`dependency-unavailable` or `provider-unavailable`, with Retry-After", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "`upstream-timeout`: the provider did not answer in time", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn call(State(app): State<App>, request: Request) -> Response {
    match answer(&app, request).await {
        Ok(response) => response,
        Err(refusal) => {
            refusal.count(&app.metrics);
            refusal.problem.into_response()
        }
    }
}

async fn answer(app: &App, request: Request) -> Result<Response, Refusal> {
    let begun = request.extensions().get::<Begun>().map_or_else(Instant::now, |begun| begun.0);
    let digest = auth::for_call(app, request.headers()).await.map_err(Refusal::of_key)?;
    let JsonBody(asked) = JsonBody::<CallRequest>::from_request(request, &()).await.map_err(Refusal::from)?;
    let problems = asked.input.problems();
    if !problems.is_empty() {
        return Err(Problem::validation(problems).into());
    }
    let place = app.places.clone().try_acquire_owned().map_err(|_| refusal::overloaded())?;
    let listing = find(app, asked.listing_id).await?;
    let (release, endpoint) = listing.callable().map_err(not_callable)?;
    app.providers.check(endpoint).map_err(|error| Refusal::of_provider(&error))?;
    let metered = admitted(app, digest, &listing, release, &asked, begun).await?;
    Ok(serve(app, metered, endpoint, &asked.input, place).await)
}

async fn find(app: &App, id: Uuid) -> Result<std::sync::Arc<Listing>, Refusal> {
    app.listings.find(id).await.map_err(|error| match error {
        ListingError::Unknown => not_callable(NotCallable::Hidden),
        ListingError::Unavailable => Problem::dependency_unavailable("Listings cannot be looked up.").into(),
    })
}

fn not_callable(reason: NotCallable) -> Refusal {
    match reason {
        NotCallable::Hidden => Problem::not_found("There is no such listing.").into(),
        NotCallable::NoEndpoint => Problem::conflict("The listing is a prompt; it has no endpoint to call.").into(),
    }
}

/// Room for the record first, then the limits: what is counted can be recorded.
async fn admitted(
    app: &App,
    digest: KeyDigest,
    listing: &Listing,
    release: &Release,
    asked: &CallRequest,
    begun: Instant,
) -> Result<MeteredCall, Refusal> {
    let room = app.meter.spool.reserve().map_err(|error| {
        tracing::error!(error = %error, "calls are refused");
        refusal::spool_full()
    })?;
    let reserved_tokens = asked.input.reserved_tokens();
    let span = traces::client_span("redis admit");
    let at = clock::now();
    let admission = admit(&app.redis, &digest, reserved_tokens, at).await;
    span.end(admission.is_ok());
    let (key_id, org_id) = match admission {
        Ok(Admission::Admitted { key_id, org_id }) => (key_id, org_id),
        Ok(Admission::RateLimited { requests_per_minute, retry_after_seconds }) => {
            return Err(refusal::rate_limited(requests_per_minute, retry_after_seconds));
        }
        Ok(Admission::QuotaExceeded { retry_after_seconds }) => {
            return Err(refusal::quota_exceeded(reserved_tokens, retry_after_seconds));
        }
        Ok(Admission::KeyGone) => return Err(Refusal::of_key(auth::gone(app, &digest).await)),
        Err(error) => {
            tracing::warn!(error = %error, "limits cannot be checked");
            return Err(Problem::dependency_unavailable("Limits cannot be checked.").into());
        }
    };
    let identity = CallIdentity {
        call_id: Uuid::now_v7(),
        org_id,
        key_id,
        listing_id: listing.id,
        listing_org_id: listing.org_id,
        release: release.number.clone(),
        streamed: asked.stream,
    };
    let estimated_input_tokens = asked.input.estimated_input_tokens();
    let call =
        Admitted { identity, digest, at, pricing: release.pricing, reserved_tokens, estimated_input_tokens, begun };
    Ok(app.meter.begin(call, room))
}

async fn serve(
    app: &App,
    mut metered: MeteredCall,
    endpoint: &Endpoint,
    input: &CallInput,
    place: OwnedSemaphorePermit,
) -> Response {
    let Answered { reply, first_byte, waited } = app.providers.call(endpoint, input, metered.identity().streamed).await;
    metered.waited(waited);
    let label = reply.as_ref().err().map_or(Outcome::Succeeded, refusal::outcome).as_str();
    match reply {
        Err(error) if error.is_refusal() => {
            metered.refused();
            let refusal = Refusal::of_provider(&error);
            refusal.count(&app.metrics);
            refusal.problem.into_response()
        }
        reply => {
            app.metrics.provider_duration.with_label_values(&[label]).observe(first_byte.as_secs_f64());
            match reply {
                Err(error) => failed(metered, &error).await,
                Ok(Reply::Whole(completion)) => whole(metered, endpoint, completion).await,
                Ok(Reply::Streaming(deltas)) => {
                    metered.first_byte();
                    sse::response(app, metered, deltas, place)
                }
            }
        }
    }
}

async fn failed(mut metered: MeteredCall, error: &ProviderError) -> Response {
    metered.first_byte();
    let problem = refusal::problem(error);
    match recorded(metered.end(refusal::outcome(error), problem.status.as_u16())).await {
        Ok(_) => problem.into_response(),
        Err(unrecorded) => unrecorded.into_response(),
    }
}

async fn whole(mut metered: MeteredCall, endpoint: &Endpoint, completion: Completion) -> Response {
    metered.delivered(&completion.content);
    if let Some(usage) = completion.usage {
        metered.used(usage);
    }
    let identity = metered.identity().clone();
    metered.first_byte();
    match recorded(metered.end(Outcome::Succeeded, 200)).await {
        Err(unrecorded) => unrecorded.into_response(),
        Ok(usage) => Json(CallAnswer {
            call_id: identity.call_id,
            listing_id: identity.listing_id,
            release: identity.release,
            model: endpoint.model.clone(),
            output: Output { content: completion.content },
            finish_reason: completion.finish_reason,
            usage,
        })
        .into_response(),
    }
}

/// Waits until the record is durable; only then may the answer go.
pub(super) async fn recorded(ended: Option<Ended>) -> Result<CallUsage, Problem> {
    let ended = ended.ok_or_else(Problem::internal)?;
    let usage = CallUsage::from(&ended);
    ended.durable().await.map(|()| usage).map_err(|error| {
        tracing::error!(error = %error, "a record is not durable yet");
        Problem::internal()
    })
}
