//! The protocol `openai-chat`: chat completions, whole or as server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::http_call::{HttpBody, HttpCaller};
use super::sse::SseParser;
use super::{Answered, Completion, Delta, DeltaStream, ProviderError, Reply};
use crate::domain::call::{CallInput, Message};
use crate::domain::listing::Endpoint;
use crate::domain::pricing::TokenUsage;

#[derive(Serialize)]
struct Ask<'a> {
    model: &'a str,
    messages: &'a [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a [String]>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    /// In a whole answer.
    message: Option<Content>,
    /// In a stream.
    delta: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

impl From<Usage> for TokenUsage {
    fn from(usage: Usage) -> Self {
        Self { input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens }
    }
}

pub async fn call(caller: &HttpCaller, endpoint: &Endpoint, input: &CallInput, stream: bool) -> Answered {
    let ask = Ask {
        model: &endpoint.model,
        messages: &input.messages,
        max_tokens: input.max_output_tokens,
        temperature: input.temperature,
        top_p: input.top_p,
        stop: input.stop.as_deref(),
        stream,
        stream_options: stream.then_some(StreamOptions { include_usage: true }),
    };
    let Ok(body) = serde_json::to_vec(&ask) else {
        return Answered { reply: Err(ProviderError::BadEndpoint), first_byte: Duration::ZERO, waited: Duration::ZERO };
    };
    let accept = if stream { "text/event-stream" } else { "application/json" };
    let first_byte = Duration::from_secs(endpoint.timeout_seconds.into());
    let posted = caller.post(&endpoint.url, body.into(), first_byte, accept).await;
    let head = posted.waited;
    match posted.body {
        Err(error) => Answered { reply: Err(error), first_byte: head, waited: head },
        Ok(body) if stream => Answered { reply: Ok(Reply::Streaming(deltas(body))), first_byte: head, waited: head },
        Ok(body) => {
            let reading = std::time::Instant::now();
            let reply = body.whole().await.and_then(|bytes| whole(&bytes)).map(Reply::Whole);
            Answered { reply, first_byte: head, waited: head + reading.elapsed() }
        }
    }
}

fn whole(bytes: &[u8]) -> Result<Completion, ProviderError> {
    let answer: Chunk = serde_json::from_slice(bytes).map_err(|_| ProviderError::BadAnswer)?;
    let choice = answer.choices.into_iter().next().ok_or(ProviderError::BadAnswer)?;
    let content = choice.message.and_then(|message| message.content).ok_or(ProviderError::BadAnswer)?;
    Ok(Completion {
        content,
        finish_reason: choice.finish_reason.unwrap_or_else(|| "stop".into()),
        usage: answer.usage.map(TokenUsage::from),
    })
}

struct Reading {
    body: HttpBody,
    parser: SseParser,
    ready: VecDeque<Delta>,
    ended: bool,
}

fn deltas(body: HttpBody) -> DeltaStream {
    let reading = Reading { body, parser: SseParser::default(), ready: VecDeque::new(), ended: false };
    Box::pin(stream::unfold(reading, |mut reading| async move {
        let next = reading.next().await.transpose()?;
        if next.is_err() {
            reading.ended = true;
        }
        Some((next, reading))
    }))
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Delta>, ProviderError> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Ok(Some(delta));
            }
            if self.ended {
                return Ok(None);
            }
            // A stream that ends without `[DONE]` broke off: what was said is not all there was to say.
            let bytes = self.body.next().await?.ok_or(ProviderError::BrokenOff)?;
            for event in self.parser.push(&bytes).map_err(|_| ProviderError::BadAnswer)? {
                self.take(&event)?;
            }
        }
    }

    fn take(&mut self, event: &str) -> Result<(), ProviderError> {
        if event.trim() == "[DONE]" {
            self.ended = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(event).map_err(|_| ProviderError::BadAnswer)?;
        if let Some(choice) = chunk.choices.into_iter().next() {
            let text = choice.delta.and_then(|delta| delta.content).filter(|text| !text.is_empty());
            self.ready.extend(text.map(Delta::Text));
            self.ready.extend(choice.finish_reason.map(Delta::Finish));
        }
        self.ready.extend(chunk.usage.map(|usage| Delta::Usage(usage.into())));
        Ok(())
    }
}
