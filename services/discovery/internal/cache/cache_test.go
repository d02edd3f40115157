package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"llm-marketplace/discovery/internal/listing"
)

func connect(t *testing.T) (*miniredis.Miniredis, *redis.Client) {
	t.Helper()
	store := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: store.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return store, client
}

func discard(string) {}

func TestManyWhoAskAtOnceMakeOneComputationAcrossProcesses(t *testing.T) {
	_, client := connect(t)
	// Two caches on one Redis are two processes.
	processes := []*Cache{New(client, "p:", discard), New(client, "p:", discard)}
	var computed atomic.Int32
	var group sync.WaitGroup
	for number := range 40 {
		group.Go(func() {
			value, err := processes[number%2].Fetch(t.Context(), "k", func(context.Context) ([]byte, time.Duration, error) {
				computed.Add(1)
				time.Sleep(60 * time.Millisecond)
				return []byte(`"v"`), time.Minute, nil
			})
			if err != nil || string(value) != `"v"` {
				t.Errorf("got %s, %v", value, err)
			}
		})
	}
	group.Wait()
	if got := computed.Load(); got != 1 {
		t.Errorf("computed %d times", got)
	}
}

func TestAnAnswerIsRenewedByChanceBeforeItEnds(t *testing.T) {
	_, client := connect(t)
	cache := New(client, "p:", discard)
	found := entry{EndsAt: cache.now().Add(time.Second).UnixMicro(), Cost: 500_000}
	// The draw 1-1/e makes the exponential 1: half a second ahead is not due, with 0.99 it is 2.3 seconds ahead.
	for draw, want := range map[float64]bool{0: false, 0.632: false, 0.99: true} {
		cache.random = func() float64 { return draw }
		if got := cache.isDue(found); got != want {
			t.Errorf("draw %v: got %v", draw, got)
		}
	}
}

func TestWithoutRedisEveryAnswerIsComputedAndErrorsAreCounted(t *testing.T) {
	store, client := connect(t)
	store.Close()
	counted := []string{}
	cache := New(client, "p:", func(result string) { counted = append(counted, result) })
	value, err := cache.Fetch(t.Context(), "k", func(context.Context) ([]byte, time.Duration, error) { return []byte("1"), time.Minute, nil })
	if err != nil || string(value) != "1" || len(counted) != 1 || counted[0] != Error {
		t.Errorf("got %s, %v, %v", value, err, counted)
	}
}

func TestAFailureIsNotKept(t *testing.T) {
	_, client := connect(t)
	cache := New(client, "p:", discard)
	boom := errors.New("boom")
	if _, err := cache.Fetch(t.Context(), "k", func(context.Context) ([]byte, time.Duration, error) { return nil, time.Minute, boom }); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	value, err := cache.Fetch(t.Context(), "k", func(context.Context) ([]byte, time.Duration, error) { return []byte("2"), time.Minute, nil })
	if err != nil || string(value) != "2" {
		t.Errorf("got %s, %v", value, err)
	}
}

func TestAReaderThatWasSlowerThanAChangeDoesNotStoreTheOldVersion(t *testing.T) {
	_, client := connect(t)
	listings := NewListings(client, "p:", discard)
	old, changed := listing.Listing{ID: "a", Version: 1}, listing.Listing{ID: "a", Version: 2}
	_, err := listings.Get(t.Context(), "a", func(ctx context.Context) (*listing.Listing, error) {
		return &old, listings.Invalidate(ctx, []listing.Listing{changed})
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := listings.Get(t.Context(), "a", func(context.Context) (*listing.Listing, error) { return &changed, nil })
	if err != nil || got.Version != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestTrendsWeighRecentInterestMore(t *testing.T) {
	_, client := connect(t)
	trends := NewTrends(client, "p:")
	now := time.Date(2026, 1, 2, 12, 30, 0, 0, time.UTC)
	trends.now = func() time.Time { return now.Add(-12 * time.Hour) }
	for range 10 {
		trends.Count("old", ViewWeight)
	}
	trends.flush(t.Context())
	trends.now = func() time.Time { return now }
	for range 3 {
		trends.Count("new", ViewWeight)
	}
	trends.Count("called", ResolveWeight)
	trends.flush(t.Context())
	// Twelve hours are two half-lives: the old one counts 2.5.
	top, err := trends.Top(t.Context(), 3)
	if err != nil || len(top) != 3 || top[0] != "called" || top[1] != "new" || top[2] != "old" {
		t.Errorf("got %v, %v", top, err)
	}
}
