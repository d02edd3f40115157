package elastic

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Live index as Elasticsearch describes it.
type indexInfo struct {
	Aliases  map[string]any `json:"aliases"`
	Mappings struct {
		Meta struct {
			MappingVersion int  `json:"mappingVersion"`
			IsComplete     bool `json:"isComplete"`
		} `json:"_meta"`
	} `json:"mappings"`
}

// State says what stands behind the alias.
type State struct {
	Index string
	// IsComplete is false from the making of the first index until the topic has been read into it once.
	IsComplete bool
	// IsCurrent is false where the index was made by another version of the mapping.
	IsCurrent bool
}

// State fails with an error for which IsMissing is true where there is no index.
func (c *Client) State(ctx context.Context) (State, error) {
	var answer map[string]indexInfo
	call := esapi.IndicesGetRequest{Index: []string{c.Alias}}
	if err := c.do(ctx, "look at the index", call, &answer); err != nil {
		return State{}, err
	}
	for name, info := range answer {
		if _, ok := info.Aliases[c.Alias]; !ok {
			return State{}, fmt.Errorf("%s is an index and not an alias: delete it, and start again", name)
		}
		meta := info.Mappings.Meta
		return State{Index: name, IsComplete: meta.IsComplete, IsCurrent: meta.MappingVersion == mappingVersion}, nil
	}
	return State{}, fmt.Errorf("look at the index: %w: %w", ErrUnavailable, errNoIndex)
}

// Ensure makes the first index with its alias if there is none. Every replica may call it at once: the name is always
// the same, so only one succeeds and the others find it made.
func (c *Client) Ensure(ctx context.Context) (State, error) {
	state, err := c.State(ctx)
	if !IsMissing(err) {
		return state, err
	}
	aliases := map[string]any{c.Alias: map[string]any{"is_write_index": true}}
	call := esapi.IndicesCreateRequest{Index: c.Alias + "-initial", Body: body(indexDefinition(aliases, false))}
	if err := c.do(ctx, "make the first index", call, nil); err != nil && !errors.Is(err, ErrConflict) {
		return State{}, err
	}
	return c.State(ctx)
}

// MarkComplete notes in the index that the topic has been read into it.
func (c *Client) MarkComplete(ctx context.Context, index string) error {
	meta := map[string]any{"_meta": map[string]any{"mappingVersion": mappingVersion, "isComplete": true}}
	return c.do(ctx, "mark the index complete", esapi.IndicesPutMappingRequest{Index: []string{index}, Body: body(meta)}, nil)
}

// CreateEmpty makes an index that the alias does not yet name.
func (c *Client) CreateEmpty(ctx context.Context, now time.Time) (string, error) {
	random := make([]byte, 3)
	// Since Go 1.24 it cannot fail.
	_, _ = rand.Read(random)
	name := fmt.Sprintf("%s-%s-%s", c.Alias, now.UTC().Format("20060102t150405"), hex.EncodeToString(random))
	call := esapi.IndicesCreateRequest{Index: name, Body: body(indexDefinition(map[string]any{}, true))}
	return name, c.do(ctx, "make an index", call, nil)
}

// Refresh makes all that was written to an index searchable.
func (c *Client) Refresh(ctx context.Context, index string) error {
	return c.do(ctx, "refresh the index", esapi.IndicesRefreshRequest{Index: []string{index}}, nil)
}

// Swap lets the alias name next instead of whatever it names, in one step that no request sees half done.
func (c *Client) Swap(ctx context.Context, next string) (previous string, err error) {
	state, err := c.State(ctx)
	if err != nil && !IsMissing(err) {
		return "", err
	}
	actions := []any{map[string]any{"add": map[string]any{"index": next, "alias": c.Alias, "is_write_index": true}}}
	if state.Index != "" {
		actions = append(actions, map[string]any{"remove": map[string]any{"index": state.Index, "alias": c.Alias}})
	}
	call := esapi.IndicesUpdateAliasesRequest{Body: body(map[string]any{"actions": actions})}
	return state.Index, c.do(ctx, "swap the alias", call, nil)
}

// Drop deletes an index; one that is not there is fine.
func (c *Client) Drop(ctx context.Context, index string) error {
	err := c.do(ctx, "delete an index", esapi.IndicesDeleteRequest{Index: []string{index}}, nil)
	if errors.Is(err, ErrNotFound) || IsMissing(err) {
		return nil
	}
	return err
}

// Abandoned lists indices of this prefix that rebuilds made and the alias does not name: leftovers of a rebuild whose
// process died. Only the holder of the rebuilds' lock may drop them.
func (c *Client) Abandoned(ctx context.Context) ([]string, error) {
	var answer map[string]indexInfo
	call := esapi.IndicesGetRequest{Index: []string{c.Alias + "-*"}, AllowNoIndices: pointer(true)}
	if err := c.do(ctx, "list indices", call, &answer); err != nil {
		if IsMissing(err) {
			return nil, nil
		}
		return nil, err
	}
	names := []string{}
	for name, info := range answer {
		if _, isLive := info.Aliases[c.Alias]; !isLive && isRebuilt(strings.TrimPrefix(name, c.Alias+"-")) {
			names = append(names, name)
		}
	}
	return names, nil
}

// isRebuilt recognises `20061228t150405-a1b2c3`; another service's prefix may begin with ours.
func isRebuilt(suffix string) bool {
	stamp, random, ok := strings.Cut(suffix, "-")
	if _, err := time.Parse("20060102t150405", stamp); !ok || err != nil {
		return false
	}
	_, err := hex.DecodeString(random)
	return err == nil && len(random) == 6
}
