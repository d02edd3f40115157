// Package config reads the environment once, strictly, into plain types. Nothing else reads it.
package config

import (
	"fmt"
	"log/slog"
	"time"
)

// ExitCode is EX_CONFIG of sysexits: the process ends with it when the configuration is not valid.
const ExitCode = 78

// Environments in which the rules are softer: local takes engines without a password, both take plain-text JWKS.
const (
	EnvironmentLocal = "local"
	EnvironmentDev   = "dev"
)

// Config is all that the service is told.
type Config struct {
	ServiceName    string
	ServiceVersion string
	Environment    string
	Port           int
	LogLevel       slog.Level
	Region         string
	ShutdownDelay  time.Duration
	OTLPEndpoint   string
	SamplerRatio   float64
	OIDC           OIDC
	Redis          Redis
	Elasticsearch  Elasticsearch
	Kafka          Kafka
}

// OIDC says which tokens are accepted.
type OIDC struct {
	Issuer   string
	Audience string
	JWKSURL  string
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

// Load parses the variables that lookup gives (os.LookupEnv). The error is an *Error with every problem.
func Load(lookup func(string) (string, bool)) (Config, error) {
	r := &reader{lookup: lookup}
	environment := r.oneOf("ENVIRONMENT", EnvironmentLocal, EnvironmentDev, "staging", "production")
	schemes := []string{"https"}
	if environment == EnvironmentLocal || environment == EnvironmentDev {
		schemes = append(schemes, "http")
	}
	loaded := Config{
		ServiceName:    r.required("SERVICE_NAME", "the name of the service"),
		ServiceVersion: r.required("SERVICE_VERSION", "the version of the image"),
		Environment:    environment,
		Port:           r.port("PORT"),
		LogLevel:       levels[r.oneOf("LOG_LEVEL", "debug", "info", "warn", "error")],
		Region:         r.raw("CLOUD_REGION"),
		ShutdownDelay:  time.Duration(r.integer("SHUTDOWN_DELAY_SECONDS", "0", 0, 300)) * time.Second,
		OTLPEndpoint:   r.otlpEndpoint(),
		SamplerRatio:   r.ratio("OTEL_TRACES_SAMPLER_ARG", "0.1"),
		OIDC: OIDC{
			Issuer:   r.url("OIDC_ISSUER", schemes...),
			Audience: r.required("OIDC_AUDIENCE", "the audience that tokens must name"),
			JWKSURL:  r.url("OIDC_JWKS_URL", schemes...),
		},
		Redis:         r.redis(environment),
		Elasticsearch: r.elasticsearch(environment),
		Kafka:         r.kafka(environment),
	}
	if len(r.problems) > 0 {
		return Config{}, &Error{Problems: r.problems}
	}
	return loaded, nil
}

// otlpEndpoint is empty where nothing is exported. OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are read by the SDK.
func (r *reader) otlpEndpoint() string {
	if r.raw("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return ""
	}
	if protocol := r.raw("OTEL_EXPORTER_OTLP_PROTOCOL"); protocol != "" && protocol != "grpc" {
		r.fail("OTEL_EXPORTER_OTLP_PROTOCOL", shown(protocol), "grpc")
	}
	return r.url("OTEL_EXPORTER_OTLP_ENDPOINT", "http", "https")
}

// HealthURL is what the image's health check asks; it needs PORT alone.
func HealthURL(lookup func(string) (string, bool)) (string, error) {
	r := &reader{lookup: lookup}
	port := r.port("PORT")
	if len(r.problems) > 0 {
		return "", &Error{Problems: r.problems}
	}
	return fmt.Sprintf("http://127.0.0.1:%d/healthz", port), nil
}
