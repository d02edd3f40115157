//! What several tests need: a provider with TLS, names and sockets of our own, a service that runs in this process.
#![allow(dead_code)]

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use consumption::config::Config;
use consumption::net::{Dialer, HttpClient, Network, Reach, Resolver, SystemDialer, SystemResolver};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rustls::RootCertStore;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An address of the public internet; the dialer leads it to the provider on loopback.
pub const PUBLIC: &str = "93.184.215.14";

/// Answers a name with the next of its lists, and stays at the last: a name server that changes its mind.
#[derive(Default)]
pub struct StubResolver {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    pub asked: Mutex<Vec<String>>,
}

impl StubResolver {
    pub fn answer(&self, host: &str, lists: &[&[&str]]) {
        let lists = lists.iter().map(|list| list.iter().map(|ip| ip.parse().expect("an address")).collect()).collect();
        self.answers.lock().expect("answers").insert(host.into(), lists);
    }
}

impl StubResolver {
    fn next(&self, host: &str) -> Option<Vec<IpAddr>> {
        let mut answers = self.answers.lock().expect("answers");
        let lists = answers.get_mut(host)?;
        Some(if lists.len() > 1 { lists.remove(0) } else { lists[0].clone() })
    }
}

impl Resolver for StubResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            self.asked.lock().expect("asked").push(host.to_owned());
            match self.next(host) {
                // What nobody described is of this machine: Redis, discovery.
                None => SystemResolver.resolve(host, port).await,
                Some(list) => Ok(list.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()),
            }
        })
    }
}

/// Notes every address that is dialled. Port 443 leads to the provider of the test.
#[derive(Default)]
pub struct StubDialer {
    pub provider: Mutex<Option<SocketAddr>>,
    pub dialled: Mutex<Vec<SocketAddr>>,
}

impl Dialer for StubDialer {
    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            if address.port() != 443 {
                return SystemDialer.dial(address).await;
            }
            self.dialled.lock().expect("dialled").push(address);
            let provider = *self.provider.lock().expect("provider");
            match provider {
                Some(provider) => SystemDialer.dial(provider).await,
                None => Err(io::ErrorKind::ConnectionRefused.into()),
            }
        })
    }
}

pub struct Fakes {
    pub resolver: Arc<StubResolver>,
    pub dialer: Arc<StubDialer>,
    pub network: Network,
}

/// A provider that answers as `router` does, under any of the names, with a certificate that the network trusts.
pub async fn provider(names: &[&str], router: Router) -> Fakes {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let issued = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = issued.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.signing_key.serialize_der()));
    let tls = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("TLS");
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                let Ok(tls) = acceptor.accept(socket).await else { return };
                let service = TowerToHyperService::new(router);
                let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(tls), service).await;
            });
        }
    });
    let mut roots = RootCertStore::empty();
    roots.add(certificate).expect("a root");
    let (resolver, dialer) = (Arc::new(StubResolver::default()), Arc::new(StubDialer::default()));
    *dialer.provider.lock().expect("provider") = Some(address);
    let network = Network { resolver: resolver.clone(), dialer: dialer.clone(), roots: Arc::new(roots) };
    Fakes { resolver, dialer, network }
}

/// A server without TLS on loopback, such as discovery.
pub async fn plain(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    address
}

/// The smallest environment, with changes. Ports that nobody listens on: what is not changed is away.
pub fn config(changes: &[(&str, &str)]) -> Config {
    let mut variables: HashMap<&str, &str> = HashMap::from([
        ("SERVICE_VERSION", "0.0.0-test"),
        ("ENVIRONMENT", "local"),
        ("PORT", "3003"),
        ("LOG_LEVEL", "error"),
        ("OIDC_ISSUER", "http://issuer.test"),
        ("OIDC_AUDIENCE", "llm-marketplace"),
        ("OIDC_JWKS_URL", "http://127.0.0.1:9/jwks"),
        ("DISCOVERY_URL", "http://127.0.0.1:9"),
        ("REDIS_HOST", "127.0.0.1"),
        ("REDIS_PORT", "9"),
        ("REDIS_TLS", "false"),
        ("REDIS_KEY_PREFIX", "consumption:"),
        ("REDIS_AUTH", "none"),
        ("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9"),
        ("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
        ("KAFKA_GROUP_PREFIX", "consumption"),
        ("KAFKA_PRODUCE_TOPICS", "metering.records"),
        ("KAFKA_CONSUME_TOPICS", "provider.approvals,access.keys"),
        ("KAFKA_AUTH", "none"),
    ]);
    variables.extend(changes.iter().copied());
    let mut config = Config::read(&|name| variables.get(name).map(ToString::to_string)).expect("a configuration");
    // Any free port; the configuration itself allows none that is unknown beforehand.
    config.service.port = 0;
    config
}

pub fn client() -> HttpClient {
    Network::system().client(Reach::Internal, Duration::from_secs(2))
}

pub async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    let response = client().request(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    Response::from_parts(parts, body.collect().await.expect("a body").to_bytes())
}

pub fn json(response: &Response<Bytes>) -> serde_json::Value {
    serde_json::from_slice(response.body()).unwrap_or_else(|error| panic!("{error}: {:?}", response.body()))
}
