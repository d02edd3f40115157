package cache

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"

	"llm-marketplace/discovery/internal/listing"
)

const (
	listingLifetime = 30 * time.Second
	// absentLifetime is short: what is not there now may be published in a moment.
	absentLifetime = 5 * time.Second
	// floorLifetime is longer than any reader takes from the index to the cache, and than any entry lives.
	floorLifetime = 2 * listingLifetime
)

// storeListing keeps an answer unless a newer version has been announced while it was on its way here: KEYS are the
// entry and its floor, ARGV the version, the entry and its lifetime in milliseconds.
var storeListing = redis.NewScript(`
local floor = tonumber(redis.call('GET', KEYS[2]) or '0')
if tonumber(ARGV[1]) < floor then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`)

// Listings keeps single listings by id, and never one older than what Invalidate has announced.
type Listings struct {
	client *redis.Client
	prefix string
	count  func(result string)
	flight singleflight.Group
}

// NewListings counts each look-up with count.
func NewListings(client *redis.Client, prefix string, count func(result string)) *Listings {
	return &Listings{client: client, prefix: prefix, count: count}
}

// Load reads a listing from the index; nil is one that is not there.
type Load func(ctx context.Context) (*listing.Listing, error)

func (l *Listings) keys(id string) []string {
	// The braces keep both keys together on a cluster, as scripts want it.
	return []string{l.prefix + "listing:{" + id + "}", l.prefix + "floor:{" + id + "}"}
}

// Get gives the listing, or nil where there is none.
func (l *Listings) Get(ctx context.Context, id string, load Load) (*listing.Listing, error) {
	keys := l.keys(id)
	text, err := l.client.Get(ctx, keys[0]).Bytes()
	isAway := err != nil && !errors.Is(err, redis.Nil)
	if err == nil {
		var found *listing.Listing
		if json.Unmarshal(text, &found) == nil {
			l.count(Hit)
			return found, nil
		}
	}
	if isAway {
		l.count(Error)
	} else {
		l.count(Miss)
	}
	loaded := l.flight.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), computeTimeout)
		defer cancel()
		found, err := load(ctx)
		if err == nil && !isAway {
			l.store(ctx, keys, found)
		}
		return found, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case done := <-loaded:
		if done.Err != nil {
			return nil, done.Err
		}
		return done.Val.(*listing.Listing), nil
	}
}

func (l *Listings) store(ctx context.Context, keys []string, found *listing.Listing) {
	version, lifetime := int64(0), absentLifetime
	if found != nil {
		version, lifetime = found.Version, listingLifetime
	}
	if text, err := json.Marshal(found); err == nil {
		storeListing.Run(ctx, l.client, keys, version, text, lifetime.Milliseconds())
	}
}

// Invalidate drops what is kept of changed listings. It is called after the index has the new versions, so whoever
// looks from then on finds them; who looked before may not store what it found.
func (l *Listings) Invalidate(ctx context.Context, changed []listing.Listing) error {
	pipeline := l.client.Pipeline()
	for _, one := range changed {
		keys := l.keys(one.ID)
		pipeline.Set(ctx, keys[1], one.Version, floorLifetime)
		pipeline.Del(ctx, keys[0])
	}
	_, err := pipeline.Exec(ctx)
	return err
}
