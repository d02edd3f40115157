package kafka

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	batchSize     = 500
	commitTimeout = 5 * time.Second
	// pause after a failure to read, so that a broken broker is not asked without rest.
	pause = time.Second
)

// Record is one record of the topic, with the trace that came with it.
type Record struct {
	Context   context.Context
	Key       []byte
	Value     []byte
	Partition int32
	Offset    int64
}

// Handle takes a batch. It returns an error only where ctx has ended: until then it tries again by itself, because
// what it returns from without an error is committed.
type Handle func(ctx context.Context, records []Record) error

// Follow reads the topic as a member of the consumer group until ctx ends, and commits each batch after it has been
// handled. When partitions move in the middle of a batch, another member reads it again; versions make that harmless.
func (s *Source) Follow(ctx context.Context, log *slog.Logger, handle Handle) error {
	client, err := s.client(
		kgo.ConsumerGroup(s.settings.Group),
		kgo.ConsumeTopics(s.settings.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	// Leaves the group, so that others take the partitions at once.
	defer client.Close()
	for {
		fetches := client.PollRecords(ctx, batchSize)
		if ctx.Err() != nil {
			return nil
		}
		reportErrors(ctx, log, fetches)
		records := fetches.Records()
		if len(records) == 0 {
			continue
		}
		if err := s.handle(ctx, records, handle); err != nil {
			return nil
		}
		// The shutdown waits for the commit of what has been handled.
		committing, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
		if err := client.CommitRecords(committing, records...); err != nil {
			log.WarnContext(ctx, "offsets were not committed; the records will be read again", "error", err.Error())
		}
		cancel()
	}
}

func (s *Source) handle(ctx context.Context, records []*kgo.Record, handle Handle) error {
	batch := make([]Record, len(records))
	for index, record := range records {
		recordContext, span := s.tracer.WithProcessSpan(record)
		defer span.End()
		batch[index] = Record{Context: recordContext, Key: record.Key, Value: record.Value, Partition: record.Partition, Offset: record.Offset}
	}
	return handle(ctx, batch)
}

func reportErrors(ctx context.Context, log *slog.Logger, fetches kgo.Fetches) {
	isBroken := false
	fetches.EachError(func(topic string, partition int32, err error) {
		if errors.Is(err, context.Canceled) {
			return
		}
		isBroken = true
		log.WarnContext(ctx, "the topic could not be read", "topic", topic, "partition", partition, "error", err.Error())
	})
	if isBroken && fetches.NumRecords() == 0 {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}
