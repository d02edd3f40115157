package httpapi

import (
	"encoding/json"
	"net/http"

	"go.opentelemetry.io/otel/trace"

	"llm-marketplace/discovery/internal/search"
)

// problem is the one shape of every error (RFC 9457, services/contract/problem.schema.json).
type problem struct {
	Type     string              `json:"type"`
	Title    string              `json:"title"`
	Status   int                 `json:"status"`
	Detail   string              `json:"detail"`
	Instance string              `json:"instance"`
	Code     string              `json:"code"`
	TraceID  *string             `json:"traceId"`
	Errors   []search.FieldError `json:"errors,omitempty"`
}

// failure is a problem before it has a request.
type failure struct {
	status int
	code   string
	title  string
	detail string
	errors []search.FieldError
}

func (f *failure) Error() string { return f.code + ": " + f.detail }

func invalid(errors []search.FieldError) *failure {
	return &failure{http.StatusBadRequest, "validation-failed", "The request is not valid", "see errors", errors}
}

func unauthenticated(detail string) *failure {
	return &failure{http.StatusUnauthorized, "unauthenticated", "A valid token is needed", detail, nil}
}

func forbidden(detail string) *failure {
	return &failure{http.StatusForbidden, "forbidden", "The token does not allow this", detail, nil}
}

func notFound(detail string) *failure {
	return &failure{http.StatusNotFound, "not-found", "Not found", detail, nil}
}

func conflict(detail string) *failure {
	return &failure{http.StatusConflict, "conflict", "Conflict", detail, nil}
}

func unavailable(detail string) *failure {
	return &failure{http.StatusServiceUnavailable, "dependency-unavailable", "Not available at present", detail, nil}
}

var (
	errMethod = &failure{http.StatusMethodNotAllowed, "method-not-allowed", "Method not allowed", "see the Allow header", nil}
	errLarge  = &failure{http.StatusRequestEntityTooLarge, "payload-too-large", "The body is too large", "a body has at most 1 MiB", nil}
	errMedia  = &failure{http.StatusUnsupportedMediaType, "unsupported-media-type", "Unsupported media type", "a body is application/json", nil}
	errInside = &failure{http.StatusInternalServerError, "internal", "Internal error", "something went wrong here; the trace id finds it in the log", nil}
)

func writeProblem(w http.ResponseWriter, r *http.Request, f *failure) {
	body := problem{
		Type: "urn:llm-marketplace:problem:" + f.code, Title: f.title, Status: f.status, Detail: f.detail,
		Instance: r.URL.EscapedPath(), Code: f.code, Errors: f.errors,
	}
	if span := trace.SpanContextFromContext(r.Context()); span.HasTraceID() {
		id := span.TraceID().String()
		body.TraceID = &id
	}
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	switch f.status {
	case http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="llm-marketplace"`)
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "2")
	}
	w.WriteHeader(f.status)
	// Nothing can be done for a caller that has gone.
	_ = json.NewEncoder(w).Encode(body)
}
