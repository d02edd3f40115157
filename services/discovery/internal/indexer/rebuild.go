package indexer

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"llm-marketplace/discovery/internal/elastic"
	"llm-marketplace/discovery/internal/kafka"
)

const (
	heartbeat = 5 * time.Second
	// lockStale is when a rebuild whose process died may be taken over.
	lockStale = time.Minute
	// Grace is how long the old index stays after the swap: longer than any request that began before it.
	Grace = 10 * time.Second
)

// Rebuilder makes a new index from the topic and puts it in the place of the old one while searches and changes go on.
//
//  1. A new index is filled from the topic's beginning by a consumer of its own, up to the end.
//  2. The alias is swapped, in one step.
//  3. The same consumer goes on to the end as it is after the swap: changes that the group wrote into the old index up
//     to the swap are before that end, later ones go through the alias into the new index. Versions order the two.
//  4. The old index goes after a grace time in which requests that began before the swap finish.
type Rebuilder struct {
	Source *kafka.Source
	Index  *elastic.Client
	Log    *slog.Logger
	Grace  time.Duration
}

// Begin takes the lock; elastic.ErrRebuilding where another rebuild is at work.
func (r *Rebuilder) Begin(ctx context.Context) (elastic.Rebuild, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return elastic.Rebuild{}, fmt.Errorf("make an id: %w", err)
	}
	now := time.Now().UTC()
	rebuild := elastic.Rebuild{ID: id.String(), State: elastic.RebuildRunning, StartedAt: now, UpdatedAt: now}
	if err := r.Index.LockRebuild(ctx, rebuild, lockStale); err != nil {
		return elastic.Rebuild{}, err
	}
	return rebuild, r.Index.SaveRebuild(ctx, rebuild)
}

// Run does the work that Begin announced and records how it ended.
func (r *Rebuilder) Run(ctx context.Context, rebuild elastic.Rebuild) error {
	progress := &progress{rebuilder: r, rebuild: rebuild}
	err := r.run(ctx, progress)
	now := time.Now().UTC()
	progress.rebuild.State, progress.rebuild.FinishedAt, progress.rebuild.UpdatedAt = elastic.RebuildSucceeded, &now, now
	// The end is recorded even where ctx has ended.
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), heartbeat)
	defer cancel()
	if err != nil {
		progress.rebuild.State, progress.rebuild.Error = elastic.RebuildFailed, "see the log of this rebuild"
		r.Log.ErrorContext(ctx, "the rebuild failed; the index is as it was", "rebuild", rebuild.ID, "error", err.Error())
	} else {
		r.Log.InfoContext(ctx, "the index has been rebuilt", "rebuild", rebuild.ID, "index", progress.rebuild.Index, "events", progress.rebuild.Events)
	}
	if saveErr := r.Index.SaveRebuild(recording, progress.rebuild); saveErr != nil {
		r.Log.WarnContext(ctx, "the end of the rebuild was not recorded", "rebuild", rebuild.ID, "error", saveErr.Error())
	}
	return err
}

func (r *Rebuilder) run(ctx context.Context, p *progress) (err error) {
	leftovers, err := r.Index.Abandoned(ctx)
	if err != nil {
		return err
	}
	for _, name := range leftovers {
		if err := r.Index.Drop(ctx, name); err != nil {
			return err
		}
	}
	replay, err := r.Source.StartReplay(ctx)
	if err != nil {
		return err
	}
	defer replay.Close()
	next, err := r.Index.CreateEmpty(ctx, time.Now())
	if err != nil {
		return err
	}
	isLive := false
	defer func() {
		if err != nil && !isLive {
			cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), heartbeat)
			defer cancel()
			err = joinDrop(err, r.Index.Drop(cleaning, next))
		}
	}()
	p.rebuild.Index = next
	if _, err := replay.CatchUp(ctx, p.fill); err != nil {
		return err
	}
	if err := r.Index.Refresh(ctx, next); err != nil {
		return err
	}
	// Nobody may have taken the lock over while this was slow.
	if err := p.save(ctx); err != nil {
		return err
	}
	previous, err := r.Index.Swap(ctx, next)
	if err != nil {
		return err
	}
	isLive = true
	if _, err := replay.CatchUp(ctx, p.fill); err != nil {
		return err
	}
	if err := r.Index.Refresh(ctx, next); err != nil {
		return err
	}
	if previous == "" || previous == next {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(r.Grace):
	}
	return r.Index.Drop(ctx, previous)
}

func joinDrop(err, dropErr error) error {
	if dropErr != nil {
		return fmt.Errorf("%w; and the unfinished index stays: %w", err, dropErr)
	}
	return err
}

// progress renews the lock while it fills the new index.
type progress struct {
	rebuilder *Rebuilder
	rebuild   elastic.Rebuild
}

func (p *progress) fill(ctx context.Context, records []kafka.Record) error {
	listings := newest(decode(records, nil))
	if _, err := p.rebuilder.Index.Write(ctx, elastic.Target{Index: p.rebuild.Index}, listings); err != nil {
		return err
	}
	p.rebuild.Events += int64(len(records))
	if time.Since(p.rebuild.UpdatedAt) >= heartbeat {
		return p.save(ctx)
	}
	return nil
}

func (p *progress) save(ctx context.Context) error {
	p.rebuild.UpdatedAt = time.Now().UTC()
	return p.rebuilder.Index.SaveRebuild(ctx, p.rebuild)
}
