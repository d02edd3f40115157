// Package identity verifies access tokens against the issuer's published keys.
package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"golang.org/x/sync/singleflight"

	"llm-marketplace/discovery/internal/config"
)

const (
	leeway = 30 * time.Second
	// renewInterval bounds how often tokens with unknown keys make us ask the issuer.
	renewInterval  = 30 * time.Second
	fetchTimeout   = 3 * time.Second
	maxKeySetBytes = 1 << 20
	maxTokenLength = 8 << 10
)

var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

// RolePlatformAdmin may rebuild the index.
const RolePlatformAdmin = "platform-admin"

var (
	// ErrInvalidToken says that a token is not to be trusted; the cause is for the log.
	ErrInvalidToken = errors.New("the token is not valid")
	// ErrNoKeys says that the issuer's keys cannot be had, so nothing can be said of a token.
	ErrNoKeys = errors.New("the issuer's keys cannot be had")
)

// Caller is who a token speaks for.
type Caller struct {
	Subject string   `json:"-"`
	OrgID   string   `json:"org"`
	Roles   []string `json:"roles"`
}

// Has tells whether the caller has a role.
func (c Caller) Has(role string) bool { return slices.Contains(c.Roles, role) }

// Verifier keeps the issuer's keys.
type Verifier struct {
	settings config.OIDC
	client   *http.Client
	now      func() time.Time
	flight   singleflight.Group
	mutex    sync.RWMutex
	keys     jose.JSONWebKeySet
	asked    time.Time
}

// NewVerifier asks the issuer when the first token comes.
func NewVerifier(settings config.OIDC) *Verifier {
	return &Verifier{settings: settings, client: &http.Client{Timeout: fetchTimeout}, now: time.Now}
}

// Verify accepts what the services' contract accepts, and nothing else.
func (v *Verifier) Verify(ctx context.Context, token string) (Caller, error) {
	if len(token) > maxTokenLength {
		return Caller{}, fmt.Errorf("%w: it is too long", ErrInvalidToken)
	}
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return Caller{}, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	if len(parsed.Headers) != 1 || parsed.Headers[0].KeyID == "" {
		return Caller{}, fmt.Errorf("%w: it names no key", ErrInvalidToken)
	}
	header := parsed.Headers[0]
	key, err := v.key(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return Caller{}, err
	}
	var claims jwt.Claims
	var caller Caller
	if err := parsed.Claims(key, &claims, &caller); err != nil {
		return Caller{}, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	if claims.Expiry == nil {
		return Caller{}, fmt.Errorf("%w: it has no end", ErrInvalidToken)
	}
	expected := jwt.Expected{Issuer: v.settings.Issuer, AnyAudience: jwt.Audience{v.settings.Audience}, Time: v.now()}
	if err := claims.ValidateWithLeeway(expected, leeway); err != nil {
		return Caller{}, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	caller.Subject = claims.Subject
	return caller, nil
}

// key finds a public key that is meant for signatures of this algorithm.
func (v *Verifier) key(ctx context.Context, id, algorithm string) (any, error) {
	key, found, mayAsk := v.lookUp(id, algorithm)
	if found {
		return key, nil
	}
	if mayAsk {
		// One request for all who wait; it must not end with the one who happened to start it.
		_, err, _ := v.flight.Do("keys", func() (any, error) { return nil, v.renew(context.WithoutCancel(ctx)) })
		if err != nil {
			return nil, err
		}
		if key, found, _ := v.lookUp(id, algorithm); found {
			return key, nil
		}
	}
	v.mutex.RLock()
	defer v.mutex.RUnlock()
	if len(v.keys.Keys) == 0 {
		return nil, ErrNoKeys
	}
	return nil, fmt.Errorf("%w: its key is unknown", ErrInvalidToken)
}

func (v *Verifier) lookUp(id, algorithm string) (key any, found, mayAsk bool) {
	v.mutex.RLock()
	defer v.mutex.RUnlock()
	for _, one := range v.keys.Key(id) {
		if one.IsPublic() && (one.Use == "" || one.Use == "sig") && (one.Algorithm == "" || one.Algorithm == algorithm) {
			return one.Key, true, false
		}
	}
	return nil, false, v.now().Sub(v.asked) >= renewInterval
}

func (v *Verifier) renew(ctx context.Context) error {
	v.mutex.Lock()
	if v.now().Sub(v.asked) < renewInterval {
		v.mutex.Unlock()
		return nil
	}
	v.asked = v.now()
	v.mutex.Unlock()
	keys, err := v.fetch(ctx)
	if err != nil {
		v.mutex.Lock()
		defer v.mutex.Unlock()
		if len(v.keys.Keys) > 0 {
			return nil
		}
		// Without any key every token waits for the issuer, so the next one asks again soon.
		v.asked = v.now().Add(time.Second - renewInterval)
		return fmt.Errorf("%w: %w", ErrNoKeys, err)
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.keys = keys
	return nil
}

func (v *Verifier) fetch(ctx context.Context) (jose.JSONWebKeySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.settings.JWKSURL, nil)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	response, err := v.client.Do(request)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return jose.JSONWebKeySet{}, fmt.Errorf("status %d", response.StatusCode)
	}
	var keys jose.JSONWebKeySet
	err = json.NewDecoder(io.LimitReader(response.Body, maxKeySetBytes)).Decode(&keys)
	return keys, err
}
