//! Keys that Redis had lately. A call with one of them does not look it up before its body is read: admission reads the
//! key's record anyway and has the last word, so a key that was revoked a moment ago is refused all the same.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::key::KeyDigest;

/// Some three megabytes.
const MAX_KEYS: usize = 20_000;

#[derive(Default)]
pub struct KnownKeys(Mutex<HashSet<KeyDigest>>);

impl KnownKeys {
    pub fn has(&self, digest: &KeyDigest) -> bool {
        self.keys().contains(digest)
    }

    pub fn add(&self, digest: KeyDigest) {
        let mut keys = self.keys();
        if keys.len() >= MAX_KEYS {
            // Rare, and what goes is only looked up again.
            keys.clear();
        }
        keys.insert(digest);
    }

    pub fn remove(&self, digest: &KeyDigest) {
        self.keys().remove(digest);
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<KeyDigest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(number: usize) -> KeyDigest {
        KeyDigest::try_from(format!("{number:064x}")).expect("a digest")
    }

    #[test]
    fn the_memory_for_keys_is_bounded_and_the_last_one_is_always_in_it() {
        let known = KnownKeys::default();
        for number in 0..=2 * MAX_KEYS {
            known.add(digest(number));
            assert!(known.has(&digest(number)));
            assert!(known.keys().len() <= MAX_KEYS);
        }
        known.remove(&digest(2 * MAX_KEYS));
        assert!(!known.has(&digest(2 * MAX_KEYS)));
    }
}
