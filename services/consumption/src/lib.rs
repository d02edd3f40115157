//! Calls of the marketplace's models: keys, limits, routing, metering.
#![forbid(unsafe_code)]

pub mod app;
mod checks;
pub mod config;
pub mod domain;
pub mod identity;
pub mod messaging;
pub mod metering;
pub mod net;
pub mod providers;
pub mod storage;
pub mod telemetry;
pub mod transport;
