package cache

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Weights of what makes a listing popular. A resolve is one that consumption asked for in order to call it, which a
// person with a reload button cannot do.
const (
	ViewWeight    = 1.0
	ResolveWeight = 5.0
)

const (
	trendHours    = 24
	trendHalfLife = 6.0 // hours
	flushInterval = time.Second
	// maxPending bounds memory while Redis is away; what is beyond it is not counted.
	maxPending = 10_000
)

// Trends counts views and resolves in one sorted set an hour, and ranks by their sum, in which an hour weighs half of
// what the hour six hours later does. Counts wait in memory for up to a second, and are lost with the process.
type Trends struct {
	client  *redis.Client
	prefix  string
	now     func() time.Time
	mutex   sync.Mutex
	pending map[string]float64
}

// NewTrends starts nothing: Run brings the counts to Redis.
func NewTrends(client *redis.Client, prefix string) *Trends {
	return &Trends{client: client, prefix: prefix, now: time.Now, pending: map[string]float64{}}
}

// Count notes interest in a listing.
func (t *Trends) Count(id string, weight float64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if _, known := t.pending[id]; known || len(t.pending) < maxPending {
		t.pending[id] += weight
	}
}

// Run flushes each second until ctx ends, and once more then.
func (t *Trends) Run(ctx context.Context) {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.flush(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushInterval)
			defer cancel()
			t.flush(last)
			return
		}
	}
}

func (t *Trends) flush(ctx context.Context) {
	t.mutex.Lock()
	batch := t.pending
	t.pending = map[string]float64{}
	t.mutex.Unlock()
	if len(batch) == 0 {
		return
	}
	key := t.key(t.now())
	pipeline := t.client.Pipeline()
	for id, weight := range batch {
		pipeline.ZIncrBy(ctx, key, weight, id)
	}
	pipeline.Expire(ctx, key, (trendHours+1)*time.Hour)
	if _, err := pipeline.Exec(ctx); err != nil {
		// Popularity of one second; the listing's next view counts again.
		return
	}
}

func (t *Trends) key(at time.Time) string {
	return fmt.Sprintf("%strend:%d", t.prefix, at.Unix()/3600)
}

// Top gives the ids of the most popular listings, most popular first.
func (t *Trends) Top(ctx context.Context, most int) ([]string, error) {
	store := redis.ZStore{}
	for hour := range trendHours {
		store.Keys = append(store.Keys, t.key(t.now().Add(-time.Duration(hour)*time.Hour)))
		store.Weights = append(store.Weights, math.Pow(0.5, float64(hour)/trendHalfLife))
	}
	// By score upwards, and by id where scores are equal.
	ranked, err := t.client.ZUnion(ctx, store).Result()
	if err != nil {
		return nil, fmt.Errorf("read the trends: %w", err)
	}
	top := make([]string, 0, most)
	for index := len(ranked) - 1; index >= 0 && len(top) < most; index-- {
		top = append(top, ranked[index])
	}
	return top, nil
}
