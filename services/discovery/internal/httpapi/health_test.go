package httpapi

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"llm-marketplace/discovery/internal/telemetry"
)

func TestAStoreThatGoesAndComesBackIsToldOnceEachWithTheReason(t *testing.T) {
	var out bytes.Buffer
	var failure error
	check := Check{Name: "redis", Ping: func(context.Context) error { return failure }}
	health := NewHealth(telemetry.NewLogger(&out, slog.LevelInfo, "discovery", "0"), telemetry.NewMetrics(), check)
	failure = errors.New("WRONGPASS")
	for range 3 {
		health.ask(t.Context(), check)
	}
	failure = nil
	for range 3 {
		health.ask(t.Context(), check)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", lines)
	}
	for index, wanted := range [][]string{
		{`"level":"warn"`, `"message":"redis is down"`, `"error":"WRONGPASS"`},
		{`"level":"info"`, `"message":"redis is up again"`},
	} {
		for _, part := range wanted {
			if !strings.Contains(lines[index], part) {
				t.Errorf("%s is not in %s", part, lines[index])
			}
		}
	}
}
