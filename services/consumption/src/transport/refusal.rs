//! What callers are told when a call does not happen or fails, and under which name it is counted.

use http::StatusCode;

use super::problem::Problem;
use crate::domain::metering::Outcome;
use crate::providers::ProviderError;
use crate::telemetry::metrics::Metrics;

/// A call that was refused before a provider was asked.
pub struct Refusal {
    pub problem: Problem,
    /// Label of `marketplace_call_refusals_total`; None for what is wrong with the request or with the platform.
    reason: Option<&'static str>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, reason: None }
    }
}

impl Refusal {
    pub fn of_key(problem: Problem) -> Self {
        let reason = (problem.status == StatusCode::UNAUTHORIZED).then_some("key");
        Self { problem, reason }
    }

    pub fn of_provider(error: &ProviderError) -> Self {
        let reason = match error {
            ProviderError::HostNotApproved | ProviderError::BadEndpoint => Some("host-not-approved"),
            ProviderError::AddressRefused => Some("address-refused"),
            ProviderError::CircuitOpen { .. } => Some("circuit-open"),
            ProviderError::Overloaded => Some("overload"),
            _ => None,
        };
        Self { problem: problem(error), reason }
    }

    pub fn count(&self, metrics: &Metrics) {
        metrics.calls.with_label_values(&["refused"]).inc();
        if let Some(reason) = self.reason {
            metrics.refusals.with_label_values(&[reason]).inc();
        }
    }
}

pub fn rate_limited(requests_per_minute: u32, seconds: u64) -> Refusal {
    let detail = format!("{requests_per_minute} requests a minute are allowed.");
    let problem =
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", detail).retry_after(seconds);
    Refusal { problem, reason: Some("rate-limit") }
}

pub fn quota_exceeded(tokens: u64, seconds: u64) -> Refusal {
    let detail = format!(
        "The call may take up to {tokens} tokens, more than is left of this month's quota. Ask for fewer with maxOutputTokens."
    );
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "quota-exceeded", "The quota is used up", detail)
        .retry_after(seconds);
    Refusal { problem, reason: Some("quota") }
}

pub fn overloaded() -> Refusal {
    Refusal { problem: unavailable("Too many calls are in flight here.", 1), reason: Some("overload") }
}

/// No room for the call's record on the disk: it could not be metered.
pub fn spool_full() -> Refusal {
    Refusal { problem: Problem::dependency_unavailable("Calls cannot be metered."), reason: Some("spool-full") }
}

fn unavailable(detail: &str, seconds: u64) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "provider-unavailable", "The call cannot be made at present", detail)
        .retry_after(seconds)
}

pub fn problem(error: &ProviderError) -> Problem {
    let failed = |detail: &str| Problem::new(StatusCode::BAD_GATEWAY, "upstream-failed", "The provider failed", detail);
    match error {
        ProviderError::HostNotApproved | ProviderError::BadEndpoint => Problem::new(
            StatusCode::FORBIDDEN,
            "provider-not-approved",
            "The provider may not be called",
            "The platform has not approved the endpoint of this listing.",
        ),
        ProviderError::AddressRefused => failed("The provider's name leads to an address that is not called."),
        ProviderError::CircuitOpen { retry_after_seconds } => {
            unavailable("The provider fails and is left alone for a while.", *retry_after_seconds)
        }
        ProviderError::Overloaded => unavailable("Too many calls to the provider are in flight.", 1),
        ProviderError::Timeout => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "upstream-timeout",
            "The provider did not answer in time",
            "The listing says how long it may take.",
        ),
        ProviderError::Status { status: 429, retry_after_seconds } => {
            unavailable("The provider limits its callers.", retry_after_seconds.unwrap_or(5).clamp(1, 3_600))
        }
        // What the provider says against the input is the caller's to mend, and bad input is never a 5xx.
        ProviderError::Status { status: 400 | 413 | 422, .. } => Problem::new(
            StatusCode::BAD_REQUEST,
            "provider-rejected",
            "The provider refused the input",
            "The model does not take this input: it may be too long, or a parameter may be out of its range.",
        ),
        ProviderError::Status { .. } => failed("It answered with an error."),
        ProviderError::Connect => failed("It could not be reached."),
        ProviderError::Redirect => failed("It redirected to where calls may not go."),
        ProviderError::BadAnswer => failed("Its answer could not be understood."),
        ProviderError::BrokenOff => failed("Its answer broke off."),
    }
}

pub fn outcome(error: &ProviderError) -> Outcome {
    match error {
        ProviderError::Timeout => Outcome::ProviderTimeout,
        _ => Outcome::ProviderError,
    }
}
