package httpapi

import (
	"context"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	maxBodyBytes   = 1 << 20
	requestTimeout = 10 * time.Second
	unmatched      = "unmatched"
)

var (
	requestIDPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	methods          = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}
	quietPaths       = []string{"/healthz", "/health", "/readyz", "/metrics"}
)

// seen is what the outer layers learn of a request from the inner ones.
type seen struct {
	route  string
	status int
}

type seenKey struct{}

func noteRoute(r *http.Request) {
	if found, ok := r.Context().Value(seenKey{}).(*seen); ok {
		_, found.route, _ = strings.Cut(r.Pattern, " ")
	}
}

type recorder struct {
	http.ResponseWriter
	seen *seen
}

func (w *recorder) WriteHeader(status int) {
	if w.seen.status == 0 {
		w.seen.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(body []byte) (int, error) {
	if w.seen.status == 0 {
		w.seen.status = http.StatusOK
	}
	return w.ResponseWriter.Write(body)
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observed counts, times, traces and logs every request.
func (s *Server) observed(next http.Handler) http.Handler {
	tracer := otel.Tracer("llm-marketplace/discovery/httpapi")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		method := r.Method
		if !slices.Contains(methods, method) {
			// A label that callers choose would have no bound.
			method = "_OTHER"
		}
		active := s.Metrics.ActiveRequests.WithLabelValues(method)
		active.Inc()
		defer active.Dec()

		id := r.Header.Get("X-Request-Id")
		if !requestIDPattern.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("X-Content-Type-Options", "nosniff")

		found := &seen{route: unmatched}
		isQuiet := slices.Contains(quietPaths, r.URL.Path)
		if isQuiet {
			found.route = r.URL.Path
		}
		ctx := context.WithValue(r.Context(), seenKey{}, found)
		var span trace.Span = trace.SpanFromContext(ctx)
		if !isQuiet {
			ctx = otel.GetTextMapPropagator().Extract(ctx, propagation.HeaderCarrier(r.Header))
			ctx, span = tracer.Start(ctx, method, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
				attribute.String("http.request.method", method), attribute.String("url.path", r.URL.Path)))
			defer span.End()
		}
		next.ServeHTTP(&recorder{w, found}, r.WithContext(ctx))
		if found.status == 0 {
			found.status = http.StatusOK
		}
		elapsed := time.Since(began)
		s.Metrics.RequestDuration.WithLabelValues(method, found.route, strconv.Itoa(found.status)).Observe(elapsed.Seconds())
		if isQuiet {
			return
		}
		span.SetName(method + " " + found.route)
		span.SetAttributes(attribute.String("http.route", found.route), attribute.Int("http.response.status_code", found.status))
		if found.status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		s.Log.InfoContext(ctx, "request", "request_id", id, "http_method", method, "http_route", found.route,
			"http_status", found.status, "duration_ms", float64(elapsed.Microseconds())/1000)
	})
}

// guarded bounds body and time, and turns a panic into an error of the one shape.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		defer func() {
			if recovered := recover(); recovered != nil {
				s.Log.ErrorContext(ctx, "a request panicked", "error", recovered, "stack", string(debug.Stack()))
				if found, ok := ctx.Value(seenKey{}).(*seen); ok && found.status == 0 {
					writeProblem(w, r, errInside)
				}
			}
		}()
		if r.ContentLength > maxBodyBytes {
			writeProblem(w, r, errLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		next.ServeHTTP(w, r)
	})
}
