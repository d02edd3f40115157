//! Configuration: environment variables, read once, parsed strictly, every problem told at once. The list is the
//! platform's `components/kubernetes/service-environment.ts`; README "Configuration" has the ones of this service.

mod reader;
mod stores;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

pub use reader::{Problem, Reader, Secret};
pub use stores::{
    APPROVALS_TOPIC, Auth, KEYS_TOPIC, KafkaConfig, KafkaProtocol, METERING_TOPIC, RedisConfig, Sentinel, Topics,
};

/// Exit code of a process whose configuration is wrong (`EX_CONFIG` of sysexits).
pub const EXIT_CODE: u8 = 78;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    Local,
    Dev,
    Staging,
    Production,
}

impl Environment {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// Where placeholder secrets and plain http to the identity provider are refused.
    pub fn is_deployed(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

#[derive(Debug, Clone)]
pub struct Config {
    pub service: ServiceConfig,
    pub telemetry: TelemetryConfig,
    pub oidc: OidcConfig,
    pub discovery_url: Uri,
    /// Folder with one file a host: the credential that the provider wants as `Authorization: Bearer`.
    pub providers_folder: Option<PathBuf>,
    pub redis: RedisConfig,
    pub kafka: KafkaConfig,
    pub spool: SpoolConfig,
}

#[derive(Debug, Clone)]
pub struct ServiceConfig {
    pub name: String,
    pub version: String,
    pub environment: Environment,
    pub port: u16,
    pub log_level: tracing::Level,
    pub shutdown_delay: Duration,
}

#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    pub endpoint: Option<String>,
    pub service_name: String,
    pub resource: BTreeMap<String, String>,
    pub sample_ratio: f64,
}

#[derive(Debug, Clone)]
pub struct OidcConfig {
    pub issuer: String,
    pub audience: String,
    pub jwks_url: Uri,
}

#[derive(Debug, Clone)]
pub struct SpoolConfig {
    pub folder: PathBuf,
    pub max_bytes: u64,
}

impl Config {
    pub fn from_env() -> Result<Self, Vec<Problem>> {
        Self::read(&|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(get);
        let config = Self::gather(&mut reader);
        let problems = reader.into_problems();
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems),
        }
    }

    fn gather(reader: &mut Reader<'_>) -> Option<Self> {
        let environment = reader.one_of(
            "ENVIRONMENT",
            None,
            &[
                ("local", Environment::Local),
                ("dev", Environment::Dev),
                ("staging", Environment::Staging),
                ("production", Environment::Production),
            ],
        );
        // While it is unknown, the strictest rules show what else is wrong.
        let assumed = environment.unwrap_or(Environment::Production);
        let service = service(reader, environment);
        let telemetry = telemetry(reader);
        let oidc = oidc(reader, assumed);
        let discovery_url = url(reader, "DISCOVERY_URL", false);
        let providers_folder = reader.optional("PROVIDERS_FOLDER").map(PathBuf::from);
        let redis = stores::redis(reader, assumed);
        let kafka = stores::kafka(reader, assumed);
        let spool = spool(reader);
        Some(Self {
            service: service?,
            telemetry: telemetry?,
            oidc: oidc?,
            discovery_url: discovery_url?,
            providers_folder,
            redis: redis?,
            kafka: kafka?,
            spool: spool?,
        })
    }
}

fn service(reader: &mut Reader<'_>, environment: Option<Environment>) -> Option<ServiceConfig> {
    let name = reader.checked("SERVICE_NAME", Some("consumption"), "consumption", |value| {
        (value == "consumption").then(|| value.to_owned())
    });
    let version = reader.text("SERVICE_VERSION", "the version that is deployed");
    let port = reader.port("PORT");
    let log_level = reader.one_of(
        "LOG_LEVEL",
        Some("info"),
        &[
            ("debug", tracing::Level::DEBUG),
            ("info", tracing::Level::INFO),
            ("warn", tracing::Level::WARN),
            ("error", tracing::Level::ERROR),
        ],
    );
    let delay = reader.number("SHUTDOWN_DELAY_SECONDS", Some("0"), 0..=300);
    Some(ServiceConfig {
        name: name?,
        version: version?,
        environment: environment?,
        port: port?,
        log_level: log_level?,
        shutdown_delay: Duration::from_secs(delay?),
    })
}

fn telemetry(reader: &mut Reader<'_>) -> Option<TelemetryConfig> {
    let endpoint = match reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT") {
        None => Some(None),
        Some(_) => url(reader, "OTEL_EXPORTER_OTLP_ENDPOINT", false).map(|uri| Some(uri.to_string())),
    };
    let protocol = reader.one_of("OTEL_EXPORTER_OTLP_PROTOCOL", Some("grpc"), &[("grpc", ())]);
    let service_name = reader.optional("OTEL_SERVICE_NAME").unwrap_or_else(|| "consumption".into());
    let resource =
        reader.checked("OTEL_RESOURCE_ATTRIBUTES", Some(""), "name=value, several separated by commas", |value| {
            value
                .split(',')
                .filter(|pair| !pair.trim().is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=')?;
                    Some((name.trim().to_owned(), value.trim().to_owned()))
                })
                .collect()
        });
    let sample_ratio = reader.checked("OTEL_TRACES_SAMPLER_ARG", Some("0.1"), "a number from 0 to 1", |value| {
        value.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
    });
    protocol?;
    Some(TelemetryConfig { endpoint: endpoint?, service_name, resource: resource?, sample_ratio: sample_ratio? })
}

fn oidc(reader: &mut Reader<'_>, environment: Environment) -> Option<OidcConfig> {
    let issuer = reader.text("OIDC_ISSUER", "the issuer's address, exactly as in `iss`");
    let audience = reader.text("OIDC_AUDIENCE", "the audience that tokens are for");
    let jwks_url = url(reader, "OIDC_JWKS_URL", environment.is_deployed());
    Some(OidcConfig { issuer: issuer?, audience: audience?, jwks_url: jwks_url? })
}

fn spool(reader: &mut Reader<'_>) -> Option<SpoolConfig> {
    let folder = reader.optional("SPOOL_FOLDER").unwrap_or_else(|| "/tmp/spool".into());
    let max_mib = reader.number("SPOOL_MAX_MIB", Some("32"), 1..=4_096)?;
    Some(SpoolConfig { folder: folder.into(), max_bytes: max_mib * 1024 * 1024 })
}

fn url(reader: &mut Reader<'_>, name: &str, https_only: bool) -> Option<Uri> {
    let allowed = if https_only { "an https address" } else { "an http or https address" };
    reader.checked(name, None, allowed, |value| {
        let uri: Uri = value.parse().ok()?;
        let scheme = uri.scheme_str()?;
        let schemes: &[&str] = if https_only { &["https"] } else { &["http", "https"] };
        (uri.host().is_some_and(|host| !host.is_empty()) && schemes.contains(&scheme)).then_some(uri)
    })
}
