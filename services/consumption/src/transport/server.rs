//! The listener: limits on the head of a request, and an end that waits for what is in flight.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Above the 16 KiB that are allowed, so that a little more is answered with a problem rather than a bare status.
const HEAD_BUFFER_BYTES: usize = 64 * 1024;
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Serves until it is told to stop, then waits for requests in flight, no longer than `patience`. Those that take longer
/// lose their connection, so that their guards write what they came to while there is still time for it.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    patience: Duration,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let (connections, give_up) = (TaskTracker::new(), CancellationToken::new());
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    // Out of file descriptors, most likely: others are closed soon.
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        // Small pieces of a stream must go at once.
        let _ = socket.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(HEAD_BUFFER_BYTES)
            .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router.clone()));
        let connection = graceful.watch(connection);
        let give_up = give_up.clone();
        connections.spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection ended with an error");
                },
                () = give_up.cancelled_owned() => {}
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in flight when their time for shutting down was over");
        give_up.cancel();
        connections.close();
        connections.wait().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::routing::get;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;
    use tokio::sync::Notify;

    use super::*;

    /// Like a metered call: dropping it writes what it came to.
    struct Guard(Arc<AtomicBool>);

    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_request_that_outlasts_the_patience_is_given_up_before_serving_ends() {
        let (begun, dropped) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let (seen, guarded) = (Arc::clone(&begun), Arc::clone(&dropped));
        let hangs = move || async move {
            let _guard = Guard(guarded);
            seen.notify_one();
            std::future::pending::<()>().await
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(hangs));
        let serving = tokio::spawn(serve(listener, router, stop.clone(), Duration::from_millis(100)));
        let mut caller = TcpStream::connect(address).await.expect("a connection");
        caller.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sent");
        begun.notified().await;
        assert!(!dropped.load(Ordering::SeqCst));
        stop.cancel();
        serving.await.expect("ended").expect("without an error");
        assert!(dropped.load(Ordering::SeqCst));
    }
}
