package telemetry

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"llm-marketplace/discovery/internal/config"
)

// StartTracing sets the process's tracer up. Without an endpoint nothing is exported, but every request still has a
// trace id for its log lines and its problem. The returned function exports what is left.
func StartTracing(ctx context.Context, settings config.Config) (func(context.Context) error, error) {
	described, err := resource.New(ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			attribute.String("service.name", settings.ServiceName),
			attribute.String("service.version", settings.ServiceVersion),
		),
		// OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME win.
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("describe the service to the tracer: %w", err)
	}
	options := []trace.TracerProviderOption{
		trace.WithResource(described),
		trace.WithSampler(trace.ParentBased(trace.TraceIDRatioBased(settings.SamplerRatio))),
	}
	if settings.OTLPEndpoint != "" {
		exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(settings.OTLPEndpoint))
		if err != nil {
			return nil, fmt.Errorf("make the exporter of spans: %w", err)
		}
		options = append(options, trace.WithBatcher(exporter))
	}
	provider := trace.NewTracerProvider(options...)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return provider.Shutdown, nil
}
