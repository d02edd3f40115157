//! Listings as discovery knows them, kept for thirty seconds. When discovery does not answer, what was known is used
//! for ten minutes more: a release that was callable a moment ago is better than no call at all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::domain::listing::Listing;
use crate::net::{HttpClient, fetch};
use crate::telemetry::traces;

const FRESH: Duration = Duration::from_secs(30);
/// A listing that was just published should be callable soon.
const FRESH_ABSENCE: Duration = Duration::from_secs(3);
const STALE: Duration = Duration::from_secs(600);
/// After a failure the stale answer is used for a moment without asking again.
const QUIET_AFTER_FAILURE: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(2);
const MAX_BYTES: usize = 256 * 1024;
const MAX_ENTRIES: usize = 10_000;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ListingError {
    #[error("there is no such listing")]
    Unknown,
    #[error("discovery does not answer")]
    Unavailable,
}

#[derive(Clone)]
struct Known {
    at: Instant,
    /// None where discovery said that there is none.
    listing: Option<Arc<Listing>>,
}

#[derive(Default)]
struct Entry {
    known: Option<Known>,
    failed: Option<Instant>,
}

pub struct Listings {
    client: HttpClient,
    base: String,
    entries: SyncMutex<HashMap<Uuid, Arc<Mutex<Entry>>>>,
}

impl Listings {
    pub fn new(client: HttpClient, base: &Uri) -> Self {
        let base = base.to_string().trim_end_matches('/').to_owned();
        Self { client, base, entries: SyncMutex::default() }
    }

    pub async fn find(&self, id: Uuid) -> Result<Arc<Listing>, ListingError> {
        let entry = self.entry(id);
        // Held while asking: many calls of one listing make one request.
        let mut entry = entry.lock().await;
        if let Some(known) = &entry.known {
            let fresh = if known.listing.is_some() { FRESH } else { FRESH_ABSENCE };
            let quiet = entry.failed.is_some_and(|at| at.elapsed() < QUIET_AFTER_FAILURE);
            if known.at.elapsed() < fresh || (quiet && known.at.elapsed() < STALE) {
                return known.listing.clone().ok_or(ListingError::Unknown);
            }
        }
        match self.ask(id).await {
            Ok(listing) => {
                let listing = listing.map(Arc::new);
                *entry = Entry { known: Some(Known { at: Instant::now(), listing: listing.clone() }), failed: None };
                listing.ok_or(ListingError::Unknown)
            }
            Err(error) => {
                tracing::warn!(error = %error, "discovery does not answer");
                entry.failed = Some(Instant::now());
                match &entry.known {
                    Some(known) if known.at.elapsed() < STALE => known.listing.clone().ok_or(ListingError::Unknown),
                    _ => Err(ListingError::Unavailable),
                }
            }
        }
    }

    fn entry(&self, id: Uuid) -> Arc<Mutex<Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES && !entries.contains_key(&id) {
            // Rare, and what goes is only asked for again; ids that someone guesses must not fill the memory.
            entries.clear();
        }
        Arc::clone(entries.entry(id).or_default())
    }

    async fn ask(&self, id: Uuid) -> Result<Option<Listing>, String> {
        let mut request = Request::get(format!("{}/internal/listings/{id}", self.base));
        let span = traces::client_span("GET discovery /internal/listings/{id}");
        if let Some(traceparent) = span.traceparent() {
            request = request.header("traceparent", traceparent);
        }
        let request = request.body(Full::<Bytes>::default()).map_err(|error| error.to_string())?;
        let result = fetch(&self.client, request, TIMEOUT, MAX_BYTES).await;
        span.end(result.is_ok());
        let response = result.map_err(|error| error.to_string())?;
        match response.status() {
            StatusCode::OK => serde_json::from_slice(response.body()).map(Some).map_err(|error| error.to_string()),
            StatusCode::NOT_FOUND => Ok(None),
            status => Err(format!("status {status}")),
        }
    }
}
