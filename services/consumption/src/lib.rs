//! Calls of the marketplace's models: keys, limits, routing, metering.
#![forbid(unsafe_code)]

pub mod config;
pub mod domain;
