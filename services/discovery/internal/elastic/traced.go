package elastic

import (
	"net/http"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// traced makes one client span a request. The path is cut to its verb: ids and index names make poor span names.
type traced struct{ next http.RoundTripper }

func (t traced) RoundTrip(request *http.Request) (*http.Response, error) {
	operation := operationOf(request.URL.Path)
	ctx, span := otel.Tracer("llm-marketplace/discovery/elastic").Start(request.Context(), "elasticsearch "+operation,
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(
			attribute.String("db.system.name", "elasticsearch"),
			attribute.String("db.operation.name", operation),
			attribute.String("server.address", request.URL.Hostname()),
		))
	defer span.End()
	response, err := t.next.RoundTrip(request.WithContext(ctx))
	if err != nil {
		span.SetStatus(codes.Error, "no answer")
		return response, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	if response.StatusCode >= 500 {
		span.SetStatus(codes.Error, response.Status)
	}
	return response, nil
}

func operationOf(path string) string {
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "_") {
			return part[1:]
		}
	}
	return "index"
}
