//! The metrics of `services/metrics.ts`, which a test holds against this file.

use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

/// In seconds, with a boundary at each service's p95 goal.
pub const REQUEST_BUCKETS: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// In milliseconds.
pub const OVERHEAD_BUCKETS: &[f64] =
    &[1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0, 2500.0, 5000.0];
pub const PROVIDER_BUCKETS: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Why a call is refused before a provider is asked.
const REFUSALS: [&str; 8] =
    ["rate-limit", "quota", "circuit-open", "host-not-approved", "address-refused", "key", "spool-full", "overload"];

pub struct Metrics {
    registry: Registry,
    pub request_duration: HistogramVec,
    pub active_requests: IntGaugeVec,
    pub dependency_up: IntGaugeVec,
    pub calls: IntCounterVec,
    pub refusals: IntCounterVec,
    pub tokens: IntCounterVec,
    pub revenue: IntCounter,
    pub overhead: Histogram,
    pub provider_duration: HistogramVec,
    pub circuits_open: IntGauge,
    pub spool_records: IntGauge,
    pub spool_capacity: Gauge,
    pub metering_published: IntCounter,
}

impl Metrics {
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let register = &Register(&registry);
        let metrics = Self {
            request_duration: register.add(HistogramVec::new(
                HistogramOpts::new("http_server_request_duration_seconds", "Time of a request from its head to the last byte of its answer.").buckets(REQUEST_BUCKETS.to_vec()),
                &["http_request_method", "http_route", "http_response_status_code"],
            )?)?,
            active_requests: register.add(IntGaugeVec::new(Opts::new("http_server_active_requests", "Requests in flight."), &["http_request_method"])?)?,
            dependency_up: register.add(IntGaugeVec::new(Opts::new("marketplace_dependency_up", "1 where the last check of a store or service that this one needs succeeded, else 0."), &["dependency"])?)?,
            calls: register.add(IntCounterVec::new(Opts::new("marketplace_calls_total", "Calls of models: succeeded, provider-error, provider-timeout, aborted, refused."), &["outcome"])?)?,
            refusals: register.add(IntCounterVec::new(Opts::new("marketplace_call_refusals_total", "Calls refused before a provider was asked: rate-limit, quota, circuit-open, host-not-approved, address-refused, key, spool-full, overload."), &["reason"])?)?,
            tokens: register.add(IntCounterVec::new(Opts::new("marketplace_tokens_total", "Tokens metered: input, output."), &["direction"])?)?,
            revenue: register.add(IntCounter::new("marketplace_revenue_usd_micros_total", "Price of the metered calls in millionths of a dollar.")?)?,
            overhead: register.add(Histogram::with_opts(HistogramOpts::new("marketplace_overhead_milliseconds", "The platform's own part of a call: time to first byte less the provider's time.").buckets(OVERHEAD_BUCKETS.to_vec()))?)?,
            provider_duration: register.add(HistogramVec::new(HistogramOpts::new("marketplace_provider_duration_seconds", "Time that providers took to their first byte.").buckets(PROVIDER_BUCKETS.to_vec()), &["outcome"])?)?,
            circuits_open: register.add(IntGauge::new("marketplace_circuits_open", "Providers that are not called at present because they fail.")?)?,
            spool_records: register.add(IntGauge::new("marketplace_spool_records", "Metering records on the local disk, waiting for Kafka.")?)?,
            spool_capacity: register.add(Gauge::new("marketplace_spool_capacity_ratio", "Share of the spool's room that is taken; at 1 calls are refused rather than left unmetered.")?)?,
            metering_published: register.add(IntCounter::new("marketplace_metering_published_total", "Metering records that Kafka acknowledged.")?)?,
            registry,
        };
        metrics.begin_at_zero();
        Ok(metrics)
    }

    /// Series that exist from the start, so that a rate over the first event is not lost.
    fn begin_at_zero(&self) {
        for outcome in ["succeeded", "provider-error", "provider-timeout", "aborted", "refused"] {
            self.calls.with_label_values(&[outcome]);
        }
        for outcome in ["succeeded", "provider-error", "provider-timeout"] {
            self.provider_duration.with_label_values(&[outcome]);
        }
        for reason in REFUSALS {
            self.refusals.with_label_values(&[reason]);
        }
        for direction in ["input", "output"] {
            self.tokens.with_label_values(&[direction]);
        }
    }

    /// Prometheus' text format.
    pub fn render(&self) -> Vec<u8> {
        let mut text = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            tracing::error!(error = %error, "the metrics could not be written");
        }
        text
    }
}

struct Register<'a>(&'a Registry);

impl Register<'_> {
    fn add<C: Collector + Clone + 'static>(&self, collector: C) -> Result<C, prometheus::Error> {
        self.0.register(Box::new(collector.clone()))?;
        Ok(collector)
    }
}
