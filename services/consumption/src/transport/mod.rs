//! HTTP: routes, errors, identity of callers.

mod auth;
mod calls;
mod extract;
mod health;
mod observe;
pub mod problem;
mod refusal;
mod router;
pub mod server;
mod sse;
mod state;
mod usage;

pub use router::{openapi, router};
pub use state::{App, MAX_CALLS_IN_FLIGHT, Readiness};
