//! A call as the caller sends it.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};
use uuid::Uuid;

use super::pricing::estimated_tokens;

pub const MAX_MESSAGES: usize = 256;
pub const MAX_OUTPUT_TOKENS: u32 = 131_072;
/// Output that admission reserves from the quota where the caller sets no bound.
pub const DEFAULT_OUTPUT_TOKENS: u32 = 1_024;
const MAX_STOPS: usize = 4;
const MAX_STOP_CHARACTERS: usize = 100;

/// Calls the model behind a listing.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CallRequest {
    /// Listing whose current release is called.
    pub listing_id: Uuid,
    pub input: CallInput,
    /// Answer as server-sent events: `delta` for each piece of text, then `done` with the usage.
    #[serde(default)]
    pub stream: bool,
}

#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CallInput {
    #[schema(min_items = 1, max_items = 256)]
    pub messages: Vec<Message>,
    /// The most tokens that the model may answer with.
    #[serde(default, deserialize_with = "whole_number")]
    #[schema(nullable = false, minimum = 1, maximum = 131072)]
    pub max_output_tokens: Option<u32>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 2)]
    pub temperature: Option<f64>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, minimum = 0, maximum = 1)]
    pub top_p: Option<f64>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = stop_schema)]
    pub stop: Option<Vec<String>>,
}

/// A value may be left out; where it is given it is one.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// To JSON Schema 664.0 is an integer like 664, and to some languages they are the same number.
fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
        return Ok(Some(number as u32));
    }
    Err(serde::de::Error::custom(format!("{number} is not a whole number from 1 to {MAX_OUTPUT_TOKENS}")))
}

/// By hand, since attributes have no bounds for what a list holds.
fn stop_schema() -> Array {
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX_STOP_CHARACTERS));
    ArrayBuilder::new()
        .items(text)
        .max_items(Some(MAX_STOPS))
        .description(Some("Texts at which the model stops."))
        .build()
}

#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub role: Role,
    #[schema(min_length = 1)]
    pub content: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One thing that is wrong with a request: a JSON pointer from `/body` or `/query`, and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    pub path: String,
    pub message: String,
}

impl FieldError {
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl CallInput {
    /// Everything that is wrong, so that a caller mends it in one go.
    pub fn problems(&self) -> Vec<FieldError> {
        let mut problems = Vec::new();
        let mut check = |holds: bool, path: &str, message: String| {
            if !holds {
                problems.push(FieldError::new(format!("/body/input/{path}"), message));
            }
        };
        let count = self.messages.len();
        check(
            (1..=MAX_MESSAGES).contains(&count),
            "messages",
            format!("{count} messages; 1 to {MAX_MESSAGES} are allowed"),
        );
        for (index, message) in self.messages.iter().enumerate() {
            check(!message.content.is_empty(), &format!("messages/{index}/content"), "must not be empty".into());
        }
        if let Some(tokens) = self.max_output_tokens {
            check(
                (1..=MAX_OUTPUT_TOKENS).contains(&tokens),
                "maxOutputTokens",
                format!("{tokens}; 1 to {MAX_OUTPUT_TOKENS} is allowed"),
            );
        }
        if let Some(value) = self.temperature {
            check((0.0..=2.0).contains(&value), "temperature", format!("{value}; 0 to 2 is allowed"));
        }
        if let Some(value) = self.top_p {
            check((0.0..=1.0).contains(&value), "topP", format!("{value}; 0 to 1 is allowed"));
        }
        for stops in self.stop.iter() {
            check(stops.len() <= MAX_STOPS, "stop", format!("{} texts; at most {MAX_STOPS} are allowed", stops.len()));
            for (index, stop) in stops.iter().enumerate() {
                let count = stop.chars().count();
                check(
                    (1..=MAX_STOP_CHARACTERS).contains(&count),
                    &format!("stop/{index}"),
                    format!("{count} characters; 1 to {MAX_STOP_CHARACTERS} are allowed"),
                );
            }
        }
        problems
    }

    pub fn estimated_input_tokens(&self) -> u64 {
        estimated_tokens(self.messages.iter().map(|message| message.content.len()).sum())
    }

    /// What admission takes from the quota before the call; the difference is given back after it.
    pub fn reserved_tokens(&self) -> u64 {
        self.estimated_input_tokens() + u64::from(self.max_output_tokens.unwrap_or(DEFAULT_OUTPUT_TOKENS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(json: &str) -> CallInput {
        serde_json::from_str(json).expect("an input")
    }

    #[test]
    fn all_problems_are_told_at_once_each_with_its_path() {
        let input = input(
            r#"{"messages":[{"role":"user","content":""}],"maxOutputTokens":0,"temperature":2.5,"topP":-1,"stop":["a","b","c","d",""]}"#,
        );
        let paths: Vec<String> = input.problems().into_iter().map(|problem| problem.path).collect();
        assert_eq!(
            paths,
            ["messages/0/content", "maxOutputTokens", "temperature", "topP", "stop", "stop/4"]
                .map(|path| format!("/body/input/{path}"))
        );
    }

    #[test]
    fn the_bounds_that_the_document_shows_are_the_bounds_that_are_checked() {
        assert_eq!((MAX_MESSAGES, MAX_OUTPUT_TOKENS), (256, 131_072));
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point_and_another_is_refused() {
        let asked = |number: &str| {
            serde_json::from_str::<CallInput>(&format!(r#"{{"messages":[],"maxOutputTokens":{number}}}"#))
        };
        assert_eq!(asked("664.0").expect("an integer").max_output_tokens, Some(664));
        for number in ["0.5", "-1", "1e300", "null", "\"1\""] {
            assert!(asked(number).is_err(), "{number}");
        }
    }

    #[test]
    fn unknown_fields_and_roles_are_refused() {
        assert!(serde_json::from_str::<CallInput>(r#"{"messages":[],"seed":1}"#).is_err());
        assert!(serde_json::from_str::<CallInput>(r#"{"messages":[],"topP":null}"#).is_err(), "left out or a number");
        assert!(serde_json::from_str::<Message>(r#"{"role":"tool","content":"x"}"#).is_err());
    }

    #[test]
    fn a_reservation_covers_the_input_and_the_most_that_can_be_answered() {
        let input = input(r#"{"messages":[{"role":"user","content":"12345678"}],"maxOutputTokens":10}"#);
        assert_eq!(input.reserved_tokens(), 12);
    }
}
