package elastic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Rebuild is what is known of one rebuild of the index; it is kept beside the index, where every replica sees it.
type Rebuild struct {
	ID         string     `json:"id"`
	State      string     `json:"state"`
	Index      string     `json:"index"`
	StartedAt  time.Time  `json:"startedAt"`
	UpdatedAt  time.Time  `json:"updatedAt"`
	FinishedAt *time.Time `json:"finishedAt"`
	Events     int64      `json:"events"`
	Error      string     `json:"error,omitempty"`
}

// States of a rebuild.
const (
	RebuildRunning   = "running"
	RebuildSucceeded = "succeeded"
	RebuildFailed    = "failed"
)

// ErrRebuilding says that another rebuild is at work.
var ErrRebuilding = errors.New("a rebuild is already at work")

// lockID is the one document that tells who rebuilds.
const lockID = "lock"

func (c *Client) control() string { return c.Alias + "-control" }

type versioned struct {
	SeqNo       int     `json:"_seq_no"`
	PrimaryTerm int     `json:"_primary_term"`
	Source      Rebuild `json:"_source"`
}

// LockRebuild takes the lock for a rebuild. A lock whose holder has not renewed it for staleAfter is taken over.
func (c *Client) LockRebuild(ctx context.Context, rebuild Rebuild, staleAfter time.Duration) error {
	create := esapi.IndicesCreateRequest{Index: c.control(), Body: body(object{
		"settings": object{"number_of_shards": 1, "auto_expand_replicas": "0-1"},
		"mappings": object{"dynamic": "strict", "properties": object{"rebuild": object{"type": "object", "enabled": false}}},
	})}
	if err := c.do(ctx, "make the control index", create, nil); err != nil && !errors.Is(err, ErrConflict) {
		return err
	}
	err := c.put(ctx, lockID, rebuild, nil)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	held, err := c.readControl(ctx, lockID)
	if err != nil {
		return err
	}
	if held.Source.State == RebuildRunning && rebuild.UpdatedAt.Sub(held.Source.UpdatedAt) < staleAfter {
		return ErrRebuilding
	}
	err = c.put(ctx, lockID, rebuild, &held)
	if errors.Is(err, ErrConflict) {
		return ErrRebuilding
	}
	return err
}

// SaveRebuild renews the lock and the record of a rebuild. It fails with ErrRebuilding where another one took over.
func (c *Client) SaveRebuild(ctx context.Context, rebuild Rebuild) error {
	held, err := c.readControl(ctx, lockID)
	if err != nil {
		return err
	}
	if held.Source.ID != rebuild.ID {
		return ErrRebuilding
	}
	if err := c.put(ctx, lockID, rebuild, &held); err != nil {
		if errors.Is(err, ErrConflict) {
			return ErrRebuilding
		}
		return err
	}
	call := esapi.IndexRequest{Index: c.control(), DocumentID: rebuild.ID, Body: body(object{"rebuild": rebuild})}
	return c.do(ctx, "record the rebuild", call, nil)
}

// FindRebuild reads the record of a rebuild; ErrNotFound where there is none.
func (c *Client) FindRebuild(ctx context.Context, id string) (Rebuild, error) {
	found, err := c.readControl(ctx, id)
	if IsMissing(err) {
		return Rebuild{}, fmt.Errorf("read the rebuild: %w", ErrNotFound)
	}
	return found.Source, err
}

func (c *Client) readControl(ctx context.Context, id string) (versioned, error) {
	var found struct {
		versioned
		Source struct {
			Rebuild Rebuild `json:"rebuild"`
		} `json:"_source"`
	}
	err := c.do(ctx, "read the rebuild", esapi.GetRequest{Index: c.control(), DocumentID: id}, &found)
	found.versioned.Source = found.Source.Rebuild
	return found.versioned, err
}

// put creates the document, or replaces the one that was read.
func (c *Client) put(ctx context.Context, id string, rebuild Rebuild, replaced *versioned) error {
	call := esapi.IndexRequest{Index: c.control(), DocumentID: id, Body: body(object{"rebuild": rebuild})}
	if replaced == nil {
		call.OpType = "create"
	} else {
		call.IfSeqNo, call.IfPrimaryTerm = &replaced.SeqNo, &replaced.PrimaryTerm
	}
	return c.do(ctx, "lock the rebuild", call, nil)
}
