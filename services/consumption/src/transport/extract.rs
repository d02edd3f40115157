//! Bodies: JSON and nothing else, up to a mebibyte, within ten seconds, with the place of whatever is wrong.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::domain::call::FieldError;

const MAX_BYTES: usize = 1024 * 1024;
const WITHIN: Duration = Duration::from_secs(10);

pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::unsupported_media_type());
        }
        let reading = Limited::new(request.into_body(), MAX_BYTES).collect();
        let bytes = match tokio::time::timeout(WITHIN, reading).await {
            Err(_) => {
                return Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "request-timeout",
                    "The body took too long",
                    "10 seconds at most.",
                ));
            }
            Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(Problem::payload_too_large("1 MiB")),
            Ok(Err(_)) => {
                return Err(Problem::validation(vec![FieldError::new("/body", "it could not be read to its end")]));
            }
            Ok(Ok(collected)) => collected.to_bytes(),
        };
        parse(&bytes).map(Self)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        Problem::validation(vec![FieldError::new(pointer, error.inner().to_string())])
    })?;
    deserializer.end().map_err(|error| Problem::validation(vec![FieldError::new("/body", error.to_string())]))?;
    Ok(parsed)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold("/body".to_owned(), |text, segment| match segment {
        Segment::Seq { index } => format!("{text}/{index}"),
        Segment::Map { key } => format!("{text}/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::call::CallRequest;

    fn refused(body: &str) -> serde_json::Value {
        let Err(problem) = parse::<CallRequest>(body.as_bytes()) else { panic!("it was taken: {body}") };
        serde_json::to_value(problem.body("/v1/calls", None)).expect("a body")
    }

    async fn extracted(media_type: Option<&str>, body: String) -> StatusCode {
        let mut request = Request::post("/v1/calls");
        if let Some(media_type) = media_type {
            request = request.header(CONTENT_TYPE, media_type);
        }
        let request = request.body(axum::body::Body::from(body)).expect("a request");
        let extracted = JsonBody::<CallRequest>::from_request(request, &()).await;
        extracted.map_or_else(|problem| problem.status, |_| StatusCode::OK)
    }

    const ASKED: &str =
        r#"{"listingId":"01890000-0000-7000-8000-000000000000","input":{"messages":[{"role":"user","content":"hi"}]}}"#;

    #[tokio::test]
    async fn a_body_of_a_mebibyte_is_read_and_one_byte_more_is_not() {
        let padded = |bytes: usize| ASKED.to_owned() + &" ".repeat(bytes - ASKED.len());
        assert_eq!(extracted(Some("application/json"), padded(MAX_BYTES)).await, StatusCode::OK);
        assert_eq!(extracted(Some("application/json"), padded(MAX_BYTES + 1)).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn only_json_is_read_whatever_its_parameters() {
        assert_eq!(extracted(Some("Application/JSON; charset=utf-8"), ASKED.into()).await, StatusCode::OK);
        for other in [None, Some(""), Some("text/plain"), Some("application/jsonx"), Some("application/problem+json")] {
            assert_eq!(extracted(other, ASKED.into()).await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{other:?}");
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        let problem = refused(
            r#"{"listingId":"01890000-0000-7000-8000-000000000000","input":{"messages":[{"role":"user","content":7}]}}"#,
        );
        assert_eq!(problem["code"], "validation-failed");
        assert_eq!(problem["errors"][0]["path"], "/body/input/messages/0/content");
    }

    #[test]
    fn broken_json_and_text_behind_it_are_refused() {
        assert_eq!(refused("{")["status"], 400);
        let whole = r#"{"listingId":"01890000-0000-7000-8000-000000000000","input":{"messages":[]}}"#;
        assert_eq!(refused(&format!("{whole} {{}}"))["errors"][0]["path"], "/body");
    }
}
