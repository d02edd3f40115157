//! Routes and their document, from the same list: a route without a description cannot be added, nor the reverse.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::state::App;
use super::{calls, health, observe, usage};

pub fn router(app: App) -> Router {
    let (router, document) = described();
    let text = document_text(&document);
    let serve_document = move || {
        let text = text.clone();
        async move { ([(CONTENT_TYPE, "application/json")], text) }
    };
    router
        .route("/openapi.json", get(serve_document))
        .fallback(|| async { Problem::not_found("No route has this path.") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .with_state(app)
}

/// The OpenAPI document as it is served and committed.
pub fn openapi() -> String {
    document_text(&described().1)
}

fn described() -> (Router<App>, OpenApi) {
    OpenApiRouter::with_openapi(base())
        .routes(routes!(calls::call))
        .routes(routes!(usage::usage))
        .routes(routes!(health::healthz))
        .routes(routes!(health::health))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .split_for_parts()
}

fn base() -> OpenApi {
    let bearer = |format: &str, description: &str| {
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format(format)
                .description(Some(description))
                .build(),
        )
    };
    let components = ComponentsBuilder::new()
        .security_scheme("apiKey", bearer("mk_…", "An API key of the marketplace."))
        .security_scheme("token", bearer("JWT", "An access token of the identity provider."))
        .build();
    let info = InfoBuilder::new()
        .title("consumption")
        .version("1")
        .description(Some("Calls of the marketplace's models under keys, limits and metering."))
        .build();
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

fn document_text(document: &OpenApi) -> String {
    // Through a value, whose maps are sorted: the text does not depend on the order of registration.
    let text = serde_json::to_value(document).and_then(|value| serde_json::to_string_pretty(&value));
    text.map(|text| text + "\n").unwrap_or_default()
}
