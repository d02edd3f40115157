//! Logs, metrics and traces in the forms that `services/README.md` states.

pub mod logs;
pub mod metrics;
pub mod traces;
