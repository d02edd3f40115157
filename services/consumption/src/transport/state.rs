//! What handlers share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::identity::token::TokenVerifier;
use crate::metering::Meter;
use crate::providers::Providers;
use crate::storage::known_keys::KnownKeys;
use crate::storage::listings::Listings;
use crate::storage::redis::Redis;
use crate::telemetry::metrics::Metrics;

pub const MAX_CALLS_IN_FLIGHT: usize = 2_048;

#[derive(Clone)]
pub struct App {
    pub redis: Arc<Redis>,
    pub known_keys: Arc<KnownKeys>,
    pub listings: Arc<Listings>,
    pub providers: Arc<Providers>,
    pub meter: Meter,
    pub tokens: Arc<TokenVerifier>,
    pub metrics: Arc<Metrics>,
    pub readiness: Arc<Readiness>,
    /// Places for calls in flight in this pod, so that a burst is refused before it fills the memory.
    pub places: Arc<Semaphore>,
    /// Streams that are being answered: the process ends after them.
    pub streams: TaskTracker,
}

/// Whether traffic should come here, from the last check of each dependency.
#[derive(Default)]
pub struct Readiness {
    dependencies: Mutex<BTreeMap<&'static str, bool>>,
    stopping: AtomicBool,
}

impl Readiness {
    /// What was known of it before.
    pub fn set(&self, dependency: &'static str, up: bool) -> Option<bool> {
        self.dependencies.lock().unwrap_or_else(PoisonError::into_inner).insert(dependency, up)
    }

    pub fn dependencies(&self) -> BTreeMap<&'static str, bool> {
        self.dependencies.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Kafka is not asked for: without it calls go on, and their records wait on the disk.
    pub fn is_ready(&self) -> bool {
        let dependencies = self.dependencies();
        let up = |name| dependencies.get(name).copied().unwrap_or(false);
        !self.stopping.load(Ordering::Acquire) && up("redis") && up("approvals")
    }
}
