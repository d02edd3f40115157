package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
)

func TestALogLineHasTheFieldsOfTheContract(t *testing.T) {
	var out bytes.Buffer
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	ctx := trace.ContextWithSpanContext(t.Context(), span)
	NewLogger(&out, slog.LevelInfo, "discovery", "1.2.3").WarnContext(ctx, "hello", "http_status", 404)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	stamp, err := time.Parse(time.RFC3339, line["timestamp"].(string))
	if err != nil || stamp.Location() != time.UTC {
		t.Errorf("timestamp: got %v", line["timestamp"])
	}
	delete(line, "timestamp")
	want := `{"http_status":404,"level":"warn","message":"hello","service":"discovery","span_id":"0200000000000000","trace_id":"01000000000000000000000000000000","version":"1.2.3"}`
	if got, _ := json.Marshal(line); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
