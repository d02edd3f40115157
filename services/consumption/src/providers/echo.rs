//! The provider that is built in, for development and load tests: `echo:?delayMs=20&tokens=16&failPercent=0`.
//! `delayMs` passes before the first byte, `chunkMs` between the pieces of a stream.

use std::time::Duration;

use futures_util::stream;

use super::{Completion, Delta, ProviderError, Reply};
use crate::domain::call::CallInput;
use crate::domain::pricing::TokenUsage;

const MAX_DELAY_MILLIS: u64 = 300_000;
const MAX_TOKENS: u64 = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    delay: Duration,
    between: Duration,
    tokens: u64,
    fail_percent: u64,
}

impl Echo {
    pub fn parse(url: &str) -> Result<Self, ProviderError> {
        let rest = url.strip_prefix("echo:").ok_or(ProviderError::BadEndpoint)?;
        let query = rest.strip_prefix('?').unwrap_or(rest);
        let mut echo = Self { delay: Duration::ZERO, between: Duration::ZERO, tokens: 16, fail_percent: 0 };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(ProviderError::BadEndpoint)?;
            let value: u64 = value.parse().map_err(|_| ProviderError::BadEndpoint)?;
            match name {
                "delayMs" if value <= MAX_DELAY_MILLIS => echo.delay = Duration::from_millis(value),
                "chunkMs" if value <= MAX_DELAY_MILLIS => echo.between = Duration::from_millis(value),
                "tokens" if value <= MAX_TOKENS => echo.tokens = value,
                "failPercent" if value <= 100 => echo.fail_percent = value,
                _ => return Err(ProviderError::BadEndpoint),
            }
        }
        Ok(echo)
    }

    pub async fn answer(self, input: &CallInput, streamed: bool) -> Result<Reply, ProviderError> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        // The random bits of a new id are as good a die as any, without another library.
        if uuid::Uuid::new_v4().as_u128() % 100 < u128::from(self.fail_percent) {
            return Err(ProviderError::Status { status: 500, retry_after_seconds: None });
        }
        let bound = input.max_output_tokens.map_or(u64::MAX, u64::from);
        let output_tokens = self.tokens.min(bound);
        let finish_reason = if output_tokens < self.tokens { "length" } else { "stop" };
        let usage = TokenUsage { input_tokens: input.estimated_input_tokens(), output_tokens };
        let said = input.messages.last().map_or("", |message| message.content.as_str());
        let words: Vec<String> = said.split_whitespace().map(str::to_owned).collect();
        let word = move |index: u64| {
            words.get(index as usize % words.len().max(1)).map_or("echo", String::as_str).to_owned() + " "
        };
        if !streamed {
            let content = (0..output_tokens).map(&word).collect::<String>().trim_end().to_owned();
            return Ok(Reply::Whole(Completion { content, finish_reason: finish_reason.into(), usage: Some(usage) }));
        }
        let between = self.between;
        let deltas = stream::unfold(0_u64, move |index| {
            let delta = match index {
                index if index < output_tokens => Some(Delta::Text(word(index))),
                index if index == output_tokens => Some(Delta::Finish(finish_reason.into())),
                index if index == output_tokens + 1 => Some(Delta::Usage(usage)),
                _ => None,
            };
            async move {
                if index > 0 && index < output_tokens && !between.is_zero() {
                    tokio::time::sleep(between).await;
                }
                delta.map(|delta| (Ok(delta), index + 1))
            }
        });
        Ok(Reply::Streaming(Box::pin(deltas)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;

    fn input() -> CallInput {
        serde_json::from_str(r#"{"messages":[{"role":"user","content":"one two"}]}"#).expect("an input")
    }

    #[test]
    fn parameters_that_are_unknown_or_out_of_range_are_refused() {
        for url in ["echo:?tokens=-1", "echo:?failPercent=101", "echo:?speed=1", "echo:?delayMs", "https://x"] {
            assert_eq!(Echo::parse(url).err(), Some(ProviderError::BadEndpoint), "{url}");
        }
    }

    #[tokio::test]
    async fn a_stream_says_what_the_whole_answer_says_and_ends_with_the_usage() {
        let echo = Echo::parse("echo:?tokens=3").expect("an echo");
        let Ok(Reply::Whole(whole)) = echo.answer(&input(), false).await else { panic!("no answer") };
        let Ok(Reply::Streaming(deltas)) = echo.answer(&input(), true).await else { panic!("no stream") };
        let deltas: Vec<Delta> = deltas.map(|delta| delta.expect("a delta")).collect().await;
        assert_eq!(whole.content, "one two one");
        assert_eq!(deltas.len(), 5);
        assert_eq!(deltas[4], Delta::Usage(TokenUsage { input_tokens: 2, output_tokens: 3 }));
    }

    #[tokio::test]
    async fn a_hundred_percent_of_failures_fails_every_call() {
        let echo = Echo::parse("echo:?failPercent=100").expect("an echo");
        assert!(echo.answer(&input(), false).await.is_err());
    }
}
