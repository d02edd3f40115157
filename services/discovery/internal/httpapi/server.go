// Package httpapi is the service's HTTP side: routes, what they take, and the one shape of errors.
package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"

	"llm-marketplace/discovery/internal/cache"
	"llm-marketplace/discovery/internal/elastic"
	"llm-marketplace/discovery/internal/identity"
	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/search"
	"llm-marketplace/discovery/internal/telemetry"
)

// Finder is the index as the routes need it.
type Finder interface {
	Search(ctx context.Context, criteria search.Criteria, popular []string) (search.Page, error)
	Complete(ctx context.Context, brief search.Brief) ([]search.Suggestion, error)
	Similar(ctx context.Context, l listing.Listing, brief search.Brief) ([]listing.Summary, error)
	Get(ctx context.Context, id string) (listing.Listing, error)
	FindRebuild(ctx context.Context, id string) (elastic.Rebuild, error)
}

// Trends counts interest and ranks by it.
type Trends interface {
	Count(id string, weight float64)
	Top(ctx context.Context, most int) ([]string, error)
}

// Server answers requests; every field is needed.
type Server struct {
	Finder   Finder
	Cache    *cache.Cache
	Listings *cache.Listings
	Trends   Trends
	Verifier *identity.Verifier
	// BeginRebuild starts a rebuild in the background.
	BeginRebuild func(ctx context.Context) (elastic.Rebuild, error)
	Health       *Health
	Metrics      *telemetry.Metrics
	Log          *slog.Logger
	OpenAPI      []byte
}

// route is a handler that returns its failure instead of writing it.
type route func(w http.ResponseWriter, r *http.Request) error

// Handler routes every request, and gives every error the one shape.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	routes := map[string]route{
		"GET /v1/search":                       s.search,
		"GET /v1/search/autocomplete":          s.autocomplete,
		"GET /v1/search/trending":              s.trending,
		"GET /v1/search/listings/{id}":         s.detail,
		"GET /v1/search/listings/{id}/similar": s.similar,
		"POST /v1/search/admin/rebuilds":       s.startRebuild,
		"GET /v1/search/admin/rebuilds/{id}":   s.showRebuild,
		"GET /internal/listings/{id}":          s.internalListing,
		"GET /openapi.json":                    s.openAPI,
	}
	for pattern, handle := range routes {
		mux.Handle(pattern, s.answering(handle))
	}
	mux.Handle("GET /healthz", http.HandlerFunc(s.Health.alive))
	mux.Handle("GET /health", http.HandlerFunc(s.Health.alive))
	mux.Handle("GET /readyz", http.HandlerFunc(s.Health.ready))
	mux.Handle("GET /metrics", s.Metrics.Handler())
	return s.observed(s.guarded(s.routed(mux)))
}

// routed answers what the mux would answer in plain text: unknown paths, other methods, and paths that it would
// redirect to a cleaned form, which no caller of an API means.
func (s *Server) routed(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "" || r.URL.Path[0] != '/' || path.Clean(r.URL.Path) != r.URL.Path {
			writeProblem(w, r, notFound("there is nothing at this path"))
			return
		}
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &discarded{header: http.Header{}}
		handler.ServeHTTP(probe, r)
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			writeProblem(w, r, errMethod)
			return
		}
		writeProblem(w, r, notFound("there is nothing at this path"))
	})
}

type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header            { return d.header }
func (d *discarded) Write(text []byte) (int, error) { return len(text), nil }
func (d *discarded) WriteHeader(status int)         { d.status = status }

func (s *Server) answering(handle route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// What the mux matched, for the metric and the span.
		noteRoute(r)
		err := handle(w, r)
		if err == nil {
			return
		}
		var known *failure
		switch {
		case errors.As(err, &known):
		case errors.Is(err, elastic.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
			s.Log.WarnContext(r.Context(), "the index did not answer", "error", err.Error())
			known = unavailable("the index does not answer; try again in a moment")
		case errors.Is(err, identity.ErrNoKeys):
			s.Log.WarnContext(r.Context(), "a token could not be checked", "error", err.Error())
			known = unavailable("tokens cannot be checked at present; try again in a moment")
		case errors.Is(err, context.Canceled):
			// The caller has gone; the status is for the log alone.
			known = unavailable("the request was given up")
		default:
			s.Log.ErrorContext(r.Context(), "a request failed", "error", err.Error())
			known = errInside
		}
		writeProblem(w, r, known)
	})
}
