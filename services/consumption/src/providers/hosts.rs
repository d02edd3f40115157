//! What is known of each host: its circuit, its budget of retries, its calls in flight.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ProviderError;
use super::breaker::Breaker;
use super::budget::Budget;

/// Calls in flight to one host from one pod: one slow provider must not take all the room of the others.
pub const MAX_CALLS_PER_HOST: usize = 512;

#[derive(Default)]
struct Host {
    breaker: Breaker,
    budget: Budget,
    in_flight: usize,
}

#[derive(Default)]
pub struct HostLimits {
    hosts: Mutex<HashMap<String, Host>>,
}

/// A call in flight to a host. Dropped without a verdict it counts as neither.
pub struct Entered {
    limits: Arc<HostLimits>,
    host: String,
}

impl HostLimits {
    pub fn enter(self: &Arc<Self>, name: &str) -> Result<Entered, ProviderError> {
        self.with(name, |host| {
            if host.in_flight >= MAX_CALLS_PER_HOST {
                return Err(ProviderError::Overloaded);
            }
            host.breaker
                .enter(Instant::now())
                .map_err(|wait| ProviderError::CircuitOpen { retry_after_seconds: seconds(wait) })?;
            host.budget.earn();
            host.in_flight += 1;
            Ok(())
        })?;
        Ok(Entered { limits: Arc::clone(self), host: name.to_owned() })
    }

    pub fn open_circuits(&self) -> usize {
        self.lock().values().filter(|host| host.breaker.is_open()).count()
    }

    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Host) -> T) -> T {
        let mut hosts = self.lock();
        // Only approved hosts come here, so the map is as small as their list.
        change(hosts.entry(name.to_owned()).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Host>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entered {
    pub fn may_retry(&self) -> bool {
        self.limits.with(&self.host, |host| host.budget.spend())
    }

    pub fn verdict(&self, failed: bool) {
        self.limits.with(&self.host, |host| host.breaker.leave(failed, Instant::now()));
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.limits.with(&self.host, |host| host.in_flight = host.in_flight.saturating_sub(1));
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_flight_to_one_host_are_bounded_and_others_are_not_touched() {
        let limits = Arc::new(HostLimits::default());
        let held: Vec<Entered> = (0..MAX_CALLS_PER_HOST).map(|_| limits.enter("slow.test").expect("entered")).collect();
        assert_eq!(limits.enter("slow.test").err(), Some(ProviderError::Overloaded));
        assert!(limits.enter("fast.test").is_ok());
        drop(held);
        assert!(limits.enter("slow.test").is_ok());
    }

    #[test]
    fn an_open_circuit_says_when_to_come_again() {
        let limits = Arc::new(HostLimits::default());
        for _ in 0..5 {
            limits.enter("bad.test").expect("entered").verdict(true);
        }
        assert_eq!(limits.enter("bad.test").err(), Some(ProviderError::CircuitOpen { retry_after_seconds: 10 }));
        assert_eq!(limits.open_circuits(), 1);
    }
}
