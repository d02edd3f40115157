//! Short-lived tokens of the pod's identity for ElastiCache and MSK. Both are the same thing: a presigned request
//! whose URL is the password. Credentials come from EKS Pod Identity's agent on the node.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::Full;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::net::{HttpClient, fetch};

/// What both stores accept at most.
const TOKEN_LIFE: Duration = Duration::from_secs(900);
const RENEW_BEFORE: time::Duration = time::Duration::minutes(10);

#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    #[error(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE are missing or wrong: the pod has no identity"
    )]
    NoIdentity,
    #[error("the pod's credentials could not be read: {0}")]
    Agent(String),
    #[error("the request could not be signed: {0}")]
    Sign(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AgentAnswer {
    access_key_id: String,
    secret_access_key: String,
    token: String,
    #[serde(with = "time::serde::rfc3339")]
    expiration: OffsetDateTime,
}

struct Held {
    credentials: Credentials,
    expires: OffsetDateTime,
}

/// The pod's credentials, kept fresh. Kafka's client asks from a thread that cannot wait, hence the copy.
pub struct PodIdentity {
    client: HttpClient,
    agent: Uri,
    token_file: PathBuf,
    held: RwLock<Option<Held>>,
}

impl PodIdentity {
    /// From the variables that EKS sets in the pod.
    pub fn from_env(client: HttpClient) -> Result<Arc<Self>, AwsError> {
        let agent = std::env::var("AWS_CONTAINER_CREDENTIALS_FULL_URI").ok().and_then(|uri| uri.parse().ok());
        let file = std::env::var_os("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        match (agent, file) {
            (Some(agent), Some(file)) => {
                Ok(Arc::new(Self { client, agent, token_file: file.into(), held: RwLock::new(None) }))
            }
            _ => Err(AwsError::NoIdentity),
        }
    }

    /// Reads the credentials where they are missing or near their end.
    pub async fn refresh(&self) -> Result<(), AwsError> {
        let fresh = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            held.as_ref().is_some_and(|held| held.expires - RENEW_BEFORE > OffsetDateTime::now_utc())
        };
        if fresh {
            return Ok(());
        }
        let agent = |error: String| AwsError::Agent(error);
        // Read each time: the kubelet replaces it.
        let token = std::fs::read_to_string(&self.token_file).map_err(|error| agent(error.to_string()))?;
        let request = Request::get(self.agent.clone())
            .header(http::header::AUTHORIZATION, token.trim())
            .body(Full::<Bytes>::default())
            .map_err(|error| agent(error.to_string()))?;
        let response = fetch(&self.client, request, Duration::from_secs(5), 64 * 1024)
            .await
            .map_err(|error| agent(error.to_string()))?;
        if !response.status().is_success() {
            return Err(AwsError::Agent(format!("status {}", response.status())));
        }
        let answer: AgentAnswer = serde_json::from_slice(response.body()).map_err(|error| agent(error.to_string()))?;
        let credentials = Credentials::new(
            answer.access_key_id,
            answer.secret_access_key,
            Some(answer.token),
            Some(answer.expiration.into()),
            "pod-identity",
        );
        *self.held.write().unwrap_or_else(PoisonError::into_inner) =
            Some(Held { credentials, expires: answer.expiration });
        Ok(())
    }

    fn credentials(&self) -> Result<Credentials, AwsError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|held| held.credentials.clone()).ok_or_else(|| AwsError::Agent("not read yet".into()))
    }

    /// Password for ElastiCache: the presigned URL without its scheme.
    pub fn elasticache_token(&self, cluster: &str, user: &str, region: &str) -> Result<String, AwsError> {
        let url = format!("http://{cluster}/?Action=connect&User={user}");
        let signed = presign(&url, &self.credentials()?, region, "elasticache", SystemTime::now())?;
        Ok(signed.trim_start_matches("http://").to_owned())
    }

    /// OAUTHBEARER token for MSK and its end in milliseconds since 1970.
    pub fn msk_token(&self, region: &str) -> Result<(String, i64), AwsError> {
        let now = SystemTime::now();
        let url = format!("https://kafka.{region}.amazonaws.com/?Action=kafka-cluster%3AConnect");
        let signed = presign(&url, &self.credentials()?, region, "kafka-cluster", now)?;
        let token = URL_SAFE_NO_PAD.encode(format!("{signed}&User-Agent=consumption"));
        let ends = now + TOKEN_LIFE;
        let millis = ends.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Ok((token, i64::try_from(millis).unwrap_or(i64::MAX)))
    }
}

fn presign(
    url: &str,
    credentials: &Credentials,
    region: &str,
    service: &str,
    at: SystemTime,
) -> Result<String, AwsError> {
    let failed = |error: &dyn std::fmt::Display| AwsError::Sign(error.to_string());
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(TOKEN_LIFE);
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(at)
        .settings(settings)
        .build()
        .map_err(|error| failed(&error))?
        .into();
    let signable = SignableRequest::new("GET", url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|error| failed(&error))?;
    let (instructions, _) = sign(signable, &parameters).map_err(|error| failed(&error))?.into_parts();
    let mut request = Request::get(url).body(()).map_err(|error| failed(&error))?;
    instructions.apply_to_request_http1x(&mut request);
    Ok(request.uri().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signatures of botocore 1.44.8 (`SigV4QueryAuth`) for the same requests, keys and time.
    #[test]
    fn a_token_is_a_url_signed_as_the_sdk_of_another_language_signs_it() {
        let kafka = "https://kafka.eu-central-1.amazonaws.com/?Action=kafka-cluster%3AConnect";
        let url =
            signed(kafka, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "kafka-cluster", 1_790_000_000);
        for part in [
            "Action=kafka-cluster%3AConnect",
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Date=20260921T141320Z",
            "%2Feu-central-1%2Fkafka-cluster%2Faws4_request",
            "X-Amz-Expires=900",
            "X-Amz-Security-Token=session",
            "X-Amz-SignedHeaders=host",
            "X-Amz-Signature=a54b45a02531878d44b4ae5209bb86e418bf755ac93e4969875ad720828f760f",
        ] {
            assert!(url.contains(part), "{part} in {url}");
        }
        let cache = "http://llm-redis/?Action=connect&User=discovery-dev";
        let url = signed(cache, "not-a-key", "us-east-1", "elasticache", 1_767_323_045);
        let signature = "X-Amz-Signature=50460817cf4b6e4d950054049366d86ef0a69a45bf67959b70de7c558b122709";
        assert!(url.contains(signature), "{signature} in {url}");
    }

    fn signed(url: &str, secret: &str, region: &str, service: &str, seconds: u64) -> String {
        let credentials = Credentials::new("AKIDEXAMPLE", secret, Some("session".into()), None, "test");
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        presign(url, &credentials, region, service, at).expect("signed")
    }
}
