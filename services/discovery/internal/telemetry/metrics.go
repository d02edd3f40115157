// Package telemetry is what the service says of itself: metrics, logs, traces.
package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are exactly those of services/metrics.ts that discovery exports; a test holds both equal.
type Metrics struct {
	registry        *prometheus.Registry
	RequestDuration *prometheus.HistogramVec
	ActiveRequests  *prometheus.GaugeVec
	DependencyUp    *prometheus.GaugeVec
	Searches        *prometheus.CounterVec
	CacheRequests   *prometheus.CounterVec
	EventsIndexed   *prometheus.CounterVec
	IndexDelay      prometheus.Histogram
}

var (
	requestBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1, 2.5, 5, 10, 30}
	delayBuckets   = []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}
)

// NewMetrics registers them apart from the library's global registry.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		RequestDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_request_duration_seconds", Buckets: requestBuckets,
			Help: "Time of a request from its head to the last byte of its answer.",
		}, []string{"http_request_method", "http_route", "http_response_status_code"}),
		ActiveRequests: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_server_active_requests", Help: "Requests in flight.",
		}, []string{"http_request_method"}),
		DependencyUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "marketplace_dependency_up", Help: "1 where the last check of a store or service that this one needs succeeded, else 0.",
		}, []string{"dependency"}),
		Searches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marketplace_searches_total", Help: "Searches by kind: search, autocomplete, similar, trending.",
		}, []string{"kind"}),
		CacheRequests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marketplace_cache_requests_total", Help: "Look-ups in the cache: hit, miss, or error where Redis did not answer.",
		}, []string{"result"}),
		EventsIndexed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marketplace_events_indexed_total", Help: "Listing events read: indexed, stale (an older version), invalid.",
		}, []string{"result"}),
		IndexDelay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "marketplace_index_delay_seconds", Buckets: delayBuckets,
			Help: "Time from a change of a listing to its being searchable.",
		}),
	}
	m.registry.MustRegister(m.RequestDuration, m.ActiveRequests, m.DependencyUp, m.Searches, m.CacheRequests, m.EventsIndexed, m.IndexDelay)
	// A series that exists from the start lets a rate be taken of its first count.
	for _, kind := range []string{"search", "autocomplete", "similar", "trending"} {
		m.Searches.WithLabelValues(kind)
	}
	for _, result := range []string{"hit", "miss", "error"} {
		m.CacheRequests.WithLabelValues(result)
	}
	for _, result := range []string{"indexed", "stale", "invalid"} {
		m.EventsIndexed.WithLabelValues(result)
	}
	return m
}

// CountCache is what the caches report to.
func (m *Metrics) CountCache(result string) { m.CacheRequests.WithLabelValues(result).Inc() }

// Handler writes them in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Registry is for tests.
func (m *Metrics) Registry() *prometheus.Registry { return m.registry }
