// Package app puts the parts together and runs them until it is told to stop.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"llm-marketplace/discovery/internal/cache"
	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/elastic"
	"llm-marketplace/discovery/internal/httpapi"
	"llm-marketplace/discovery/internal/identity"
	"llm-marketplace/discovery/internal/indexer"
	"llm-marketplace/discovery/internal/kafka"
	"llm-marketplace/discovery/internal/telemetry"
)

const (
	headTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 75 * time.Second
	// net/http adds 4 KiB to what it is told.
	maxHeaderBytes = 12 << 10
	drainTimeout   = 50 * time.Second
)

// App is the service, not yet running.
type App struct {
	settings  config.Config
	log       *slog.Logger
	metrics   *telemetry.Metrics
	redis     *redis.Client
	index     *elastic.Client
	source    *kafka.Source
	trends    *cache.Trends
	listings  *cache.Listings
	health    *httpapi.Health
	stopPings func()
	handler   http.Handler
	// background work that the shutdown waits for; its context ends when the requests are done.
	background sync.WaitGroup
	working    context.Context
	stopWork   context.CancelFunc
}

// New makes the parts. Nothing has to be reachable: what is away is tried again.
func New(settings config.Config, log *slog.Logger, openAPI []byte) (*App, error) {
	a := &App{settings: settings, log: log, metrics: telemetry.NewMetrics()}
	var err error
	if a.index, err = elastic.New(settings.Elasticsearch); err != nil {
		return nil, err
	}
	cache.LogTo(log)
	if a.redis, err = cache.Connect(settings.Redis, settings.Region); err != nil {
		return nil, err
	}
	if a.source, err = kafka.NewSource(settings.Kafka, settings.Region); err != nil {
		return nil, err
	}
	pingKafka, stopPings, err := a.source.Pinger()
	if err != nil {
		return nil, err
	}
	a.stopPings = stopPings
	a.working, a.stopWork = context.WithCancel(context.Background())
	prefix := settings.Redis.KeyPrefix
	a.trends = cache.NewTrends(a.redis, prefix)
	a.listings = cache.NewListings(a.redis, prefix, a.metrics.CountCache)
	// Without Redis or Kafka searches are still answered, slower or older; without the index they are not.
	a.health = httpapi.NewHealth(log, a.metrics,
		httpapi.Check{Name: "elasticsearch", Ping: a.pingIndex, Needed: true},
		httpapi.Check{Name: "redis", Ping: cache.Ping(a.redis)},
		httpapi.Check{Name: "kafka", Ping: pingKafka},
	)
	server := &httpapi.Server{
		Finder: a.index, Cache: cache.New(a.redis, prefix, a.metrics.CountCache), Listings: a.listings, Trends: a.trends,
		Verifier: identity.NewVerifier(settings.OIDC), BeginRebuild: a.beginRebuild, Health: a.health,
		Metrics: a.metrics, Log: log, OpenAPI: openAPI,
	}
	a.handler = server.Handler()
	return a, nil
}

// pingIndex wants the index whole: in one that is being filled for the first time, listings would seem not to exist.
func (a *App) pingIndex(ctx context.Context) error {
	state, err := a.index.State(ctx)
	if err == nil && !state.IsComplete {
		err = errors.New("the index is being filled")
	}
	return err
}

// Rebuilder is also what the command line uses.
func (a *App) Rebuilder() *indexer.Rebuilder {
	return &indexer.Rebuilder{Source: a.source, Index: a.index, Log: a.log, Grace: indexer.Grace}
}

func (a *App) beginRebuild(ctx context.Context) (elastic.Rebuild, error) {
	rebuilder := a.Rebuilder()
	rebuild, err := rebuilder.Begin(ctx)
	if err != nil {
		return elastic.Rebuild{}, err
	}
	// A shutdown ends it: the new index is dropped and the old one stays.
	a.background.Go(func() { _ = rebuilder.Run(a.working, rebuild) })
	return rebuild, nil
}

// Run serves on the listener until ctx ends, then finishes what is in flight.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: a.handler, ReadHeaderTimeout: headTimeout, ReadTimeout: headTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	consuming, stopConsuming := context.WithCancel(context.Background())
	defer stopConsuming()
	follower := &indexer.Indexer{Source: a.source, Index: a.index, Invalidate: a.listings.Invalidate, Metrics: a.metrics, Log: a.log}
	failed := make(chan error, 2)
	a.background.Go(func() { a.health.Run(a.working) })
	a.background.Go(func() { a.trends.Run(a.working) })
	a.background.Go(func() {
		if err := follower.Run(consuming); err != nil {
			failed <- err
		}
	})
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve: %w", err)
		}
	}()
	a.log.Info("listening", "address", listener.Addr().String())
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
	}
	a.health.Stop()
	a.log.Info("stopping", "delay_seconds", a.settings.ShutdownDelay.Seconds())
	if cause == nil {
		time.Sleep(a.settings.ShutdownDelay)
	}
	// The group gets its partitions back while the last requests finish.
	stopConsuming()
	draining, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		a.log.Warn("requests were cut off", "error", err.Error())
	}
	a.Close()
	return cause
}

// Close ends the background work and the connections.
func (a *App) Close() {
	a.stopWork()
	a.background.Wait()
	a.stopPings()
	_ = a.redis.Close()
}
