//! One POST to a provider: approval of the host, circuit, attempts, redirects, time limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::credentials::Credentials;
use super::hosts::{Entered, HostLimits};
use super::{Approvals, ProviderError};
use crate::net::{ConnectError, HttpClient, connect_error};
use crate::telemetry::traces;

const MAX_REDIRECTS: usize = 3;
const MAX_ATTEMPTS: u32 = 3;
/// Longer waits are the caller's to decide.
const MOST_RETRY_AFTER: Duration = Duration::from_secs(2);
const BACKOFF: Duration = Duration::from_millis(50);
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// From the first attempt to the last byte.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), idle: Duration::from_secs(30), total: Duration::from_secs(600) }
    }
}

pub struct HttpCaller {
    client: HttpClient,
    approvals: Arc<Approvals>,
    hosts: Arc<HostLimits>,
    credentials: Credentials,
    timeouts: Timeouts,
}

/// The answer's head has come; its body is read piece by piece.
pub struct HttpBody {
    body: Incoming,
    /// Holds the place among the host's calls until the body is read.
    entered: Entered,
    idle: Duration,
    deadline: Instant,
}

/// What a POST came to, and how long the provider was waited for (pauses between attempts are ours).
pub struct Posted {
    pub body: Result<HttpBody, ProviderError>,
    pub waited: Duration,
}

impl HttpCaller {
    pub fn new(
        client: HttpClient,
        approvals: Arc<Approvals>,
        credentials: Option<std::path::PathBuf>,
        timeouts: Timeouts,
    ) -> Self {
        Self { client, approvals, hosts: Arc::default(), credentials: Credentials::new(credentials), timeouts }
    }

    pub fn hosts(&self) -> &Arc<HostLimits> {
        &self.hosts
    }

    /// The address is one that may be called: https, the usual port, an approved name, no user in it.
    pub fn check(&self, url: &str) -> Result<Uri, ProviderError> {
        let uri: Uri = url.parse().map_err(|_| ProviderError::BadEndpoint)?;
        let authority = uri.authority().ok_or(ProviderError::BadEndpoint)?;
        let usual_port = uri.port_u16().is_none_or(|port| port == 443);
        if uri.scheme_str() != Some("https") || !usual_port || authority.as_str().contains('@') {
            return Err(ProviderError::BadEndpoint);
        }
        if self.approvals.contains(&host(&uri)) { Ok(uri) } else { Err(ProviderError::HostNotApproved) }
    }

    pub async fn post(&self, url: &str, body: Bytes, first_byte: Duration, accept: &'static str) -> Posted {
        let mut waited = Duration::ZERO;
        let body = self.attempts(url, body, first_byte, accept, &mut waited).await;
        Posted { body, waited }
    }

    async fn attempts(
        &self,
        url: &str,
        body: Bytes,
        first_byte: Duration,
        accept: &'static str,
        waited: &mut Duration,
    ) -> Result<HttpBody, ProviderError> {
        let uri = self.check(url)?;
        let entered = self.hosts.enter(&host(&uri))?;
        let begun = Instant::now();
        let deadline = begun + first_byte;
        for attempt in 1.. {
            let sent = Instant::now();
            let limit = tokio::time::Instant::from_std(deadline);
            let result = tokio::time::timeout_at(limit, self.follow(uri.clone(), &body, accept)).await;
            *waited += sent.elapsed();
            let error = match result.unwrap_or(Err(ProviderError::Timeout)) {
                Ok(response) => {
                    entered.verdict(false);
                    return Ok(HttpBody {
                        body: response.into_body(),
                        entered,
                        idle: self.timeouts.idle,
                        deadline: begun + self.timeouts.total,
                    });
                }
                Err(error) => error,
            };
            if let Some(failed) = verdict(&error) {
                entered.verdict(failed);
            }
            match pause(&error, attempt) {
                Some(pause) if attempt < MAX_ATTEMPTS && Instant::now() + pause < deadline && entered.may_retry() => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Err(error),
            }
        }
        Err(ProviderError::Connect)
    }

    /// Follows redirects by hand, so that each hop passes the same checks: approved name here, address when connecting.
    async fn follow(
        &self,
        mut uri: Uri,
        body: &Bytes,
        accept: &'static str,
    ) -> Result<Response<Incoming>, ProviderError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&uri, body, accept).await?;
            let status = response.status();
            match status {
                // The others would turn the POST into a GET, which no such endpoint means.
                StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => {
                    uri = self.next_hop(&uri, &response)?
                }
                status if status.is_success() => return Ok(response),
                status if status.is_redirection() => return Err(ProviderError::Redirect),
                status => {
                    return Err(ProviderError::Status {
                        status: status.as_u16(),
                        retry_after_seconds: retry_after(&response),
                    });
                }
            }
        }
        Err(ProviderError::Redirect)
    }

    fn next_hop(&self, from: &Uri, response: &Response<Incoming>) -> Result<Uri, ProviderError> {
        let location =
            response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).ok_or(ProviderError::Redirect)?;
        let same_host = location.starts_with('/') && !location.starts_with("//");
        let absolute = match from.authority() {
            Some(authority) if same_host => format!("https://{authority}{location}"),
            _ => location.to_owned(),
        };
        self.check(&absolute).map_err(|_| ProviderError::Redirect)
    }

    async fn send(&self, uri: &Uri, body: &Bytes, accept: &'static str) -> Result<Response<Incoming>, ProviderError> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, accept)
            .body(Full::new(body.clone()))
            .map_err(|_| ProviderError::BadEndpoint)?;
        if let Some(credential) = self.credentials.of(&host(uri)) {
            request.headers_mut().insert(AUTHORIZATION, credential);
        }
        // No trace context: a stranger needs no ids of ours. The span is ours alone.
        let span = traces::client_span("POST provider");
        let result = self.client.request(request).await;
        span.end(result.is_ok());
        result.map_err(|error| match connect_error(&error) {
            Some(ConnectError::AddressRefused(_)) => ProviderError::AddressRefused,
            Some(ConnectError::NotHttps) => ProviderError::BadEndpoint,
            Some(_) => ProviderError::Connect,
            None if error.is_connect() => ProviderError::Connect,
            None => ProviderError::BrokenOff,
        })
    }
}

impl HttpBody {
    /// The next piece, None at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ProviderError> {
        loop {
            let limit = (Instant::now() + self.idle).min(self.deadline);
            let frame = tokio::time::timeout_at(tokio::time::Instant::from_std(limit), self.body.frame()).await;
            let data = match frame {
                Err(_) => {
                    self.entered.verdict(true);
                    return Err(ProviderError::Timeout);
                }
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(ProviderError::BrokenOff),
                Ok(Some(Ok(frame))) => frame.into_data(),
            };
            if let Ok(data) = data {
                return Ok(Some(data));
            }
        }
    }

    pub async fn whole(mut self) -> Result<Bytes, ProviderError> {
        let mut whole = BytesMut::new();
        while let Some(data) = self.next().await? {
            if whole.len() + data.len() > MAX_ANSWER_BYTES {
                return Err(ProviderError::BadAnswer);
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }
}

/// Whether the error speaks against the host; None where it says nothing about it.
fn verdict(error: &ProviderError) -> Option<bool> {
    match error {
        ProviderError::Connect | ProviderError::Timeout | ProviderError::BrokenOff => Some(true),
        ProviderError::Status { status, .. } => Some(*status >= 500),
        _ => None,
    }
}

/// How long to wait before another attempt; None where another would not help or might do the work twice.
fn pause(error: &ProviderError, attempt: u32) -> Option<Duration> {
    let asked = match error {
        ProviderError::Connect => None,
        ProviderError::Status { status: 502 | 503, retry_after_seconds } => *retry_after_seconds,
        ProviderError::Status { status: 429, retry_after_seconds: Some(seconds) } => Some(*seconds),
        _ => return None,
    };
    match asked.map(Duration::from_secs) {
        Some(asked) => (asked <= MOST_RETRY_AFTER).then_some(asked),
        None => Some(BACKOFF * 2_u32.pow(attempt - 1)),
    }
}

fn retry_after(response: &Response<Incoming>) -> Option<u64> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

/// In lower case, as approvals have it; a final dot would name the same host by another text.
fn host(uri: &Uri) -> String {
    uri.host().unwrap_or_default().to_ascii_lowercase()
}
