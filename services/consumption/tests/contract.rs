//! What is agreed with the other services: metrics, schemas, the committed document.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use consumption::domain::metering::{CallIdentity, CallResult, MeteringRecord, Outcome};
use consumption::domain::pricing::TokenUsage;
use consumption::telemetry::metrics::Metrics;
use consumption::transport::problem::Problem;
use serde_json::{Value, json};
use uuid::Uuid;

fn services() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schema(name: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(services().join("contract").join(name)).expect("a schema");
    jsonschema::validator_for(&serde_json::from_str(&text).expect("JSON")).expect("a valid schema")
}

#[derive(Debug, PartialEq)]
struct Metric {
    kind: String,
    help: String,
    labels: Vec<String>,
    buckets: Vec<f64>,
}

/// The entries of `metrics.ts` for consumption, by the plain form in which that file is written.
fn agreed() -> BTreeMap<String, Metric> {
    let text = fs::read_to_string(services().join("metrics.ts")).expect("metrics.ts");
    let constants =
        ["requestBuckets", "overheadBuckets"].map(|name| (name, numbers(between(&text, &format!("{name} = ["), "]"))));
    let list = text.split_once("serviceMetrics: readonly ServiceMetric[] = [").expect("the list").1;
    let entries = list.split("\n  {").skip(1).map(|entry| entry.split("\n  },").next().unwrap_or_default());
    entries
        .filter(|entry| {
            entry.contains("services: all") || between(entry, "services: [", "]").contains("\"consumption\"")
        })
        .map(|entry| {
            let written = entry.split_once("buckets: ").map(|(_, rest)| rest);
            let buckets = match written {
                None => Vec::new(),
                Some(rest) if rest.starts_with('[') => numbers(between(rest, "[", "]")),
                Some(rest) => constants.iter().find(|(name, _)| rest.starts_with(name)).expect("a constant").1.clone(),
            };
            let mut labels: Vec<String> = between(entry, "labels: [", "]")
                .split(',')
                .map(|label| label.trim().trim_matches('"').to_owned())
                .filter(|label| !label.is_empty())
                .collect();
            labels.sort_unstable();
            let quoted = |field: &str| between(entry, &format!("{field}: \""), "\"").to_owned();
            let help = entry.split_once("help: \"").map_or_else(
                || between(entry, "help:\n      \"", "\"").to_owned(),
                |(_, rest)| rest.split('"').next().unwrap_or_default().to_owned(),
            );
            (quoted("name"), Metric { kind: quoted("kind"), help, labels, buckets })
        })
        .collect()
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    text.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(found, _)| found)
}

fn numbers(text: &str) -> Vec<f64> {
    text.split(',')
        .map(str::trim)
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().expect("a number"))
        .collect()
}

/// What `/metrics` says once every series has a value.
fn exported() -> BTreeMap<String, Metric> {
    let metrics = Metrics::new().expect("metrics");
    metrics.request_duration.with_label_values(&["GET", "/", "200"]).observe(0.0);
    metrics.active_requests.with_label_values(&["GET"]).set(0);
    metrics.dependency_up.with_label_values(&["redis"]).set(1);
    metrics.provider_duration.with_label_values(&["succeeded"]).observe(0.0);
    let text = String::from_utf8(metrics.render()).expect("text");
    let mut found: BTreeMap<String, Metric> = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help");
            found.insert(
                name.into(),
                Metric { kind: String::new(), help: help.into(), labels: vec![], buckets: vec![] },
            );
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            found.get_mut(name).expect("a help before").kind = kind.into();
        } else {
            let (series, _) = line.rsplit_once(' ').expect("a value");
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let base = name.strip_suffix("_bucket").unwrap_or(name);
            let Some(metric) = found.get_mut(base) else { continue };
            let pairs: Vec<(&str, &str)> = labels
                .trim_end_matches('}')
                .split("\",")
                .filter_map(|pair| pair.split_once("=\""))
                .map(|(label, value)| (label, value.trim_end_matches('"')))
                .collect();
            metric.labels = pairs.iter().map(|(label, _)| (*label).to_owned()).filter(|label| label != "le").collect();
            metric.labels.sort_unstable();
            metric.buckets.extend(
                pairs
                    .iter()
                    .filter(|(label, value)| *label == "le" && *value != "+Inf")
                    .map(|(_, bound)| bound.parse::<f64>().expect("a bound")),
            );
        }
    }
    found
}

#[test]
fn the_metrics_are_exactly_those_that_dashboards_and_alerts_are_built_from() {
    let agreed = agreed();
    assert!(agreed.len() >= 13, "metrics.ts is written in another form: {agreed:?}");
    let mut exported = exported();
    for metric in exported.values_mut() {
        // Several series of one histogram repeat their bounds.
        metric.buckets.sort_by(f64::total_cmp);
        metric.buckets.dedup();
    }
    assert_eq!(exported, agreed);
}

#[test]
fn a_metering_record_is_what_admin_expects() {
    let identity = CallIdentity {
        call_id: Uuid::now_v7(),
        org_id: Uuid::now_v7(),
        key_id: Uuid::now_v7(),
        listing_id: Uuid::now_v7(),
        listing_org_id: Uuid::now_v7(),
        release: "1.2.3".into(),
        streamed: true,
    };
    let schema = schema("metering-record.schema.json");
    for outcome in [Outcome::Succeeded, Outcome::ProviderError, Outcome::ProviderTimeout, Outcome::Aborted] {
        let usage = TokenUsage { input_tokens: 3, output_tokens: 4 };
        let result = CallResult {
            outcome,
            status_code: 200,
            usage,
            cost_usd_micros: 5,
            provider_millis: 6,
            overhead_millis: 0.123,
        };
        let record = serde_json::to_value(MeteringRecord::new(&identity, result, time::OffsetDateTime::now_utc()))
            .expect("a record");
        let errors: Vec<String> = schema.iter_errors(&record).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {record}");
        assert_eq!(record["outcome"], outcome.as_str());
    }
}

#[test]
fn a_problem_is_what_all_services_answer() {
    let problem =
        Problem::dependency_unavailable("x").body("/v1/calls", Some("0af7651916cd43dd8448eb211c80319c".into()));
    let schema = schema("problem.schema.json");
    let body = serde_json::to_value(problem).expect("a body");
    assert!(schema.is_valid(&body), "{body}");
    let without_trace = serde_json::to_value(Problem::internal().body("/", None)).expect("a body");
    assert_eq!(without_trace["traceId"], Value::Null);
    assert!(schema.is_valid(&without_trace), "{without_trace}");
}

#[test]
fn the_committed_document_is_the_one_that_is_served() {
    let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json")).unwrap_or_default();
    assert!(committed == consumption::transport::openapi(), "openapi.json is old: run make openapi");
}

#[test]
fn the_document_is_openapi_3_1_and_every_error_in_it_is_a_problem() {
    let document: Value = serde_json::from_str(&consumption::transport::openapi()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for operation in operations.as_object().expect("operations").values() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                if status.starts_with(['4', '5']) && path != "/readyz" {
                    let expected = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
                    assert_eq!(response["content"]["application/problem+json"], expected, "{path} {status}");
                }
            }
        }
    }
}
