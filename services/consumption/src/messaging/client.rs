//! How librdkafka is configured for each way of proof.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientConfig;
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::config::{Auth, KafkaConfig, KafkaProtocol};
use crate::identity::aws::PodIdentity;

/// Gives MSK its tokens, and keeps librdkafka's log in the service's own form.
#[derive(Clone, Default)]
pub struct KafkaContext {
    identity: Option<(Arc<PodIdentity>, String, String)>,
    last_error: Arc<Mutex<Option<String>>>,
}

impl KafkaContext {
    pub fn new(config: &KafkaConfig, identity: Option<Arc<PodIdentity>>) -> Self {
        match (&config.auth, identity) {
            (Auth::CloudIdentity { user, region }, Some(identity)) => {
                Self { identity: Some((identity, user.clone(), region.clone())), ..Self::default() }
            }
            _ => Self::default(),
        }
    }

    /// What a broker or the way to it last failed with, told once.
    pub fn last_error(&self) -> Option<String> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for KafkaContext {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let text = format!("{facility}: {message}");
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(error = text, "Kafka's client reports")
            }
            // A broker that is away is told many times a second; one level lower it is there for who looks for it.
            _ => tracing::debug!(error = text, "Kafka's client reports"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error = %error, "Kafka's client: {reason}");
        // It only follows from the others, and would hide them.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        }
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let (identity, user, region) = self.identity.as_ref().ok_or("the pod has no identity")?;
        let (token, lifetime_ms) = identity.msk_token(region)?;
        Ok(OAuthToken { token, principal_name: user.clone(), lifetime_ms })
    }
}

impl ConsumerContext for KafkaContext {}

pub fn client_config(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.bootstrap_servers)
        .set("client.id", "consumption")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.max.ms", "2000")
        .set(
            "security.protocol",
            match config.protocol {
                KafkaProtocol::Plaintext => "plaintext",
                KafkaProtocol::Ssl => "ssl",
                KafkaProtocol::SaslSsl => "sasl_ssl",
            },
        );
    if let Some(file) = &config.ca_file {
        client.set("ssl.ca.location", file.to_string_lossy());
    }
    match &config.auth {
        Auth::None => {}
        Auth::Password { user, password } => {
            client
                .set("sasl.mechanism", "SCRAM-SHA-512")
                .set("sasl.username", user)
                .set("sasl.password", password.expose());
        }
        Auth::ClientCertificate { cert_file, key_file, .. } => {
            client
                .set("ssl.certificate.location", cert_file.to_string_lossy())
                .set("ssl.key.location", key_file.to_string_lossy());
        }
        Auth::CloudIdentity { .. } => {
            client.set("sasl.mechanism", "OAUTHBEARER");
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, Topics};

    fn with(auth: Auth, protocol: KafkaProtocol) -> ClientConfig {
        client_config(&KafkaConfig {
            bootstrap_servers: "b:9096".into(),
            protocol,
            group_prefix: "consumption".into(),
            topics: Topics { metering: "m".into(), approvals: "a".into(), keys: "k".into() },
            auth,
            ca_file: Some("/etc/stores/kafka/ca.crt".into()),
        })
    }

    #[test]
    fn librdkafka_was_built_with_what_each_way_of_proof_needs() {
        let password = Auth::Password { user: "consumption".into(), password: Secret::new("x") };
        let cloud = Auth::CloudIdentity { user: "consumption".into(), region: "eu-central-1".into() };
        for (auth, protocol) in [
            (Auth::None, KafkaProtocol::Plaintext),
            (password, KafkaProtocol::SaslSsl),
            (cloud, KafkaProtocol::SaslSsl),
        ] {
            let mut config = with(auth, protocol);
            config.remove("ssl.ca.location");
            let client: Result<rdkafka::producer::BaseProducer, _> = config.create();
            assert!(client.is_ok(), "{:?}", client.err());
        }
    }
}
