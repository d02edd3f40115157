//! Resolves, checks, dials. The address is checked after the name is resolved and the socket is opened to that same
//! address, so a name server that answers differently the second time is never asked a second time.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::Network;
use super::stream::Stream;
use crate::domain::address::is_public;

/// Gives all addresses of a name.
pub trait Resolver: Send + Sync {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Opens a socket to an address, and to no other.
pub trait Dialer: Send + Sync {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>>;
}

pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

pub struct SystemDialer;

impl Dialer for SystemDialer {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            let socket = TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            Ok(socket)
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Services of the platform and the identity provider, whose addresses the operator configured.
    Internal,
    /// Providers, whose addresses a stranger wrote: https on port 443 of public addresses.
    Public,
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("only https on port 443 is called")]
    NotHttps,
    #[error("{0} is not an address of the public internet")]
    AddressRefused(IpAddr),
    #[error("the name has no address")]
    NoAddress,
    #[error("the name could not be resolved: {0}")]
    Resolve(io::Error),
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no connection within {0:?}")]
    Timeout(Duration),
}

#[derive(Clone)]
pub struct Connector {
    resolver: Arc<dyn Resolver>,
    dialer: Arc<dyn Dialer>,
    tls: TlsConnector,
    reach: Reach,
    timeout: Duration,
}

impl Connector {
    pub fn new(network: &Network, reach: Reach, timeout: Duration) -> Self {
        let tls = ClientConfig::builder().with_root_certificates(Arc::clone(&network.roots)).with_no_client_auth();
        Self {
            resolver: Arc::clone(&network.resolver),
            dialer: Arc::clone(&network.dialer),
            tls: TlsConnector::from(Arc::new(tls)),
            reach,
            timeout,
        }
    }

    async fn connect(&self, uri: &Uri) -> Result<Stream, ConnectError> {
        let host = uri.host().ok_or(ConnectError::NoAddress)?;
        let https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        if self.reach == Reach::Public && !(https && port == 443) {
            return Err(ConnectError::NotHttps);
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = self.addresses(bare, port).await?;
        let socket = self.dial(&addresses).await?;
        if !https {
            return Ok(Stream::Plain(socket));
        }
        let name =
            ServerName::try_from(bare.to_owned()).map_err(|error| ConnectError::Connect(io::Error::other(error)))?;
        let tls = self.tls.connect(name, socket).await.map_err(ConnectError::Connect)?;
        Ok(Stream::Tls(Box::new(tls)))
    }

    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        let addresses = self.resolver.resolve(host, port).await.map_err(ConnectError::Resolve)?;
        if addresses.is_empty() {
            return Err(ConnectError::NoAddress);
        }
        if self.reach == Reach::Public {
            // One inside address among public ones is not a mistake that a provider makes.
            if let Some(refused) = addresses.iter().find(|address| !is_public(address.ip())) {
                return Err(ConnectError::AddressRefused(refused.ip()));
            }
        }
        Ok(addresses)
    }

    async fn dial(&self, addresses: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
        let mut last = ConnectError::NoAddress;
        for address in addresses {
            match self.dialer.dial(*address).await {
                Ok(socket) => return Ok(socket),
                Err(error) => last = ConnectError::Connect(error),
            }
        }
        Err(last)
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            match tokio::time::timeout(connector.timeout, connector.connect(&uri)).await {
                Ok(stream) => Ok(TokioIo::new(stream?)),
                Err(_) => Err(ConnectError::Timeout(connector.timeout)),
            }
        })
    }
}
