//! What the service is about, free of transport and storage.

pub mod address;
pub mod call;
pub mod clock;
pub mod key;
pub mod listing;
pub mod metering;
pub mod pricing;
