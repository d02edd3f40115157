//go:build engines

package enginetest

import (
	"bytes"
	"fmt"
	"math/rand"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"llm-marketplace/discovery/internal/listing"
)

func TestListingsAreFoundFilteredSortedAndPaged(t *testing.T) {
	s := start(t)
	listings := []listing.Listing{}
	for number := range 25 {
		listings = append(listings, example(number, nil))
	}
	listings[3].Summary, listings[4].Summary = "Translates Klingon poetry.", "Translates Klingon opera."
	cafe := example(100, func(l *listing.Listing) { l.Name, l.Tags, l.Kind = "Café Writer", []string{"slow"}, "prompt" })
	old := example(101, func(l *listing.Listing) { l.Status, l.Name = "deprecated", "Ancient Oracle" })
	gone := example(102, func(l *listing.Listing) { l.Status = "suspended" })
	s.publish(append(listings, cafe, old, gone)...)
	s.eventually("all indexed", func() bool { return s.indexed() == 28 })

	if got := s.search("q=CAFE"); len(got.Items) != 1 || got.Items[0].ID != cafe.ID {
		t.Errorf("accents and case: got %+v", got.Items)
	}
	if got := s.search("q=cofe+writer"); len(got.Items) == 0 || got.Items[0].ID != cafe.ID {
		t.Errorf("a small mistake: got %+v", got.Items)
	}
	if got := s.search("q=oracle"); len(got.Items) != 1 || !got.Items[0].Deprecated {
		t.Errorf("deprecated ones are flagged: got %+v", got.Items)
	}
	if got := s.search("deprecated=false&limit=100"); len(got.Items) != 26 || got.Total.Value != 26 {
		t.Errorf("deprecated=false: got %d of %d", len(got.Items), got.Total.Value)
	}
	faceted := s.search("kind=prompt&facets=true")
	if faceted.Total.Value != 1 || len(faceted.Facets["kind"]) != 2 || faceted.Facets["tag"][0].Value != "slow" {
		t.Errorf("facets: got %+v", faceted)
	}
	if got := s.search("minPriceUsdMicros=20&maxPriceUsdMicros=22&sort=-price"); len(got.Items) != 3 || got.Items[0].ID != listings[12].ID {
		t.Errorf("price: got %+v", got.Items)
	}
	for _, sort := range []string{"newest", "price", "-price", "name", "trending", "relevance", "relevance&q=model"} {
		seen := []string{}
		for cursor := ""; ; {
			got := s.search("tag=fast&limit=7&sort=" + sort + cursor)
			for _, item := range got.Items {
				seen = append(seen, item.ID)
			}
			if got.NextCursor == nil {
				break
			}
			cursor = "&cursor=" + *got.NextCursor
		}
		want := 26
		if sort == "relevance&q=model" {
			want = 25
		}
		slices.Sort(seen)
		if len(slices.Compact(seen)) != want {
			t.Errorf("pages by %s: got %d different listings, want %d", sort, len(seen), want)
		}
	}
	for path, want := range map[string]string{
		"/v1/search/autocomplete?q=caf":                              cafe.ID,
		"/v1/search/listings/" + listings[3].ID + "/similar?limit=1": listings[4].ID,
		"/v1/search/trending?kind=prompt":                            cafe.ID,
		"/v1/search/listings/" + cafe.ID:                             cafe.ID,
	} {
		if status, body := s.get(path, ""); status != 200 || !bytes.Contains(body, []byte(want)) || bytes.Contains(body, []byte("hidden")) {
			t.Errorf("%s: got %d %s", path, status, body)
		}
	}
	status, header, body := s.do(http.MethodGet, "/internal/listings/"+cafe.ID, "", "")
	if status != 200 || header.Get("ETag") != `"1"` || !bytes.Contains(body, []byte("https://hidden.example.test/v1")) {
		t.Errorf("internal: got %d %v %s", status, header, body)
	}
	for _, path := range []string{"/internal/listings/" + gone.ID, "/v1/search/listings/" + gone.ID} {
		if status, _ := s.get(path, ""); status != 404 {
			t.Errorf("a suspended listing at %s: got %d", path, status)
		}
	}
}

func TestStaleAndInvalidEventsChangeNothingAndBlockNothing(t *testing.T) {
	s := start(t)
	l := example(1, func(l *listing.Listing) { l.Version = 5 })
	s.publish(l)
	s.eventually("indexed", func() bool { return s.indexed() == 1 })
	// A suspension at version 6 must win over a late event of version 4, and over version 5 again.
	suspended := l
	suspended.Version, suspended.Status = 6, "suspended"
	s.publish(suspended)
	s.eventually("suspended", func() bool { status, _ := s.get("/internal/listings/"+l.ID, ""); return status == 404 })
	late := l
	late.Version = 4
	s.publish(late, l)
	bad := &kgo.Record{Topic: s.topic, Key: []byte(l.ID), Value: []byte(`{"listing":{}}`)}
	if err := s.producer.ProduceSync(t.Context(), bad).FirstErr(); err != nil {
		t.Fatal(err)
	}
	after := example(2, func(next *listing.Listing) { next.ID = l.ID; next.Version = 7 })
	s.eventually("both counted", func() bool {
		return s.metric(`marketplace_events_indexed_total{result="stale"}`) == 2 && s.metric(`marketplace_events_indexed_total{result="invalid"}`) == 1
	})
	if status, _ := s.get("/internal/listings/"+l.ID, ""); status != 404 {
		t.Errorf("a stale event won: %d", status)
	}
	s.publish(after)
	s.eventually("the next event indexed", func() bool { status, _ := s.get("/internal/listings/"+l.ID, ""); return status == 200 })
}

func TestARebuildGoesOnUnderWritesAndSearchesWithoutLossOrError(t *testing.T) {
	s := start(t)
	first := []listing.Listing{}
	for number := range 200 {
		first = append(first, example(number, nil))
	}
	s.publish(first...)
	s.eventually("indexed", func() bool { return s.indexed() == 200 })
	token := s.token("platform-admin")
	if status, _ := s.get("/v1/search?limit=1", ""); status != 200 {
		t.Fatal("search does not work before the rebuild")
	}

	stop := make(chan struct{})
	var group sync.WaitGroup
	written := []string{}
	group.Go(func() {
		for number := 1000; ; number++ {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				l := example(number, nil)
				s.publish(l)
				written = append(written, l.ID)
			}
		}
	})
	failures := 0
	group.Go(func() {
		for number := 0; ; number++ {
			select {
			case <-stop:
				return
			default:
				// Different words each time, so that the index answers and not the cache.
				if status, body := s.get(fmt.Sprintf("/v1/search?q=model+%d", number), ""); status != 200 {
					failures++
					t.Logf("search during the rebuild: %d %s", status, body)
				}
			}
		}
	})
	status, header, body := s.do(http.MethodPost, "/v1/search/admin/rebuilds", token, "")
	if status != 202 {
		t.Fatalf("got %d %s", status, body)
	}
	if again, _, _ := s.do(http.MethodPost, "/v1/search/admin/rebuilds", token, ""); again != 409 {
		t.Errorf("a second rebuild: got %d", again)
	}
	s.eventually("rebuilt", func() bool {
		_, body := s.get(header.Get("Location"), token)
		return bytes.Contains(body, []byte(`"state":"succeeded"`))
	})
	close(stop)
	group.Wait()
	if failures > 0 {
		t.Errorf("%d searches failed", failures)
	}
	// The rebuild may have brought a change first, which the group then finds there.
	s.eventually("everything read", func() bool {
		return s.indexed()+s.metric(`marketplace_events_indexed_total{result="stale"}`) == float64(200+len(written))
	})
	for _, id := range written {
		if status, _ := s.get("/internal/listings/"+id, ""); status != 200 {
			t.Errorf("%s was lost in the rebuild: %d", id, status)
		}
	}
	t.Logf("%d listings were written during the rebuild", len(written))
}

func TestRebuildsAreForPlatformAdministrators(t *testing.T) {
	s := start(t)
	for name, c := range map[string]struct {
		token string
		want  int
	}{"no token": {"", 401}, "noise": {"a.b.c", 401}, "another role": {s.token("consumer"), 403}} {
		if status, _, body := s.do(http.MethodPost, "/v1/search/admin/rebuilds", c.token, ""); status != c.want {
			t.Errorf("%s: got %d %s", name, status, body)
		}
	}
	if status, _ := s.get("/v1/search", "a.b.c"); status != 401 {
		t.Errorf("a bad token on a public route: got %d", status)
	}
}

// The load: 20,000 requests for 2,000 different searches, drawn by Zipf's law with s = 1.2, v = 1 and seed 42.
func TestTheCacheAnswersNineOfTenSearchesOfASkewedLoad(t *testing.T) {
	s := start(t)
	s.publish(example(1, nil))
	s.eventually("indexed", func() bool { return s.indexed() == 1 })
	const requests, workers = 20_000, 8
	zipf := rand.NewZipf(rand.New(rand.NewSource(42)), 1.2, 1, 1999)
	numbers := make(chan uint64, workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for number := range numbers {
				if status, body := s.get(fmt.Sprintf("/v1/search?q=term+%d", number), ""); status != 200 {
					t.Errorf("got %d %s", status, body)
				}
			}
		})
	}
	began := time.Now()
	for range requests {
		numbers <- zipf.Uint64()
	}
	close(numbers)
	group.Wait()
	hits, misses := s.metric(`marketplace_cache_requests_total{result="hit"}`), s.metric(`marketplace_cache_requests_total{result="miss"}`)
	rate := hits / (hits + misses)
	t.Logf("hit rate %.1f %% of %d requests in %.1f s (answers live 30 s)", rate*100, requests, time.Since(began).Seconds())
	if rate <= 0.9 {
		t.Errorf("hit rate %.3f", rate)
	}
}
