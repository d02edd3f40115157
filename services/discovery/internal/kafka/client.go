// Package kafka reads the topic of listings: as a member of the consumer group, or from its beginning.
package kafka

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/aws/aws-msk-iam-sasl-signer-go/signer"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel"

	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/secure"
)

const dialTimeout = 5 * time.Second

// Source is where listings come from; it makes clients that are connected alike.
type Source struct {
	settings config.Kafka
	options  []kgo.Opt
	tracer   *kotel.Tracer
}

// NewSource connects to nothing yet.
func NewSource(settings config.Kafka, region string) (*Source, error) {
	tracer := kotel.NewTracer(kotel.TracerProvider(otel.GetTracerProvider()), kotel.TracerPropagator(otel.GetTextMapPropagator()),
		kotel.ConsumerGroup(settings.Group), kotel.ClientID("discovery"))
	options := []kgo.Opt{
		kgo.SeedBrokers(settings.BootstrapServers...),
		kgo.ClientID("discovery"),
		kgo.WithHooks(kotel.NewKotel(kotel.WithTracer(tracer)).Hooks()...),
		kgo.RetryTimeout(10 * time.Second),
	}
	if settings.SecurityProtocol == "PLAINTEXT" {
		options = append(options, kgo.Dialer((&net.Dialer{Timeout: dialTimeout}).DialContext))
	} else {
		tlsConfig, err := secure.TLS(settings.Auth)
		if err != nil {
			return nil, fmt.Errorf("kafka: %w", err)
		}
		options = append(options, kgo.DialTLSConfig(tlsConfig), kgo.DialTimeout(dialTimeout))
	}
	switch settings.Auth.Kind {
	case config.AuthPassword:
		options = append(options, kgo.SASL(scram.Auth{User: settings.Auth.User, Pass: settings.Auth.Password}.AsSha512Mechanism()))
	case config.AuthCloudIdentity:
		options = append(options, kgo.SASL(oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
			token, _, err := signer.GenerateAuthToken(ctx, region)
			return oauth.Auth{Token: token}, err
		})))
	case config.AuthClientCertificate, config.AuthNone:
	}
	return &Source{settings: settings, options: options, tracer: tracer}, nil
}

func (s *Source) client(more ...kgo.Opt) (*kgo.Client, error) {
	client, err := kgo.NewClient(append(append([]kgo.Opt{}, s.options...), more...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return client, nil
}

// Pinger asks whether a broker answers, over a client of its own.
func (s *Source) Pinger() (ping func(context.Context) error, stop func(), err error) {
	client, err := s.client()
	if err != nil {
		return nil, nil, err
	}
	return client.Ping, client.Close, nil
}
