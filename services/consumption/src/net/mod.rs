//! Outgoing HTTP: who may be reached, and the connection that goes to the very address that was checked.

mod connector;
mod stream;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;

pub use connector::{ConnectError, Connector, Dialer, Reach, Resolver, SystemDialer, SystemResolver};

pub type HttpClient = Client<Connector, Full<Bytes>>;

const IDLE_CONNECTION: Duration = Duration::from_secs(60);
const IDLE_CONNECTIONS_PER_HOST: usize = 64;

/// What a test replaces: names, sockets and roots of trust. Production has exactly one way to build it.
#[derive(Clone)]
pub struct Network {
    pub resolver: Arc<dyn Resolver>,
    pub dialer: Arc<dyn Dialer>,
    pub roots: Arc<RootCertStore>,
}

impl Network {
    pub fn system() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { resolver: Arc::new(SystemResolver), dialer: Arc::new(SystemDialer), roots: Arc::new(roots) }
    }

    pub fn client(&self, reach: Reach, connect_timeout: Duration) -> HttpClient {
        Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_CONNECTION)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
            .build(Connector::new(self, reach, connect_timeout))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("no connection: {0}")]
    Request(String),
    #[error("an answer longer than {0} bytes, or one that broke off")]
    Body(usize),
}

/// One small exchange inside the platform: the whole answer, within a time and a size.
pub async fn fetch(
    client: &HttpClient,
    request: Request<Full<Bytes>>,
    timeout: Duration,
    max_bytes: usize,
) -> Result<Response<Bytes>, FetchError> {
    let exchange = async {
        let response: Response<Incoming> =
            client.request(request).await.map_err(|error| FetchError::Request(chain(&error)))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, max_bytes).collect().await.map_err(|_| FetchError::Body(max_bytes))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    };
    tokio::time::timeout(timeout, exchange).await.map_err(|_| FetchError::Timeout(timeout))?
}

/// Our own error inside hyper's, where the connection was not made.
pub fn connect_error(error: &legacy::Error) -> Option<&ConnectError> {
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    while let Some(current) = source {
        if let Some(found) = current.downcast_ref::<ConnectError>() {
            return Some(found);
        }
        source = current.source();
    }
    None
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(current) = source {
        text.push_str(": ");
        text.push_str(&current.to_string());
        source = current.source();
    }
    text
}
