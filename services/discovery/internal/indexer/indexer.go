// Package indexer brings listings from the topic into the index, and rebuilds the index from the topic.
package indexer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"llm-marketplace/discovery/internal/elastic"
	"llm-marketplace/discovery/internal/kafka"
	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/telemetry"
)

const (
	firstPause = 200 * time.Millisecond
	mostPause  = 10 * time.Second
)

// Invalidate drops what caches keep of changed listings.
type Invalidate func(ctx context.Context, changed []listing.Listing) error

// Indexer follows the topic into the live index.
type Indexer struct {
	Source     *kafka.Source
	Index      *elastic.Client
	Invalidate Invalidate
	Metrics    *telemetry.Metrics
	Log        *slog.Logger
}

// Run makes the index where there is none, and follows the topic until ctx ends.
func (i *Indexer) Run(ctx context.Context) error {
	if err := i.untilDone(ctx, "the index could not be made ready", i.prepare); err != nil {
		return nil
	}
	return i.Source.Follow(ctx, i.Log, i.handle)
}

// prepare makes sure that there is an index with everything in it that the topic holds. The consumer group may be past
// the beginning while the index is new or lost, so a new index gets the whole topic once, from whoever sees that it
// lacks it: twice does no harm.
func (i *Indexer) prepare(ctx context.Context) error {
	state, err := i.Index.Ensure(ctx)
	if err != nil {
		return err
	}
	if !state.IsCurrent {
		i.Log.WarnContext(ctx, "the index has another mapping than this version: run a rebuild", "index", state.Index)
	}
	if state.IsComplete {
		return nil
	}
	replay, err := i.Source.StartReplay(ctx)
	if err != nil {
		return err
	}
	defer replay.Close()
	count, err := replay.CatchUp(ctx, func(ctx context.Context, records []kafka.Record) error {
		_, err := i.Index.Write(ctx, elastic.Target{Index: i.Index.Alias}, newest(decode(records, nil)))
		return err
	})
	if err != nil {
		return err
	}
	i.Log.InfoContext(ctx, "the new index has been filled from the topic", "index", state.Index, "events", count)
	return i.Index.MarkComplete(ctx, state.Index)
}

// handle indexes a batch, trying again until it is done or ctx ends: an event is never skipped because Elasticsearch
// is away. Events that break the contract would stop the partition for ever, so they are counted, logged and skipped.
func (i *Indexer) handle(ctx context.Context, records []kafka.Record) error {
	events := decode(records, func(record kafka.Record, err error) {
		i.Metrics.EventsIndexed.WithLabelValues("invalid").Inc()
		i.Log.WarnContext(record.Context, "an event was skipped", "error", err.Error(), "partition", record.Partition, "offset", record.Offset)
	})
	listings := newest(events)
	var outcomes []elastic.Outcome
	err := i.untilDone(ctx, "listings could not be indexed", func(ctx context.Context) error {
		var err error
		outcomes, err = i.Index.Write(ctx, i.Index.Live(), listings)
		if elastic.IsMissing(err) {
			return errors.Join(err, i.prepare(ctx))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := i.Invalidate(ctx, listings); err != nil {
		i.Log.WarnContext(ctx, "the cache was not told of changes; it forgets by itself in half a minute", "error", err.Error())
	}
	i.count(ctx, events, listings, outcomes)
	return nil
}

func (i *Indexer) count(ctx context.Context, events []listing.Event, listings []listing.Listing, outcomes []elastic.Outcome) {
	indexed := map[string]int64{}
	for index, outcome := range outcomes {
		switch {
		case outcome.Err != nil:
			i.Log.ErrorContext(ctx, "the index refused a listing", "listing", listings[index].ID, "error", outcome.Err.Error())
			i.Metrics.EventsIndexed.WithLabelValues("invalid").Inc()
			indexed[listings[index].ID] = -1
		case !outcome.Stale:
			indexed[listings[index].ID] = listings[index].Version
		}
	}
	now := time.Now()
	for _, event := range events {
		switch version := indexed[event.Listing.ID]; version {
		case -1:
		case event.Listing.Version:
			i.Metrics.EventsIndexed.WithLabelValues("indexed").Inc()
			i.Metrics.IndexDelay.Observe(max(0, now.Sub(event.OccurredAt).Seconds()))
		default:
			i.Metrics.EventsIndexed.WithLabelValues("stale").Inc()
		}
	}
}

// untilDone repeats with growing pauses; its error is that ctx has ended.
func (i *Indexer) untilDone(ctx context.Context, failure string, attempt func(context.Context) error) error {
	pause := firstPause
	for {
		err := attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		i.Log.WarnContext(ctx, failure+"; trying again", "error", err.Error(), "pause_ms", pause.Milliseconds())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, mostPause)
	}
}

func decode(records []kafka.Record, invalid func(kafka.Record, error)) []listing.Event {
	events := make([]listing.Event, 0, len(records))
	for _, record := range records {
		event, err := listing.DecodeEvent(record.Key, record.Value)
		if err != nil {
			if invalid != nil {
				invalid(record, err)
			}
			continue
		}
		events = append(events, event)
	}
	return events
}

// newest keeps one listing an id, so that a batch holds each document once.
func newest(events []listing.Event) []listing.Listing {
	places := map[string]int{}
	listings := make([]listing.Listing, 0, len(events))
	for _, event := range events {
		place, known := places[event.Listing.ID]
		switch {
		case !known:
			places[event.Listing.ID] = len(listings)
			listings = append(listings, event.Listing)
		case event.Listing.Version > listings[place].Version:
			listings[place] = event.Listing
		}
	}
	return listings
}
