//! Calls providers: which may be called, how, and what happens when they do not answer.

mod approvals;
mod breaker;
mod budget;
mod credentials;
mod echo;
mod hosts;
mod http_call;
mod openai;
mod sse;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::Stream;

use crate::config::Environment;
use crate::domain::call::CallInput;
use crate::domain::listing::{Endpoint, Protocol};
use crate::domain::pricing::TokenUsage;

pub use approvals::Approvals;
pub use hosts::HostLimits;
pub use http_call::{HttpCaller, Timeouts};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("the endpoint's address is not one that can be called")]
    BadEndpoint,
    #[error("the provider's host is not approved")]
    HostNotApproved,
    #[error("the provider's name leads to an address that is not public")]
    AddressRefused,
    #[error("the provider fails and is not called at present")]
    CircuitOpen { retry_after_seconds: u64 },
    #[error("too many calls to the provider are in flight")]
    Overloaded,
    #[error("the provider could not be reached")]
    Connect,
    #[error("the provider did not answer in time")]
    Timeout,
    #[error("the provider answered with status {status}")]
    Status { status: u16, retry_after_seconds: Option<u64> },
    #[error("the provider redirected where it may not, or too often")]
    Redirect,
    #[error("the provider's answer could not be understood")]
    BadAnswer,
    #[error("the provider's answer broke off")]
    BrokenOff,
}

impl ProviderError {
    /// True where nothing was sent to a provider: such a call is refused, not metered.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::BadEndpoint
                | Self::HostNotApproved
                | Self::AddressRefused
                | Self::CircuitOpen { .. }
                | Self::Overloaded
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    pub content: String,
    pub finish_reason: String,
    /// None where the provider did not say.
    pub usage: Option<TokenUsage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    Text(String),
    Finish(String),
    Usage(TokenUsage),
}

pub type DeltaStream = Pin<Box<dyn Stream<Item = Result<Delta, ProviderError>> + Send>>;

pub enum Reply {
    Whole(Completion),
    Streaming(DeltaStream),
}

/// A provider's answer or failure, and the time that was the provider's.
pub struct Answered {
    pub reply: Result<Reply, ProviderError>,
    /// Until the first byte of its answer.
    pub first_byte: Duration,
    /// What is not the platform's own time: until the whole answer where it was waited for, else the first byte.
    pub waited: Duration,
}

pub struct Providers {
    http: HttpCaller,
    environment: Environment,
}

impl Providers {
    pub fn new(http: HttpCaller, environment: Environment) -> Self {
        Self { http, environment }
    }

    pub fn hosts(&self) -> &Arc<HostLimits> {
        self.http.hosts()
    }

    /// Everything that is known to be wrong before the key is charged.
    pub fn check(&self, endpoint: &Endpoint) -> Result<(), ProviderError> {
        match endpoint.protocol {
            // The echo provider makes text out of nothing; in production that would be sold.
            Protocol::Echo if self.environment == Environment::Production => Err(ProviderError::HostNotApproved),
            Protocol::Echo => echo::Echo::parse(&endpoint.url).map(|_| ()),
            Protocol::OpenaiChat => self.http.check(&endpoint.url).map(|_| ()),
        }
    }

    pub async fn call(&self, endpoint: &Endpoint, input: &CallInput, stream: bool) -> Answered {
        match endpoint.protocol {
            Protocol::Echo => self.echo(endpoint, input, stream).await,
            Protocol::OpenaiChat => openai::call(&self.http, endpoint, input, stream).await,
        }
    }

    async fn echo(&self, endpoint: &Endpoint, input: &CallInput, stream: bool) -> Answered {
        let begun = Instant::now();
        let limit = Duration::from_secs(endpoint.timeout_seconds.into());
        let reply = match self.check(endpoint).and_then(|()| echo::Echo::parse(&endpoint.url)) {
            Ok(echo) => {
                tokio::time::timeout(limit, echo.answer(input, stream)).await.unwrap_or(Err(ProviderError::Timeout))
            }
            Err(error) => Err(error),
        };
        let waited = begun.elapsed();
        Answered { reply, first_byte: waited, waited }
    }
}
