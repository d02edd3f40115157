// Package awsauth makes short-lived credentials of the pod's own AWS identity.
package awsauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
)

const (
	// What ElastiCache takes at most.
	tokenLifetime = 15 * time.Minute
	cacheService  = "elasticache"
)

// ElastiCache signs tokens with which a user of one replication group connects.
type ElastiCache struct {
	region      string
	group       string
	user        string
	credentials aws.CredentialsProvider
	now         func() time.Time
}

// NewElastiCache uses the SDK's chain of credentials. The group's name is in its primary endpoint's.
func NewElastiCache(region, host, user string) (*ElastiCache, error) {
	group, err := groupOf(host)
	if err != nil {
		return nil, err
	}
	loaded, err := awsconfig.LoadDefaultConfig(context.Background(), awsconfig.WithRegion(region))
	if err != nil {
		return nil, fmt.Errorf("load the cloud identity: %w", err)
	}
	return &ElastiCache{region: region, group: group, user: user, credentials: loaded.Credentials, now: time.Now}, nil
}

// groupOf reads `master.<group>.<id>.<region>.cache.amazonaws.com` (TLS) and `<group>.<id>.ng.0001.…`.
func groupOf(host string) (string, error) {
	labels := strings.Split(host, ".")
	if len(labels) > 2 && (labels[0] == "master" || labels[0] == "replica") {
		labels = labels[1:]
	}
	if len(labels) < 3 || labels[0] == "" {
		return "", fmt.Errorf("REDIS_HOST: got %q; allowed with cloud-identity: the primary endpoint of an ElastiCache replication group", host)
	}
	return strings.ToLower(labels[0]), nil
}

// Credentials gives user and token; the client asks before each new connection.
func (e *ElastiCache) Credentials(ctx context.Context) (user, token string, err error) {
	credentials, err := e.credentials.Retrieve(ctx)
	if err != nil {
		return "", "", fmt.Errorf("get credentials of the cloud identity: %w", err)
	}
	query := url.Values{"Action": {"connect"}, "User": {e.user}, "X-Amz-Expires": {fmt.Sprintf("%.0f", tokenLifetime.Seconds())}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.group+"/?"+query.Encode(), nil)
	if err != nil {
		return "", "", fmt.Errorf("write the token's request: %w", err)
	}
	emptyBody := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, request, hex.EncodeToString(emptyBody[:]), cacheService, e.region, e.now())
	if err != nil {
		return "", "", fmt.Errorf("sign the token: %w", err)
	}
	token, ok := strings.CutPrefix(signed, "http://")
	if !ok {
		return "", "", errors.New("sign the token: the signer gave no http URL")
	}
	return e.user, token, nil
}
