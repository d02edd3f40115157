// Package cache keeps answers in Redis for a short while and counts what is popular. Nothing in Redis is needed: when
// it is away, answers come from the index and trends from nothing.
package cache

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"llm-marketplace/discovery/internal/awsauth"
	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/secure"
)

const (
	// A cache that takes longer than the index is none.
	dialTimeout  = 500 * time.Millisecond
	callTimeout  = 250 * time.Millisecond
	poolSize     = 64
	minIdleConns = 4
	// ElastiCache ends connections that were opened with an IAM token after twelve hours.
	connectionLifetime = 11 * time.Hour
)

// Connect makes the client; it connects when first used.
func Connect(settings config.Redis, region string) (*redis.Client, error) {
	options := &redis.UniversalOptions{
		Addrs:        []string{net.JoinHostPort(settings.Host, strconv.Itoa(settings.Port))},
		ClientName:   "discovery",
		MaxRetries:   1,
		DialTimeout:  dialTimeout,
		ReadTimeout:  callTimeout,
		WriteTimeout: callTimeout,
		PoolTimeout:  callTimeout,
		PoolSize:     poolSize,
		MinIdleConns: minIdleConns,
		// The service's user has no right to CLIENT MAINT_NOTIFICATIONS, which only Redis' own cloud answers.
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		ContextTimeoutEnabled:    true,
	}
	if len(settings.SentinelHosts) > 0 {
		options.Addrs, options.MasterName = settings.SentinelHosts, settings.SentinelMaster
	}
	if settings.TLS {
		tlsConfig, err := secure.TLS(settings.Auth)
		if err != nil {
			return nil, fmt.Errorf("redis: %w", err)
		}
		options.TLSConfig = tlsConfig
	}
	switch settings.Auth.Kind {
	case config.AuthPassword:
		options.Username, options.Password = settings.Auth.User, settings.Auth.Password
		options.SentinelUsername, options.SentinelPassword = settings.Auth.User, settings.Auth.Password
	case config.AuthCloudIdentity:
		tokens, err := awsauth.NewElastiCache(region, settings.Host, settings.Auth.User)
		if err != nil {
			return nil, fmt.Errorf("redis: %w", err)
		}
		options.CredentialsProviderContext = tokens.Credentials
		options.ConnMaxLifetime = connectionLifetime
	case config.AuthClientCertificate, config.AuthNone:
	}
	var client *redis.Client
	if options.MasterName != "" {
		client = redis.NewFailoverClient(options.Failover())
	} else {
		client = redis.NewClient(options.Simple())
	}
	// Keys and values stay out of spans: they hold what people searched for.
	if err := redisotel.InstrumentTracing(client, redisotel.WithDBStatement(false)); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return client, nil
}

// Ping asks whether Redis answers.
func Ping(client *redis.Client) func(context.Context) error {
	return func(ctx context.Context) error { return client.Ping(ctx).Err() }
}
