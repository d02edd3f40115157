package cache

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

// Results of a look-up, as the metric counts them.
const (
	Hit   = "hit"
	Miss  = "miss"
	Error = "error"
)

const (
	// lockLifetime bounds how long others wait for one that died while it computed.
	lockLifetime = 2 * time.Second
	// waitForOther is how long one waits for what another process computes before computing it as well.
	waitForOther = 300 * time.Millisecond
	waitStep     = 15 * time.Millisecond
	// earliness of probabilistic renewal (XFetch, Vattani et al. 2015): 1 is the paper's optimum.
	earliness = 1.0
	// computeTimeout bounds a computation that several callers wait for, whoever of them goes away.
	computeTimeout = 5 * time.Second
)

// Cache answers from Redis, and computes what is not there once for everybody who asks at the same time.
type Cache struct {
	client *redis.Client
	prefix string
	count  func(result string)
	flight singleflight.Group
	now    func() time.Time
	random func() float64
}

// New counts each look-up with count.
func New(client *redis.Client, prefix string, count func(result string)) *Cache {
	return &Cache{client: client, prefix: prefix, count: count, now: time.Now, random: rand.Float64}
}

// entry is what Redis holds: the answer, when it ends and how long it took to compute.
type entry struct {
	EndsAt int64           `json:"e"`
	Cost   int64           `json:"c"`
	Value  json.RawMessage `json:"v"`
}

// Compute makes an answer. Lifetime is how long it may be given to others; 0 is not at all.
type Compute func(ctx context.Context) (value []byte, lifetime time.Duration, err error)

// Fetch gives the answer for key. Errors are those of compute: Redis' own are counted and gone round.
//
// Against a stampede: within a process one computes and the others wait; between processes one holds a short lock and
// the others wait for its answer a moment; and an answer that is much asked for is renewed by one caller, chosen by
// chance, a little before it ends.
func (c *Cache) Fetch(ctx context.Context, key string, compute Compute) ([]byte, error) {
	found, result := c.read(ctx, key)
	c.count(result)
	if result == Hit {
		return found.Value, nil
	}
	waiting := c.flight.DoChan(key, func() (any, error) {
		// The computation is for all who wait, so it outlives the one who began it; the trace goes on.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), computeTimeout)
		defer cancel()
		return c.fill(ctx, key, result, compute)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-waiting:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.([]byte), nil
	}
}

func (c *Cache) read(ctx context.Context, key string) (entry, string) {
	text, err := c.client.Get(ctx, c.prefix+key).Bytes()
	if errors.Is(err, redis.Nil) {
		return entry{}, Miss
	}
	if err != nil {
		return entry{}, Error
	}
	var found entry
	if err := json.Unmarshal(text, &found); err != nil || c.isDue(found) {
		return entry{}, Miss
	}
	return found, Hit
}

// isDue tells whether this caller renews the answer: certainly after its end, by chance shortly before.
func (c *Cache) isDue(found entry) bool {
	ahead := float64(found.Cost) * earliness * -math.Log(1-c.random())
	return float64(c.now().UnixMicro())+ahead >= float64(found.EndsAt)
}

func (c *Cache) fill(ctx context.Context, key, result string, compute Compute) ([]byte, error) {
	if result == Error {
		// Redis is away: asking it again would only add its time-out to every answer.
		value, _, err := compute(ctx)
		return value, err
	}
	lock := c.prefix + key + ":lock"
	isMine, err := c.client.SetNX(ctx, lock, 1, lockLifetime).Result()
	if err == nil && !isMine {
		if value, ok := c.await(ctx, key); ok {
			return value, nil
		}
	}
	began := c.now()
	value, lifetime, err := compute(ctx)
	if err == nil && lifetime > 0 {
		c.store(ctx, key, value, began, lifetime)
	}
	if isMine {
		c.client.Del(ctx, lock)
	}
	return value, err
}

func (c *Cache) store(ctx context.Context, key string, value []byte, began time.Time, lifetime time.Duration) {
	now := c.now()
	text, err := json.Marshal(entry{EndsAt: now.Add(lifetime).UnixMicro(), Cost: now.Sub(began).Microseconds(), Value: value})
	if err == nil {
		c.client.Set(ctx, c.prefix+key, text, lifetime)
	}
}

// await looks for what another process computes.
func (c *Cache) await(ctx context.Context, key string) ([]byte, bool) {
	ticker := time.NewTicker(waitStep)
	defer ticker.Stop()
	for range int(waitForOther / waitStep) {
		select {
		case <-ctx.Done():
			return nil, false
		case <-ticker.C:
		}
		if found, result := c.read(ctx, key); result == Hit {
			return found.Value, true
		} else if result == Error {
			return nil, false
		}
	}
	return nil, false
}
