//! Hosts that admin approved. Every pod reads the whole topic into memory at start and follows it: the check is on the
//! path of every call and must not depend on a store.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Approval {
    host: String,
    approved: bool,
}

#[derive(Default)]
pub struct Approvals {
    hosts: RwLock<HashSet<String>>,
}

impl Approvals {
    /// Takes a record of the topic; a tombstone (no value) withdraws the host that is its key.
    pub fn apply(&self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), serde_json::Error> {
        let Some(value) = value else {
            if let Some(host) = key.and_then(|key| std::str::from_utf8(key).ok()) {
                self.set(host, false);
            }
            return Ok(());
        };
        let approval: Approval = serde_json::from_slice(value)?;
        self.set(&approval.host, approval.approved);
        Ok(())
    }

    pub fn set(&self, host: &str, approved: bool) {
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        if approved {
            hosts.insert(host.to_owned());
        } else {
            hosts.remove(host);
        }
    }

    /// Exact match: an approved domain says nothing of its subdomains.
    pub fn contains(&self, host: &str) -> bool {
        self.hosts.read().unwrap_or_else(PoisonError::into_inner).contains(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_record_of_a_host_decides_and_its_subdomains_are_not_meant() {
        let approvals = Approvals::default();
        approvals.apply(None, Some(br#"{"host":"api.test","approved":true,"eventId":"x"}"#)).expect("taken");
        assert!(approvals.contains("api.test"));
        assert!(!approvals.contains("evil.api.test") && !approvals.contains("test"));
        approvals.apply(None, Some(br#"{"host":"api.test","approved":false}"#)).expect("taken");
        assert!(!approvals.contains("api.test"));
    }

    #[test]
    fn a_tombstone_withdraws_and_a_record_that_cannot_be_read_changes_nothing() {
        let approvals = Approvals::default();
        approvals.set("api.test", true);
        assert!(approvals.apply(Some(b"api.test"), Some(b"{}")).is_err());
        assert!(approvals.contains("api.test"));
        approvals.apply(Some(b"api.test"), None).expect("taken");
        assert!(!approvals.contains("api.test"));
    }
}
