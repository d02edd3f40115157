//! A streamed answer. A task of its own carries it from the provider to the caller: it sees when the caller leaves, and
//! it finishes the metering record before it sends the last event.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use opentelemetry::Context;
use opentelemetry::trace::FutureExt;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use utoipa::ToSchema;

use super::calls::recorded;
use super::refusal;
use super::state::App;
use crate::domain::metering::Outcome;
use crate::metering::MeteredCall;
use crate::providers::{Delta, DeltaStream, ProviderError};
use crate::telemetry::traces;

/// Events between the provider and a caller who reads slowly.
const BUFFERED: usize = 32;
/// A caller who reads nothing for so long has left.
const READS_WITHIN: Duration = Duration::from_secs(60);
const CLIENT_CLOSED: u16 = 499;

/// One event of a streamed answer.
#[derive(ToSchema)]
pub struct CallEvent {
    event: EventName,
    /// JSON: `{"content":"…"}` of a `delta`; `callId`, `listingId`, `release`, `finishReason` and `usage` of `done`; a problem of
    /// `error`.
    data: String,
}

#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
enum EventName {
    Delta,
    Done,
    Error,
}

impl CallEvent {
    fn new(event: EventName, data: &Value) -> Self {
        Self { event, data: data.to_string() }
    }

    fn text(&self) -> Bytes {
        let name = match self.event {
            EventName::Delta => "delta",
            EventName::Done => "done",
            EventName::Error => "error",
        };
        Bytes::from(format!("event: {name}\ndata: {}\n\n", self.data))
    }
}

pub fn response(app: &App, metered: MeteredCall, deltas: DeltaStream, place: OwnedSemaphorePermit) -> Response {
    let (events, receiver) = mpsc::channel(BUFFERED);
    let pump = Pump { metered, events, finish_reason: "stop".into() };
    let task = async move {
        pump.run(deltas).await;
        drop(place);
    };
    app.streams.spawn(task.with_context(Context::current()));
    let body = stream::unfold(receiver, |mut receiver| async move {
        let event: Bytes = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), receiver))
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

struct Pump {
    metered: MeteredCall,
    events: mpsc::Sender<Bytes>,
    finish_reason: String,
}

/// The caller is gone.
struct Left;

impl Pump {
    async fn run(mut self, mut deltas: DeltaStream) {
        loop {
            let delta = tokio::select! {
                delta = deltas.next() => delta,
                () = self.events.closed() => return self.aborted(),
            };
            let sent = match delta {
                Some(Ok(delta)) => self.take(delta).await,
                Some(Err(error)) => return self.failed(&error).await,
                None => return self.done().await,
            };
            if sent.is_err() {
                return self.aborted();
            }
        }
    }

    async fn take(&mut self, delta: Delta) -> Result<(), Left> {
        match delta {
            Delta::Finish(reason) => self.finish_reason = reason,
            Delta::Usage(usage) => self.metered.used(usage),
            Delta::Text(text) => {
                self.metered.delivered(&text);
                return send(&self.events, EventName::Delta, &json!({ "content": text })).await;
            }
        }
        Ok(())
    }

    /// The guard writes what was delivered; nobody waits for it.
    fn aborted(self) {
        let _detached = self.metered.end(Outcome::Aborted, CLIENT_CLOSED);
    }

    async fn failed(self, error: &ProviderError) {
        let problem = refusal::problem(error);
        let recorded = recorded(self.metered.end(refusal::outcome(error), problem.status.as_u16())).await;
        let told = recorded.err().unwrap_or(problem).body("/v1/calls", traces::trace_id());
        let _ = send(&self.events, EventName::Error, &json!(told)).await;
    }

    async fn done(self) {
        let identity = self.metered.identity().clone();
        let (name, data) = match recorded(self.metered.end(Outcome::Succeeded, 200)).await {
            Ok(usage) => (
                EventName::Done,
                json!({
                    "callId": identity.call_id, "listingId": identity.listing_id, "release": identity.release,
                    "finishReason": self.finish_reason, "usage": usage,
                }),
            ),
            Err(problem) => (EventName::Error, json!(problem.body("/v1/calls", traces::trace_id()))),
        };
        let _ = send(&self.events, name, &data).await;
    }
}

async fn send(events: &mpsc::Sender<Bytes>, name: EventName, data: &Value) -> Result<(), Left> {
    let event = CallEvent::new(name, data).text();
    match tokio::time::timeout(READS_WITHIN, events.send(event)).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Left),
    }
}
