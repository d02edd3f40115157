package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/redis/go-redis/v9"

	"llm-marketplace/discovery/internal/cache"
	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/elastic"
	"llm-marketplace/discovery/internal/identity"
	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/search"
	"llm-marketplace/discovery/internal/telemetry"
)

const (
	knownID   = "018f2b9e-7c1a-7c3e-9d5b-1f2a3b4c5d6e"
	unknownID = "018f2b9e-7c1a-7c3e-9d5b-1f2a3b4c5d6f"
)

func known() listing.Listing {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return listing.Listing{
		ID: knownID, OrgID: unknownID, Version: 7, Status: "published", Kind: "model", Name: "Model", Slug: "model", Summary: "s",
		Tags: []string{"a"}, Categories: []string{"chat"}, Licence: "MIT", CreatedAt: at, UpdatedAt: at, PublishedAt: &at,
		Release: &listing.Release{Number: "1.0.0", PublishedAt: at, Endpoint: &listing.Endpoint{URL: "https://x.test", Protocol: "openai-chat", Model: "m", TimeoutSeconds: 9}},
	}
}

// finder answers without an index; err, when set, is every answer.
type finder struct{ err error }

func (f *finder) Search(context.Context, search.Criteria, []string) (search.Page, error) {
	next := "abc"
	return search.Page{Items: []listing.Summary{known().Public()}, NextCursor: &next, Total: search.Total{Value: 2, IsExact: true}}, f.err
}

func (f *finder) Complete(context.Context, search.Brief) ([]search.Suggestion, error) {
	return []search.Suggestion{{ID: knownID, Name: "Model", Slug: "model", Kind: "model"}}, f.err
}

func (f *finder) Similar(context.Context, listing.Listing, search.Brief) ([]listing.Summary, error) {
	return []listing.Summary{known().Public()}, f.err
}

func (f *finder) Get(_ context.Context, id string) (listing.Listing, error) {
	if f.err == nil && id != knownID {
		return listing.Listing{}, elastic.ErrNotFound
	}
	return known(), f.err
}

func (f *finder) FindRebuild(context.Context, string) (elastic.Rebuild, error) {
	return elastic.Rebuild{}, elastic.ErrNotFound
}

func serve(t *testing.T, f *finder) (http.Handler, *miniredis.Miniredis) {
	t.Helper()
	store := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: store.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	metrics := telemetry.NewMetrics()
	document, err := os.ReadFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	silent := slog.New(slog.NewTextHandler(io.Discard, nil))
	server := &Server{
		Finder: f, Cache: cache.New(client, "t:", metrics.CountCache), Listings: cache.NewListings(client, "t:", metrics.CountCache),
		Trends: cache.NewTrends(client, "t:"), Verifier: identity.NewVerifier(config.OIDC{JWKSURL: "http://127.0.0.1:1"}),
		Health: NewHealth(silent, metrics, Check{Name: "elasticsearch", Needed: true}), Metrics: metrics,
		Log: silent, OpenAPI: document,
	}
	return server.Handler(), store
}

func document(t *testing.T) (*openapi3.T, routers.Router) {
	t.Helper()
	loaded, err := openapi3.NewLoader().LoadFromFile("../../openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return loaded, router
}

func TestAnswersAreAsTheOpenAPIDocumentSays(t *testing.T) {
	_, router := document(t)
	cases := []struct {
		method, path, header, body string
		want                       int
	}{
		{"GET", "/v1/search?q=a&tag=b&facets=true", "", "", 200},
		{"GET", "/v1/search?limit=0", "", "", 400},
		{"GET", "/v1/search", "Bearer nonsense", "", 401},
		{"GET", "/v1/search", "Basic eDp5", "", 401},
		{"PUT", "/v1/search", "", "", 405},
		{"GET", "/v1/search/autocomplete?q=mo", "", "", 200},
		{"GET", "/v1/search/autocomplete", "", "", 400},
		{"GET", "/v1/search/trending?kind=model", "", "", 200},
		{"GET", "/v1/search/listings/" + knownID, "", "", 200},
		{"GET", "/v1/search/listings/" + unknownID, "", "", 404},
		{"GET", "/v1/search/listings/x", "", "", 400},
		{"GET", "/v1/search/listings/" + knownID + "/similar?limit=5", "", "", 200},
		{"POST", "/v1/search/admin/rebuilds", "", "{}", 401},
		{"GET", "/v1/search/admin/rebuilds/" + knownID, "", "", 401},
		{"GET", "/internal/listings/" + knownID, "", "", 200},
		{"GET", "/internal/listings/" + unknownID, "", "", 404},
		{"GET", "/healthz", "", "", 200},
		{"GET", "/readyz", "", "", 503},
		{"GET", "/openapi.json", "", "", 200},
	}
	handler, _ := serve(t, &finder{})
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			request := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			if c.header != "" {
				request.Header.Set("Authorization", c.header)
			}
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			if answer.Code != c.want {
				t.Fatalf("got %d %s", answer.Code, answer.Body)
			}
			documented := httptest.NewRequest(c.method, c.path, nil)
			if c.want == http.StatusMethodNotAllowed {
				documented.Method = "GET"
			}
			route, parameters, err := router.FindRoute(documented)
			if err != nil {
				t.Fatal(err)
			}
			input := &openapi3filter.RequestValidationInput{Request: documented, PathParams: parameters, Route: route}
			err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
				RequestValidationInput: input, Status: answer.Code, Header: answer.Header(),
				Body:    io.NopCloser(bytes.NewReader(answer.Body.Bytes())),
				Options: &openapi3filter.Options{IncludeResponseStatus: true},
			})
			if err != nil {
				t.Errorf("the answer is not as documented: %v", err)
			}
		})
	}
}

func TestEveryDocumentedOperationIsRouted(t *testing.T) {
	loaded, _ := document(t)
	handler, _ := serve(t, &finder{})
	for path, item := range loaded.Paths.Map() {
		for method := range item.Operations() {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(method, strings.ReplaceAll(path, "{id}", knownID), nil))
			if answer.Code == 404 && strings.Contains(answer.Body.String(), "nothing at this path") || answer.Code == 405 {
				t.Errorf("%s %s: got %d", method, path, answer.Code)
			}
		}
	}
}

func TestBadInputIsNeverAServersError(t *testing.T) {
	handler, _ := serve(t, &finder{})
	for _, path := range []string{
		"/nope", "/v1/search/", "/v1//search", "/v1/search/../../etc/passwd", "/v1/search?q=%00", "/v1/search?q=%ff", "/v1/search?q=%zz",
		"/v1/search/listings/%00", "/v1/search/listings/%2e%2e", "/internal/listings/" + strings.Repeat("a", 5000), "/v1/search?cursor=" + strings.Repeat("A", 5000),
		`/v1/search?q={"query_string":{}}&limit=-1`, "/v1/search/listings/" + knownID + "?x=1",
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		target, query, _ := strings.Cut(path, "?")
		request.URL.Path, request.URL.RawQuery = target, query
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code < 400 || answer.Code > 499 || answer.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.80s: got %d %s", path, answer.Code, answer.Header().Get("Content-Type"))
		}
	}
}

func TestAnIndexThatIsAwayIsA503WithRetryAfter(t *testing.T) {
	handler, _ := serve(t, &finder{err: fmt.Errorf("search: %w", elastic.ErrUnavailable)})
	for _, path := range []string{"/v1/search", "/v1/search/autocomplete?q=a", "/v1/search/trending", "/internal/listings/" + knownID} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != 503 || answer.Header().Get("Retry-After") == "" || !strings.Contains(answer.Body.String(), `"dependency-unavailable"`) {
			t.Errorf("%s: got %d %s", path, answer.Code, answer.Body)
		}
	}
}

func TestSearchesAreAnsweredWithoutRedis(t *testing.T) {
	handler, store := serve(t, &finder{})
	store.Close()
	for _, path := range []string{"/v1/search", "/v1/search/trending", "/internal/listings/" + knownID} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		if answer.Code != 200 {
			t.Errorf("%s: got %d %s", path, answer.Code, answer.Body)
		}
	}
}

func TestAnInternalListingIsNotSentAgainWhenItIsUnchanged(t *testing.T) {
	handler, _ := serve(t, &finder{})
	request := httptest.NewRequest(http.MethodGet, "/internal/listings/"+knownID, nil)
	request.Header.Set("If-None-Match", `"6", W/"7"`)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusNotModified || answer.Body.Len() != 0 || answer.Header().Get("ETag") != `"7"` {
		t.Errorf("got %d %q %s", answer.Code, answer.Header().Get("ETag"), answer.Body)
	}
}
