package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"llm-marketplace/discovery/internal/config"
)

type issuer struct {
	keys  atomic.Pointer[jose.JSONWebKeySet]
	asked atomic.Int32
	down  atomic.Bool
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.asked.Add(1)
	if i.down.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = json.NewEncoder(w).Encode(i.keys.Load())
}

func publish(t *testing.T, keys ...jose.JSONWebKey) (*issuer, *Verifier) {
	t.Helper()
	i := &issuer{}
	i.keys.Store(&jose.JSONWebKeySet{Keys: keys})
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	return i, NewVerifier(config.OIDC{Issuer: "https://id.test", Audience: "market", JWKSURL: server.URL})
}

func sign(t *testing.T, algorithm jose.SignatureAlgorithm, id string, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func claims(change map[string]any) map[string]any {
	all := map[string]any{
		"iss": "https://id.test", "aud": "market", "sub": "someone", "exp": time.Now().Add(time.Minute).Unix(),
		"org": "018f2b9e-0000-7000-8000-000000000001", "roles": []string{"platform-admin"},
	}
	for name, value := range change {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}

func keys(t *testing.T) (*rsa.PrivateKey, *ecdsa.PrivateKey) {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return rsaKey, ecKey
}

func TestTokensOfTheContractAreAcceptedAndOthersAreNot(t *testing.T) {
	rsaKey, ecKey := keys(t)
	otherRSA, _ := keys(t)
	_, verifier := publish(t,
		jose.JSONWebKey{Key: &rsaKey.PublicKey, KeyID: "r", Algorithm: "RS256", Use: "sig"},
		jose.JSONWebKey{Key: &ecKey.PublicKey, KeyID: "e", Use: "sig"})
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"r"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://id.test","aud":"market","exp":99999999999}`)) + "."
	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	cases := map[string]struct {
		token string
		fine  bool
	}{
		"RS256":                      {sign(t, jose.RS256, "r", rsaKey, claims(nil)), true},
		"ES256":                      {sign(t, jose.ES256, "e", ecKey, claims(nil)), true},
		"several audiences":          {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"aud": []string{"x", "market"}})), true},
		"ended within the leeway":    {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"exp": in(-20 * time.Second)})), true},
		"ended":                      {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"exp": in(-40 * time.Second)})), false},
		"no end":                     {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"exp": nil})), false},
		"not yet":                    {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"nbf": in(time.Minute)})), false},
		"issued in the future":       {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"iat": in(time.Minute)})), false},
		"another issuer":             {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"iss": "https://evil.test"})), false},
		"another audience":           {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"aud": "x"})), false},
		"no audience":                {sign(t, jose.RS256, "r", rsaKey, claims(map[string]any{"aud": nil})), false},
		"another's signature":        {sign(t, jose.RS256, "r", otherRSA, claims(nil)), false},
		"an unknown key":             {sign(t, jose.RS256, "z", rsaKey, claims(nil)), false},
		"a key of another algorithm": {sign(t, jose.RS256, "e", rsaKey, claims(nil)), false},
		"RS512":                      {sign(t, jose.RS512, "r", rsaKey, claims(nil)), false},
		"HS256 with the public key":  {sign(t, jose.HS256, "r", rsaKey.N.Bytes(), claims(nil)), false},
		"none":                       {none, false},
		"empty":                      {"", false},
		"noise":                      {"a.b.c", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			caller, err := verifier.Verify(t.Context(), c.token)
			if c.fine && (err != nil || caller.Subject != "someone" || !caller.Has(RolePlatformAdmin)) {
				t.Errorf("got %+v, %v", caller, err)
			}
			if !c.fine && !errors.Is(err, ErrInvalidToken) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnUnknownKeyRenewsTheKeysAtMostEachHalfMinute(t *testing.T) {
	old, _ := keys(t)
	fresh, _ := keys(t)
	i, verifier := publish(t, jose.JSONWebKey{Key: &old.PublicKey, KeyID: "old"})
	clock := time.Now()
	verifier.now = func() time.Time { return clock }
	if _, err := verifier.Verify(t.Context(), sign(t, jose.RS256, "old", old, claims(nil))); err != nil {
		t.Fatal(err)
	}
	i.keys.Store(&jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &fresh.PublicKey, KeyID: "new"}}})
	token := sign(t, jose.RS256, "new", fresh, claims(nil))
	for range 5 {
		if _, err := verifier.Verify(t.Context(), token); !errors.Is(err, ErrInvalidToken) {
			t.Fatalf("got %v", err)
		}
	}
	if got := i.asked.Load(); got != 1 {
		t.Errorf("asked %d times", got)
	}
	clock = clock.Add(renewInterval)
	if _, err := verifier.Verify(t.Context(), token); err != nil || i.asked.Load() != 2 {
		t.Errorf("got %v after %d requests", err, i.asked.Load())
	}
}

func TestWithoutTheIssuerNothingIsSaidOfAToken(t *testing.T) {
	key, _ := keys(t)
	i, verifier := publish(t)
	i.down.Store(true)
	if _, err := verifier.Verify(t.Context(), sign(t, jose.RS256, "r", key, claims(nil))); !errors.Is(err, ErrNoKeys) {
		t.Errorf("got %v", err)
	}
}
