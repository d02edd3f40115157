// Command discovery finds listings: `discovery` serves, `discovery rebuild` makes the index anew from the topic, and
// `discovery healthcheck` asks a running one whether it is alive.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	discovery "llm-marketplace/discovery"
	"llm-marketplace/discovery/internal/app"
	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/telemetry"
)

const (
	usageCode    = 64
	flushTimeout = 5 * time.Second
	probeTimeout = 2 * time.Second
)

func main() { os.Exit(run(os.Args[1:])) }

func run(arguments []string) int {
	verb := "serve"
	if len(arguments) > 0 {
		verb = arguments[0]
	}
	var err error
	switch {
	case len(arguments) > 1:
		err = errUsage
	case verb == "serve":
		err = withApp(serve)
	case verb == "rebuild":
		err = withApp(rebuild)
	case verb == "healthcheck":
		err = healthcheck()
	default:
		err = errUsage
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "error:", err)
	var problems *config.Error
	switch {
	case errors.As(err, &problems):
		return config.ExitCode
	case errors.Is(err, errUsage):
		return usageCode
	}
	return 1
}

var errUsage = errors.New("use: discovery [serve | rebuild | healthcheck]")

func withApp(work func(ctx context.Context, settings config.Config, log *slog.Logger, a *app.App) error) error {
	settings, err := config.Load(os.LookupEnv)
	if err != nil {
		return err
	}
	log := telemetry.NewLogger(os.Stdout, settings.LogLevel, settings.ServiceName, settings.ServiceVersion)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the second one ends the process at once.
	context.AfterFunc(ctx, stop)
	defer stop()
	flush, err := telemetry.StartTracing(ctx, settings)
	if err != nil {
		return err
	}
	defer func() {
		flushing, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		if err := flush(flushing); err != nil {
			log.Warn("spans were lost", "error", err.Error())
		}
	}()
	a, err := app.New(settings, log, discovery.OpenAPI)
	if err != nil {
		return err
	}
	return work(ctx, settings, log, a)
}

func serve(ctx context.Context, settings config.Config, _ *slog.Logger, a *app.App) error {
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(settings.Port))
	if err != nil {
		a.Close()
		return fmt.Errorf("listen: %w", err)
	}
	return a.Run(ctx, listener)
}

func rebuild(ctx context.Context, _ config.Config, _ *slog.Logger, a *app.App) error {
	defer a.Close()
	rebuilder := a.Rebuilder()
	begun, err := rebuilder.Begin(ctx)
	if err != nil {
		return err
	}
	return rebuilder.Run(ctx, begun)
}

func healthcheck() error {
	address, err := config.HealthURL(os.LookupEnv)
	if err != nil {
		return err
	}
	client := &http.Client{Timeout: probeTimeout}
	response, err := client.Get(address)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", address, response.StatusCode)
	}
	return nil
}
