package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Replay reads the whole topic from its beginning, apart from the consumer group.
type Replay struct {
	source *Source
	client *kgo.Client
	admin  *kadm.Client
	// next is the offset after the last record read, by partition.
	next map[int32]int64
}

// StartReplay begins before the first record of every partition.
func (s *Source) StartReplay(ctx context.Context) (*Replay, error) {
	client, err := s.client(kgo.KeepControlRecords())
	if err != nil {
		return nil, err
	}
	replay := &Replay{source: s, client: client, admin: kadm.NewClient(client), next: map[int32]int64{}}
	starts, err := replay.admin.ListStartOffsets(ctx, s.settings.Topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("ask for the beginning of the topic: %w", err)
	}
	offsets := map[int32]kgo.Offset{}
	starts.Each(func(offset kadm.ListedOffset) {
		replay.next[offset.Partition] = offset.Offset
		offsets[offset.Partition] = kgo.NewOffset().At(offset.Offset)
	})
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{s.settings.Topic: offsets})
	return replay, nil
}

// Close ends it.
func (r *Replay) Close() { r.client.Close() }

// CatchUp hands over all records up to the end of the topic as it is at the call, and returns how many there were.
// Called again it goes on from there.
func (r *Replay) CatchUp(ctx context.Context, handle Handle) (int64, error) {
	ends, err := r.admin.ListEndOffsets(ctx, r.source.settings.Topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("ask for the end of the topic: %w", err)
	}
	for partition := range ends[r.source.settings.Topic] {
		if _, known := r.next[partition]; !known {
			return 0, fmt.Errorf("the topic has grown by partition %d since the replay began: start again", partition)
		}
	}
	count := int64(0)
	for !r.isAt(ends) {
		fetches := r.client.PollRecords(ctx, batchSize)
		if ctx.Err() != nil {
			return count, ctx.Err()
		}
		if err := fetches.Err(); err != nil {
			return count, fmt.Errorf("read the topic: %w", err)
		}
		batch := []Record{}
		fetches.EachRecord(func(record *kgo.Record) {
			// Markers of transactions hold no listing, but they move the position.
			if !record.Attrs.IsControl() {
				batch = append(batch, Record{Context: ctx, Key: record.Key, Value: record.Value, Partition: record.Partition, Offset: record.Offset})
			}
		})
		if len(batch) > 0 {
			if err := handle(ctx, batch); err != nil {
				return count, err
			}
		}
		fetches.EachRecord(func(record *kgo.Record) { r.next[record.Partition] = record.Offset + 1 })
		count += int64(len(batch))
	}
	return count, nil
}

func (r *Replay) isAt(ends kadm.ListedOffsets) bool {
	isAt := true
	ends.Each(func(end kadm.ListedOffset) {
		if r.next[end.Partition] < end.Offset {
			isAt = false
		}
	})
	return isAt
}
