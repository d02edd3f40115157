//! What is kept: Redis for keys, limits and counters, the local spool for metering records.

pub mod admission;
pub mod key_store;
pub mod known_keys;
pub mod listings;
pub mod redis;
pub mod spool;
pub mod usage;
