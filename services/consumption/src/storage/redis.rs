//! One multiplexed connection to Redis that mends itself. Own code rather than the crate's `ConnectionManager`, because
//! a new connection may need a new password (ElastiCache's last fifteen minutes) and a new address (Sentinel).

use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, ConnectionAddr, FromRedisValue, IntoConnectionInfo, Pipeline,
    RedisConnectionInfo, RedisError, RedisResult, ScriptInvocation, TlsCertificates,
};
use tokio::sync::Mutex;

use crate::config::{Auth, RedisConfig};
use crate::identity::aws::PodIdentity;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
/// After a failed attempt callers fail at once for this long instead of queueing up for the next.
const QUIET_AFTER_FAILURE: Duration = Duration::from_millis(250);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("Redis does not answer: {0}")]
    Unavailable(String),
    #[error("Redis answered with an error: {0}")]
    Refused(String),
}

pub struct Redis {
    config: RedisConfig,
    tls: Option<TlsCertificates>,
    identity: Option<Arc<PodIdentity>>,
    current: SyncMutex<Option<(u64, MultiplexedConnection)>>,
    connecting: Mutex<Attempts>,
}

#[derive(Default)]
struct Attempts {
    generation: u64,
    failed: Option<(Instant, String)>,
}

impl Redis {
    /// Reads certificates; does not connect.
    pub fn new(config: RedisConfig, identity: Option<Arc<PodIdentity>>) -> std::io::Result<Self> {
        let root_cert = config.ca_file.as_ref().map(std::fs::read).transpose()?;
        let client_tls = match &config.auth {
            Auth::ClientCertificate { cert_file, key_file, .. } => {
                Some(ClientTlsConfig { client_cert: std::fs::read(cert_file)?, client_key: std::fs::read(key_file)? })
            }
            _ => None,
        };
        let tls = config.tls.then_some(TlsCertificates { client_tls, root_cert });
        Ok(Self { config, tls, identity, current: SyncMutex::default(), connecting: Mutex::default() })
    }

    /// A key of this service, under its prefix.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.config.key_prefix)
    }

    pub async fn invoke<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        let (generation, mut connection) = self.connection().await?;
        let result = script.invoke_async(&mut connection).await;
        self.checked(generation, result)
    }

    pub async fn query<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, StoreError> {
        let (generation, mut connection) = self.connection().await?;
        let result = pipeline.query_async(&mut connection).await;
        self.checked(generation, result)
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: (String,) = self.query(redis::pipe().cmd("PING")).await?;
        Ok(())
    }

    /// A connection on which something went wrong below the answer itself is given up. So is one to a server that
    /// became a replica: the new master is found by connecting again.
    fn checked<T>(&self, generation: u64, result: RedisResult<T>) -> Result<T, StoreError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let moved = matches!(error.code(), Some("READONLY" | "MASTERDOWN" | "LOADING" | "NOAUTH"));
        if !(moved || error.is_io_error() || error.is_timeout() || error.is_connection_dropped()) {
            return Err(StoreError::Refused(error.to_string()));
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|(held, _)| *held == generation) {
            *current = None;
        }
        Err(StoreError::Unavailable(error.to_string()))
    }

    fn held(&self) -> Option<(u64, MultiplexedConnection)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        if let Some(held) = self.held() {
            return Ok(held);
        }
        let mut attempts = self.connecting.lock().await;
        if let Some(held) = self.held() {
            return Ok(held);
        }
        if let Some((at, error)) = &attempts.failed
            && at.elapsed() < QUIET_AFTER_FAILURE
        {
            return Err(StoreError::Unavailable(error.clone()));
        }
        match self.connect().await {
            Ok(connection) => {
                attempts.generation += 1;
                attempts.failed = None;
                let held = (attempts.generation, connection);
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(held.clone());
                Ok(held)
            }
            Err(error) => {
                attempts.failed = Some((Instant::now(), error.clone()));
                Err(StoreError::Unavailable(error))
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, String> {
        let (host, port) = match &self.config.sentinel {
            None => (self.config.host.clone(), self.config.port),
            Some(sentinel) => self.master(&sentinel.hosts, &sentinel.master).await?,
        };
        self.open(host, port).await
    }

    /// The first Sentinel that answers says where the master is.
    async fn master(&self, sentinels: &[(String, u16)], name: &str) -> Result<(String, u16), String> {
        let mut last = "no Sentinel is configured".to_owned();
        for (host, port) in sentinels {
            let answer = async {
                let mut connection = self.open(host.clone(), *port).await?;
                let found: Option<(String, u16)> = redis::cmd("SENTINEL")
                    .arg("get-master-addr-by-name")
                    .arg(name)
                    .query_async(&mut connection)
                    .await
                    .map_err(|error: RedisError| error.to_string())?;
                found.ok_or_else(|| format!("the Sentinel {host}:{port} knows no master {name}"))
            };
            match answer.await {
                Ok(master) => return Ok(master),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn open(&self, host: String, port: u16) -> Result<MultiplexedConnection, String> {
        let text = |error: RedisError| error.to_string();
        let address = match &self.tls {
            None => ConnectionAddr::Tcp(host, port),
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        };
        let mut login = RedisConnectionInfo::default();
        match &self.config.auth {
            Auth::None => {}
            // The server takes the user from the certificate's name.
            Auth::ClientCertificate { .. } => {}
            Auth::Password { user, password } => login = login.set_username(user).set_password(password.expose()),
            Auth::CloudIdentity { user, region } => {
                let identity = self.identity.as_ref().ok_or("the pod has no identity")?;
                identity.refresh().await.map_err(|error| error.to_string())?;
                let cluster = cluster_name(&self.config.host);
                let token = identity.elasticache_token(cluster, user, region).map_err(|error| error.to_string())?;
                login = login.set_username(user).set_password(token);
            }
        }
        let info = address.into_connection_info().map_err(text)?.set_redis_settings(login);
        let client = match &self.tls {
            None => Client::open(info).map_err(text)?,
            Some(certificates) => Client::build_with_tls(info, certificates.clone()).map_err(text)?,
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        client.get_multiplexed_async_connection_with_config(&config).await.map_err(text)
    }
}

/// `master.NAME.xxxxxx.region.cache.amazonaws.com` is the primary endpoint of a replication group with TLS.
fn cluster_name(host: &str) -> &str {
    let mut labels = host.split('.');
    match labels.next() {
        Some("master" | "replica" | "clustercfg") => labels.next().unwrap_or(host),
        Some(first) => first,
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_elasticache_signs_for_is_read_from_its_endpoint() {
        assert_eq!(cluster_name("master.marketplace.ab12cd.euc1.cache.amazonaws.com"), "marketplace");
        assert_eq!(cluster_name("marketplace-abc.serverless.euc1.cache.amazonaws.com"), "marketplace-abc");
    }
}
