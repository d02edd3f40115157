//! Credentials of providers: files named after the host in a folder that the platform mounts. Read when they are
//! needed, and again after a minute, so that a rotated secret is taken without a restart.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderValue;

const KEEP: Duration = Duration::from_secs(60);

type Read = (Instant, Option<HeaderValue>);

pub struct Credentials {
    folder: Option<PathBuf>,
    read: Mutex<HashMap<String, Read>>,
}

impl Credentials {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, read: Mutex::default() }
    }

    /// `Bearer …` for this host and for no other; None where there is no file. The host is an approved DNS name: it
    /// holds no separator and does not begin with a dot.
    pub fn of(&self, host: &str) -> Option<HeaderValue> {
        let folder = self.folder.as_ref()?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, value)) = read.get(host)
            && at.elapsed() < KEEP
        {
            return value.clone();
        }
        let value = std::fs::read_to_string(folder.join(host)).ok().and_then(|key| bearer(key.trim()));
        read.insert(host.to_owned(), (Instant::now(), value.clone()));
        value
    }
}

fn bearer(key: &str) -> Option<HeaderValue> {
    if key.is_empty() {
        return None;
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {key}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_gets_its_own_credential_and_no_other_hosts() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("api.test"), "k-123\n").expect("written");
        let credentials = Credentials::new(Some(folder.path().to_owned()));
        assert_eq!(credentials.of("api.test").expect("a credential"), "Bearer k-123");
        assert_eq!(credentials.of("other.test"), None);
        assert_eq!(Credentials::new(None).of("api.test"), None);
    }
}
