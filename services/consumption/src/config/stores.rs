//! How Redis and Kafka are reached and how the service proves itself to them.

use std::path::PathBuf;

use super::Environment;
use super::reader::{Reader, Secret};

#[derive(Debug, Clone)]
pub enum Auth {
    /// For engines on loopback, in `local` only.
    None,
    Password {
        user: String,
        password: Secret,
    },
    ClientCertificate {
        user: String,
        cert_file: PathBuf,
        key_file: PathBuf,
    },
    /// A short-lived AWS token of the pod's identity.
    CloudIdentity {
        user: String,
        region: String,
    },
}

#[derive(Debug, Clone)]
pub struct RedisConfig {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub key_prefix: String,
    pub sentinel: Option<Sentinel>,
    pub auth: Auth,
    pub ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone)]
pub struct Sentinel {
    pub hosts: Vec<(String, u16)>,
    pub master: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KafkaProtocol {
    Plaintext,
    Ssl,
    SaslSsl,
}

#[derive(Debug, Clone)]
pub struct KafkaConfig {
    pub bootstrap_servers: String,
    pub protocol: KafkaProtocol,
    pub group_prefix: String,
    pub topics: Topics,
    pub auth: Auth,
    pub ca_file: Option<PathBuf>,
}

/// Names of the topics. The platform says which ones the service may use; tests use their own.
#[derive(Debug, Clone)]
pub struct Topics {
    pub metering: String,
    pub approvals: String,
    pub keys: String,
}

pub const METERING_TOPIC: &str = "metering.records";
pub const APPROVALS_TOPIC: &str = "provider.approvals";
pub const KEYS_TOPIC: &str = "access.keys";

const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "password",
    "secret",
    "example",
    "postgres",
    "placeholder",
    "default",
    "admin",
    "redis",
    "kafka",
    "todo",
];
const MIN_SECRET_CHARACTERS: usize = 12;

pub fn redis(reader: &mut Reader<'_>, environment: Environment) -> Option<RedisConfig> {
    let host = reader.text("REDIS_HOST", "a host name");
    let port = reader.port("REDIS_PORT");
    let tls = reader.boolean("REDIS_TLS");
    let key_prefix = reader.checked("REDIS_KEY_PREFIX", None, "1 to 64 letters, digits, - _ . and :", |value| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        (value.len() <= 64 && value.bytes().all(allowed)).then(|| value.to_owned())
    });
    let sentinel = sentinel(reader);
    let auth = auth(reader, "REDIS", environment);
    let ca_file = reader.optional_file("REDIS_CA_FILE");
    if tls == Some(false) && matches!(auth, Some(Auth::ClientCertificate { .. } | Auth::CloudIdentity { .. })) {
        reader.refuse::<()>("REDIS_TLS", Some("false"), "true with REDIS_AUTH client-certificate or cloud-identity");
    }
    Some(RedisConfig {
        host: host?,
        port: port?,
        tls: tls?,
        key_prefix: key_prefix?,
        sentinel: sentinel?,
        auth: auth?,
        ca_file: ca_file?,
    })
}

fn sentinel(reader: &mut Reader<'_>) -> Option<Option<Sentinel>> {
    match (reader.optional("REDIS_SENTINEL_HOSTS"), reader.optional("REDIS_SENTINEL_MASTER")) {
        (None, None) => Some(None),
        (Some(_), Some(master)) => {
            let hosts =
                reader.checked("REDIS_SENTINEL_HOSTS", None, "host:port, several separated by commas", host_ports)?;
            Some(Some(Sentinel { hosts, master }))
        }
        (Some(_), None) => {
            reader.refuse("REDIS_SENTINEL_MASTER", None, "the master's name, since REDIS_SENTINEL_HOSTS is set")
        }
        (None, Some(_)) => {
            reader.refuse("REDIS_SENTINEL_HOSTS", None, "host:port,… since REDIS_SENTINEL_MASTER is set")
        }
    }
}

pub fn kafka(reader: &mut Reader<'_>, environment: Environment) -> Option<KafkaConfig> {
    let bootstrap_servers =
        reader.checked("KAFKA_BOOTSTRAP_SERVERS", None, "host:port, several separated by commas", |value| {
            host_ports(value).map(|_| value.to_owned())
        });
    let protocol = reader.one_of(
        "KAFKA_SECURITY_PROTOCOL",
        None,
        &[("PLAINTEXT", KafkaProtocol::Plaintext), ("SSL", KafkaProtocol::Ssl), ("SASL_SSL", KafkaProtocol::SaslSsl)],
    );
    let group_prefix = reader.text("KAFKA_GROUP_PREFIX", "the first part of the consumer group's name");
    let produces = topics(reader, "KAFKA_PRODUCE_TOPICS", &[METERING_TOPIC]);
    let consumes = topics(reader, "KAFKA_CONSUME_TOPICS", &[APPROVALS_TOPIC, KEYS_TOPIC]);
    let auth = auth(reader, "KAFKA", environment);
    let ca_file = reader.optional_file("KAFKA_CA_FILE");
    if let (Some(protocol), Some(auth)) = (protocol, &auth) {
        let expected = match auth {
            Auth::None => KafkaProtocol::Plaintext,
            Auth::ClientCertificate { .. } => KafkaProtocol::Ssl,
            Auth::Password { .. } | Auth::CloudIdentity { .. } => KafkaProtocol::SaslSsl,
        };
        if protocol != expected {
            let value = reader.optional("KAFKA_SECURITY_PROTOCOL");
            reader.refuse::<()>("KAFKA_SECURITY_PROTOCOL", value.as_deref(), "what KAFKA_AUTH needs: PLAINTEXT with none, SSL with client-certificate, SASL_SSL with password and cloud-identity");
        }
    }
    produces?;
    consumes?;
    Some(KafkaConfig {
        bootstrap_servers: bootstrap_servers?,
        protocol: protocol?,
        group_prefix: group_prefix?,
        topics: Topics { metering: METERING_TOPIC.into(), approvals: APPROVALS_TOPIC.into(), keys: KEYS_TOPIC.into() },
        auth: auth?,
        ca_file: ca_file?,
    })
}

/// The platform grants rights by these lists: one that lacks a topic would fail at run time, so it fails at start.
fn topics(reader: &mut Reader<'_>, name: &str, needed: &[&str]) -> Option<()> {
    let allowed = format!("a comma-separated list with {}", needed.join(" and "));
    reader.checked(name, None, &allowed, |value| {
        let listed: Vec<&str> = value.split(',').map(str::trim).collect();
        needed.iter().all(|topic| listed.contains(topic)).then_some(())
    })
}

fn auth(reader: &mut Reader<'_>, store: &str, environment: Environment) -> Option<Auth> {
    #[derive(Clone, Copy)]
    enum Kind {
        None,
        Password,
        Certificate,
        Cloud,
    }
    let mut kinds =
        vec![("password", Kind::Password), ("client-certificate", Kind::Certificate), ("cloud-identity", Kind::Cloud)];
    if environment == Environment::Local {
        kinds.push(("none", Kind::None));
    }
    let kind = reader.one_of(&format!("{store}_AUTH"), None, &kinds)?;
    if matches!(kind, Kind::None) {
        return Some(Auth::None);
    }
    let user = reader.text(&format!("{store}_USER"), "the user's name");
    match kind {
        Kind::None => Some(Auth::None),
        Kind::Password => {
            let password = secret(reader, &format!("{store}_PASSWORD"), environment);
            Some(Auth::Password { user: user?, password: password? })
        }
        Kind::Certificate => {
            let cert_file = reader.file(&format!("{store}_CERT_FILE"));
            let key_file = reader.file(&format!("{store}_KEY_FILE"));
            Some(Auth::ClientCertificate { user: user?, cert_file: cert_file?, key_file: key_file? })
        }
        Kind::Cloud => {
            let region =
                reader.text("CLOUD_REGION", &format!("the cloud's region, since {store}_AUTH is cloud-identity"));
            Some(Auth::CloudIdentity { user: user?, region: region? })
        }
    }
}

fn secret(reader: &mut Reader<'_>, name: &str, environment: Environment) -> Option<Secret> {
    let allowed = "a secret of at least 12 characters that is no placeholder";
    let value = reader.optional(name).unwrap_or_default();
    if value.is_empty() {
        return reader.refuse(name, None, allowed);
    }
    if environment.is_deployed() {
        let lower = value.to_lowercase();
        if PLACEHOLDERS.iter().any(|placeholder| lower.contains(placeholder)) {
            return reader.refuse_secret(name, "a placeholder", allowed);
        }
        if value.chars().count() < MIN_SECRET_CHARACTERS {
            return reader.refuse_secret(name, "fewer than 12 characters", allowed);
        }
    }
    Some(Secret::new(value))
}

fn host_ports(value: &str) -> Option<Vec<(String, u16)>> {
    value
        .split(',')
        .map(|part| {
            let (host, port) = part.trim().rsplit_once(':')?;
            let port = port.parse().ok().filter(|port| *port > 0)?;
            (!host.is_empty()).then(|| (host.to_owned(), port))
        })
        .collect()
}
