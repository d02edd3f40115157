//go:build engines

// Package enginetest runs the whole service against real engines: Redis, Kafka, Elasticsearch and an issuer, whose
// addresses are in the file named by MARKETPLACE_ENGINES. Every test has its own topic, index and keys.
package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	discovery "llm-marketplace/discovery"
	"llm-marketplace/discovery/internal/app"
	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/listing"
)

type engines struct {
	Redis struct {
		Host string
		Port int
	}
	Elasticsearch struct {
		Host string
		Port int
	}
	Kafka   struct{ BootstrapServers string }
	Issuer  struct{ Issuer, JwksURL, Audience, TokenURL string }
	Control string
}

func read(t *testing.T) engines {
	t.Helper()
	name := os.Getenv("MARKETPLACE_ENGINES")
	if name == "" {
		t.Fatal("MARKETPLACE_ENGINES is not set: run `node tools/engines.ts run --only redis,kafka,elasticsearch,issuer -- make -C services/discovery test-engines`")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var found engines
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// service is one running discovery with a topic of its own.
type service struct {
	t        *testing.T
	engines  engines
	url      string
	topic    string
	producer *kgo.Client
}

func start(t *testing.T) *service {
	t.Helper()
	e := read(t)
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	producer, err := kgo.NewClient(kgo.SeedBrokers(e.Kafka.BootstrapServers))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(producer.Close)
	if _, err := kadm.NewClient(producer).CreateTopic(t.Context(), 3, 1, nil, name); err != nil {
		t.Fatal(err)
	}
	settings := config.Config{
		ServiceName: "discovery", ServiceVersion: "0.0.0", Environment: "local",
		OIDC:          config.OIDC{Issuer: e.Issuer.Issuer, Audience: e.Issuer.Audience, JWKSURL: e.Issuer.JwksURL},
		Redis:         config.Redis{Host: e.Redis.Host, Port: e.Redis.Port, KeyPrefix: name + ":", Auth: config.Auth{Kind: config.AuthNone}},
		Elasticsearch: config.Elasticsearch{Host: e.Elasticsearch.Host, Port: e.Elasticsearch.Port, IndexPrefix: name, Auth: config.Auth{Kind: config.AuthNone}},
		Kafka: config.Kafka{
			BootstrapServers: strings.Split(e.Kafka.BootstrapServers, ","), SecurityProtocol: "PLAINTEXT", Group: name, Topic: name,
			Auth: config.Auth{Kind: config.AuthNone},
		},
	}
	a, err := app.New(settings, slog.New(slog.NewJSONHandler(t.Output(), nil)), discovery.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	s := &service{t: t, engines: e, url: "http://" + listener.Addr().String(), topic: name, producer: producer}
	s.eventually("ready", func() bool { status, _ := s.get("/readyz", ""); return status == 200 })
	return s
}

func (s *service) eventually(what string, check func() bool) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if check() {
			return
		}
	}
	s.t.Fatalf("after a minute: not %s", what)
}

func (s *service) do(method, path, token, body string) (int, http.Header, []byte) {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, response.Header, text
}

func (s *service) get(path, token string) (int, []byte) {
	s.t.Helper()
	status, _, body := s.do(http.MethodGet, path, token, "")
	return status, body
}

func (s *service) token(roles ...string) string {
	s.t.Helper()
	asked, _ := json.Marshal(map[string]any{"sub": "tester", "org": uuid.NewString(), "roles": roles})
	response, err := http.Post(s.engines.Issuer.TokenURL, "application/json", bytes.NewReader(asked))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	return answer.AccessToken
}

// disturb does to an engine what the harness can: kill, start, freeze, thaw.
func (s *service) disturb(engine, verb string) {
	s.t.Helper()
	response, err := http.Post(s.engines.Control+"/"+engine+"/"+verb, "", nil)
	if err != nil || response.StatusCode != http.StatusNoContent {
		s.t.Fatalf("%s %s: %v, %v", verb, engine, response, err)
	}
	_ = response.Body.Close()
}

func (s *service) publish(listings ...listing.Listing) {
	s.t.Helper()
	records := []*kgo.Record{}
	for _, l := range listings {
		value, err := json.Marshal(listing.Event{EventID: uuid.NewString(), EventType: "listing.updated", OccurredAt: time.Now().UTC(), Listing: l})
		if err != nil {
			s.t.Fatal(err)
		}
		records = append(records, &kgo.Record{Topic: s.topic, Key: []byte(l.ID), Value: value})
	}
	if err := s.producer.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func example(number int, change func(*listing.Listing)) listing.Listing {
	at := time.Date(2026, 1, 1, 0, number, 0, 0, time.UTC)
	l := listing.Listing{
		ID: uuid.NewString(), OrgID: uuid.NewString(), Version: 1, Status: "published", Kind: "model",
		Name: fmt.Sprintf("Model %03d", number), Slug: fmt.Sprintf("model-%03d", number), Summary: "Answers questions.", Tags: []string{"fast"},
		Categories: []string{"chat"}, Licence: "MIT", CreatedAt: at, UpdatedAt: at, PublishedAt: &at,
		Release: &listing.Release{
			Number: "1.0.0", PublishedAt: at, Pricing: listing.Pricing{InputUsdMicrosPerThousandTokens: int64(number), OutputUsdMicrosPerThousandTokens: 10},
			Endpoint: &listing.Endpoint{URL: "https://hidden.example.test/v1", Protocol: "openai-chat", Model: "m", TimeoutSeconds: 30},
		},
	}
	if change != nil {
		change(&l)
	}
	return l
}

// page is the answer to a search.
type page struct {
	Items      []listing.Summary   `json:"items"`
	NextCursor *string             `json:"nextCursor"`
	Total      struct{ Value int } `json:"total"`
	Facets     map[string][]struct {
		Value string
		Count int
	}
}

func (s *service) search(query string) page {
	s.t.Helper()
	status, body := s.get("/v1/search?"+query, "")
	if status != 200 {
		s.t.Fatalf("%s: %d %s", query, status, body)
	}
	var found page
	if err := json.Unmarshal(body, &found); err != nil {
		s.t.Fatal(err)
	}
	return found
}

// metric reads one series of /metrics.
func (s *service) metric(series string) float64 {
	s.t.Helper()
	_, body := s.get("/metrics", "")
	for line := range strings.SplitSeq(string(body), "\n") {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			number, err := strconv.ParseFloat(value, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			return number
		}
	}
	return 0
}

func (s *service) indexed() float64 {
	return s.metric(`marketplace_events_indexed_total{result="indexed"}`)
}
