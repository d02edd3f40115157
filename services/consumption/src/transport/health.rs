//! Whether the process lives, whether traffic should come, what it measures.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

use super::state::App;

#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct Ready {
    #[schema(example = "ready")]
    status: &'static str,
    /// `up` or `down` by name.
    dependencies: BTreeMap<&'static str, &'static str>,
}

/// The process runs
#[utoipa::path(get, path = "/healthz", tag = "operation", operation_id = "healthz", responses((status = 200, description = "It runs", body = Health)))]
pub async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The process runs (older name)
#[utoipa::path(get, path = "/health", tag = "operation", operation_id = "health", responses((status = 200, description = "It runs", body = Health)))]
pub async fn health() -> Json<Health> {
    healthz().await
}

/// Traffic may come
#[utoipa::path(get, path = "/readyz", tag = "operation", operation_id = "readyz",
    responses((status = 200, description = "Ready", body = Ready), (status = 503, description = "Not ready, or shutting down", body = Ready)))]
pub async fn readyz(State(app): State<App>) -> Response {
    let dependencies = app.readiness.dependencies();
    let ready = app.readiness.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let dependencies = dependencies.into_iter().map(|(name, up)| (name, if up { "up" } else { "down" })).collect();
    let body = Ready { status: if ready { "ready" } else { "unavailable" }, dependencies };
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(super::observe::AsItIs);
    response
}

/// Metrics in Prometheus' text format
#[utoipa::path(get, path = "/metrics", tag = "operation", operation_id = "metrics", responses((status = 200, description = "Metrics", body = String, content_type = "text/plain")))]
pub async fn metrics(State(app): State<App>) -> Response {
    app.metrics.circuits_open.set(i64::try_from(app.providers.hosts().open_circuits()).unwrap_or(i64::MAX));
    app.metrics.spool_records.set(i64::try_from(app.meter.spool.pending_records()).unwrap_or(i64::MAX));
    app.metrics.spool_capacity.set(app.meter.spool.capacity_ratio());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render()).into_response()
}
