package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"llm-marketplace/discovery/internal/telemetry"
)

const (
	checkInterval = 2 * time.Second
	checkTimeout  = 1500 * time.Millisecond
)

// Check asks one dependency whether it answers.
type Check struct {
	Name string
	Ping func(ctx context.Context) error
	// Needed: without it the service cannot serve.
	Needed bool
}

// Health looks at the dependencies in the background, so that probes cost nothing and never wait.
type Health struct {
	log      *slog.Logger
	checks   []Check
	metrics  *telemetry.Metrics
	up       sync.Map
	stopping atomic.Bool
}

// NewHealth knows nothing yet: every dependency counts as down until Run has asked it.
func NewHealth(log *slog.Logger, metrics *telemetry.Metrics, checks ...Check) *Health {
	return &Health{log: log, checks: checks, metrics: metrics}
}

// Run asks every dependency now and then until ctx ends.
func (h *Health) Run(ctx context.Context) {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		var group sync.WaitGroup
		for _, check := range h.checks {
			group.Go(func() { h.ask(ctx, check) })
		}
		group.Wait()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (h *Health) ask(ctx context.Context, check Check) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := check.Ping(ctx)
	isUp := err == nil
	// nil before the first check.
	before, _ := h.up.Swap(check.Name, isUp)
	switch {
	case isUp && before == false:
		h.log.Info(check.Name + " is up again")
	case !isUp && before != false:
		h.log.Warn(check.Name+" is down", "error", err.Error())
	}
	value := 0.0
	if isUp {
		value = 1
	}
	h.metrics.DependencyUp.WithLabelValues(check.Name).Set(value)
}

// Stop lets readiness end; requests are still answered.
func (h *Health) Stop() { h.stopping.Store(true) }

func (h *Health) alive(w http.ResponseWriter, _ *http.Request) {
	_ = writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (h *Health) ready(w http.ResponseWriter, _ *http.Request) {
	isReady := !h.stopping.Load()
	dependencies := map[string]string{}
	for _, check := range h.checks {
		isUp, _ := h.up.Load(check.Name)
		if isUp == true {
			dependencies[check.Name] = "up"
			continue
		}
		dependencies[check.Name] = "down"
		isReady = isReady && !check.Needed
	}
	status, word := http.StatusOK, "ready"
	if !isReady {
		status, word = http.StatusServiceUnavailable, "unavailable"
	}
	_ = writeJSON(w, status, map[string]any{"status": word, "dependencies": dependencies})
}
