//! Listings while discovery is away.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use consumption::storage::listings::{ListingError, Listings};
use http::StatusCode;
use serde_json::{Value, json};
use support::{client, plain};
use uuid::Uuid;

#[derive(Default)]
struct Discovery {
    away: AtomicBool,
    asked: AtomicUsize,
}

async fn discovery(known: Uuid) -> (Arc<Discovery>, Listings) {
    let discovery = Arc::new(Discovery::default());
    let answering = Arc::clone(&discovery);
    let answer = move |axum::extract::Path(id): axum::extract::Path<Uuid>| async move {
        answering.asked.fetch_add(1, Ordering::SeqCst);
        match (answering.away.load(Ordering::SeqCst), id == known) {
            (true, _) => Err(StatusCode::SERVICE_UNAVAILABLE),
            (false, false) => Err(StatusCode::NOT_FOUND),
            (false, true) => Ok(Json(listing(id))),
        }
    };
    let address = plain(Router::new().route("/internal/listings/{id}", get(answer))).await;
    let listings = Listings::new(client(), &format!("http://{address}").parse().expect("an address"));
    (discovery, listings)
}

fn listing(id: Uuid) -> Value {
    json!({ "id": id, "orgId": Uuid::nil(), "version": 1, "status": "published", "release": null })
}

/// The clock jumps; sockets go on by the real one.
async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_known_listing_is_used_for_ten_minutes_while_discovery_is_away_and_asked_for_again_when_it_is_back() {
    let id = Uuid::now_v7();
    let (discovery, listings) = discovery(id).await;
    assert_eq!(listings.find(id).await.expect("found").id, id);
    pass(29).await;
    listings.find(id).await.expect("still fresh");
    assert_eq!(discovery.asked.load(Ordering::SeqCst), 1);

    discovery.away.store(true, Ordering::SeqCst);
    pass(2).await;
    assert_eq!(listings.find(id).await.expect("stale, yet callable").id, id);
    assert_eq!(discovery.asked.load(Ordering::SeqCst), 2);
    listings.find(id).await.expect("stale, without asking again at once");
    assert_eq!(discovery.asked.load(Ordering::SeqCst), 2);
    pass(570).await;
    assert_eq!(listings.find(id).await.err(), Some(ListingError::Unavailable));

    discovery.away.store(false, Ordering::SeqCst);
    assert_eq!(listings.find(id).await.expect("found again").id, id);
}

#[tokio::test]
async fn a_listing_that_was_never_seen_is_unavailable_rather_than_unknown_while_discovery_is_away() {
    let (discovery, listings) = discovery(Uuid::now_v7()).await;
    let other = Uuid::now_v7();
    discovery.away.store(true, Ordering::SeqCst);
    assert_eq!(listings.find(other).await.err(), Some(ListingError::Unavailable));
    discovery.away.store(false, Ordering::SeqCst);
    assert_eq!(listings.find(other).await.err(), Some(ListingError::Unknown));
}
