package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func local() map[string]string {
	return map[string]string{
		"SERVICE_NAME": "discovery", "SERVICE_VERSION": "1.2.3", "ENVIRONMENT": "local", "PORT": "3002", "LOG_LEVEL": "info",
		"OIDC_ISSUER": "http://127.0.0.1:9000", "OIDC_AUDIENCE": "llm-marketplace", "OIDC_JWKS_URL": "http://127.0.0.1:9000/jwks",
		"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "6379", "REDIS_TLS": "false", "REDIS_KEY_PREFIX": "discovery:", "REDIS_AUTH": "none",
		"ELASTICSEARCH_HOST": "127.0.0.1", "ELASTICSEARCH_PORT": "9200", "ELASTICSEARCH_TLS": "false",
		"ELASTICSEARCH_INDEX_PREFIX": "listings", "ELASTICSEARCH_AUTH": "none",
		"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092", "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT", "KAFKA_GROUP_PREFIX": "discovery",
		"KAFKA_PRODUCE_TOPICS": "", "KAFKA_CONSUME_TOPICS": "listing.events", "KAFKA_AUTH": "none",
	}
}

// production is what the platform gives on AWS: IAM for Redis and Kafka, a password for Elasticsearch.
func production() map[string]string {
	values := local()
	for name, value := range map[string]string{
		"ENVIRONMENT": "production", "CLOUD_REGION": "us-east-1",
		"OIDC_ISSUER": "https://id.example.test", "OIDC_JWKS_URL": "https://id.example.test/jwks",
		"REDIS_TLS": "true", "REDIS_AUTH": "cloud-identity", "REDIS_USER": "discovery",
		"ELASTICSEARCH_TLS": "true", "ELASTICSEARCH_AUTH": "password", "ELASTICSEARCH_USER": "discovery",
		"ELASTICSEARCH_PASSWORD":  "nq7-Vbd2kQ-x91",
		"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_AUTH": "cloud-identity", "KAFKA_USER": "discovery",
	} {
		values[name] = value
	}
	return values
}

func lookup(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := values[name]; return value, ok }
}

func TestTheEnvironmentsOfThePlatformAreAccepted(t *testing.T) {
	for name, values := range map[string]map[string]string{"local": local(), "production": production()} {
		if _, err := Load(lookup(values)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownVariablesAreIgnored(t *testing.T) {
	values := local()
	values["JWT_SIGNING_KEY"] = "unused"
	if _, err := Load(lookup(values)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	_, err := Load(lookup(map[string]string{"ENVIRONMENT": "prod"}))
	var problems *Error
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	text := err.Error()
	for _, variable := range []string{
		"ENVIRONMENT", "SERVICE_NAME", "PORT", "LOG_LEVEL", "OIDC_ISSUER", "OIDC_AUDIENCE", "OIDC_JWKS_URL", "REDIS_HOST", "REDIS_AUTH",
		"ELASTICSEARCH_INDEX_PREFIX", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_CONSUME_TOPICS",
	} {
		if !strings.Contains(text, "  "+variable+": got ") {
			t.Errorf("%s is not among the problems:\n%s", variable, text)
		}
	}
}

func TestABadValueIsRefusedWithWhatIsAllowed(t *testing.T) {
	folder := t.TempDir()
	cases := []struct {
		name   string
		base   func() map[string]string
		change map[string]string
		want   string
	}{
		{"a port with a sign", local, map[string]string{"PORT": "+3002"}, `PORT: got "+3002"; allowed: a whole number from 1 to 65535`},
		{"a port too high", local, map[string]string{"REDIS_PORT": "65536"}, `REDIS_PORT: got "65536"`},
		{"a boolean in words", local, map[string]string{"REDIS_TLS": "yes"}, `REDIS_TLS: got "yes"; allowed: true, false`},
		{"no authentication outside local", production, map[string]string{"ELASTICSEARCH_AUTH": "none"}, `ELASTICSEARCH_AUTH: got "none"; allowed: password, client-certificate`},
		{"a placeholder", production, map[string]string{"ELASTICSEARCH_PASSWORD": "changeme-please-now"}, "ELASTICSEARCH_PASSWORD: got a value that is short or a placeholder (not shown)"},
		{"a short password", production, map[string]string{"ELASTICSEARCH_PASSWORD": "k3-Vb9"}, "ELASTICSEARCH_PASSWORD: got a value that is short"},
		{"plain-text keys in production", production, map[string]string{"OIDC_JWKS_URL": "http://id.example.test/jwks"}, "OIDC_JWKS_URL: got"},
		{"credentials in a URL", local, map[string]string{"OIDC_ISSUER": "http://u:p@127.0.0.1"}, "OIDC_ISSUER: got"},
		{"IAM without TLS", production, map[string]string{"REDIS_TLS": "false"}, "REDIS_TLS: got false; allowed: true, since REDIS_AUTH is cloud-identity"},
		{"IAM without a region", production, map[string]string{"CLOUD_REGION": ""}, "CLOUD_REGION: got nothing"},
		{"SASL without TLS", production, map[string]string{"KAFKA_SECURITY_PROTOCOL": "SSL"}, "KAFKA_SECURITY_PROTOCOL: got \"SSL\"; allowed: SASL_SSL, since KAFKA_AUTH is cloud-identity"},
		{"two topics", local, map[string]string{"KAFKA_CONSUME_TOPICS": "a,b"}, "KAFKA_CONSUME_TOPICS: got"},
		{"a bootstrap server without a port", local, map[string]string{"KAFKA_BOOTSTRAP_SERVERS": "kafka"}, "KAFKA_BOOTSTRAP_SERVERS: got"},
		{"a sentinel without its master", local, map[string]string{"REDIS_SENTINEL_HOSTS": "a:26379"}, "REDIS_SENTINEL_MASTER: got nothing"},
		{"an index prefix with a wildcard", local, map[string]string{"ELASTICSEARCH_INDEX_PREFIX": "listings*"}, "ELASTICSEARCH_INDEX_PREFIX: got"},
		{"a certificate that is not there", production, map[string]string{"ELASTICSEARCH_AUTH": "client-certificate", "ELASTICSEARCH_CERT_FILE": filepath.Join(folder, "none"), "ELASTICSEARCH_KEY_FILE": ""}, "ELASTICSEARCH_KEY_FILE: got nothing"},
		{"OTLP over HTTP", local, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "OTEL_EXPORTER_OTLP_PROTOCOL: got"},
		{"a sampler that is not a ratio", local, map[string]string{"OTEL_TRACES_SAMPLER_ARG": "NaN"}, "OTEL_TRACES_SAMPLER_ARG: got"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			values := c.base()
			for name, value := range c.change {
				values[name] = value
			}
			_, err := Load(lookup(values))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestASecretIsNeverInTheError(t *testing.T) {
	values := production()
	values["ELASTICSEARCH_PASSWORD"] = "secret-hunter2"
	_, err := Load(lookup(values))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Fatalf("got %v", err)
	}
}

func TestThePlatformsListNamesEveryVariableThatIsRead(t *testing.T) {
	source, err := os.ReadFile("../../../../components/kubernetes/service-environment.ts")
	if err != nil {
		t.Fatal(err)
	}
	for name := range local() {
		// The list builds the names of stores and of OIDC from parts; the rest are literals.
		if strings.HasSuffix(name, "_AUTH") || strings.HasPrefix(name, "OIDC_") {
			continue
		}
		if !strings.Contains(string(source), `"`+name+`"`) {
			t.Errorf("%s is read here and given nowhere", name)
		}
	}
}
