package cache

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
)

func TestTheClientsOwnLinesAreJSONOfTheServicesLog(t *testing.T) {
	var out bytes.Buffer
	clientLog{slog.New(slog.NewJSONHandler(&out, nil))}.Printf(context.Background(), "dial %s: %d tries", "redis", 3)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is no JSON: %v", out.String(), err)
	}
	if line["error"] != "dial redis: 3 tries" || line["level"] != "WARN" {
		t.Errorf("got %v", line)
	}
}
