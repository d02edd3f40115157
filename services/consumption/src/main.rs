//! `consumption` serves; `consumption healthcheck` asks a running one; `consumption openapi` prints its document.
#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use consumption::app::Service;
use consumption::config::{Config, EXIT_CODE};
use consumption::net::Network;
use consumption::providers::Timeouts;
use consumption::telemetry::{logs, traces};
use tokio::signal::unix::{Signal, SignalKind, signal};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => serve(),
        Some("healthcheck") => healthcheck(),
        Some("openapi") => {
            print!("{}", consumption::transport::openapi());
            ExitCode::SUCCESS
        }
        Some(other) => {
            eprintln!("{other:?} is no verb; allowed: none (serve), healthcheck, openapi");
            ExitCode::from(2)
        }
    }
}

fn serve() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            return ExitCode::from(EXIT_CODE);
        }
    };
    logs::install(&config.service);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(error = %error, "the runtime cannot be started");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(config));
    // What still waits for a Kafka that is away, on threads that cannot be stopped, has nothing to lose.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

async fn run(config: Config) -> ExitCode {
    let (mut terminate, mut interrupt) = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        _ => return failed("signals cannot be listened to"),
    };
    let exporter = match traces::install(&config) {
        Ok(exporter) => exporter,
        Err(error) => return failed(&error),
    };
    let service = match Service::start(config, Network::system(), Timeouts::default()).await {
        Ok(service) => service,
        Err(error) => return failed(&error.to_string()),
    };
    either(&mut terminate, &mut interrupt).await;
    tracing::info!("stopping");
    tokio::select! {
        () = service.stop() => {}
        () = either(&mut terminate, &mut interrupt) => {
            tracing::warn!("a second signal: ending at once");
            return ExitCode::FAILURE;
        }
    }
    // Exporting blocks.
    let _ = tokio::task::spawn_blocking(|| exporter.shutdown()).await;
    ExitCode::SUCCESS
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn failed(error: &str) -> ExitCode {
    tracing::error!(error, "the service cannot start");
    ExitCode::FAILURE
}

/// For the image's HEALTHCHECK: it has no shell and no curl.
fn healthcheck() -> ExitCode {
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3003);
    let healthy = ask(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).unwrap_or(false);
    if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let limit = Duration::from_secs(2);
    let mut socket = TcpStream::connect_timeout(&address, limit)?;
    socket.set_read_timeout(Some(limit))?;
    socket.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
