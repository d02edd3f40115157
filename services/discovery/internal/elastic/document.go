package elastic

import (
	"encoding/json"
	"fmt"

	"llm-marketplace/discovery/internal/listing"
)

// Document is one listing in the index. What is searched is folded text beside the listing itself, which is kept as
// it came and is not indexed.
//
// A listing that may not be found stays as a tombstone: its version and nothing else. Deleting would make
// Elasticsearch forget the version after a minute (index.gc_deletes), and a late event could bring it back.
type Document struct {
	Findable    bool             `json:"findable"`
	ID          string           `json:"id"`
	Kind        string           `json:"kind,omitempty"`
	Deprecated  bool             `json:"deprecated"`
	OrgID       string           `json:"orgId,omitempty"`
	Tags        []string         `json:"tags,omitempty"`
	Categories  []string         `json:"categories,omitempty"`
	Licence     string           `json:"licence,omitempty"`
	Name        string           `json:"name,omitempty"`
	NameOrder   string           `json:"nameOrder,omitempty"`
	Summary     string           `json:"summary,omitempty"`
	Description string           `json:"description,omitempty"`
	Price       *int64           `json:"price,omitempty"`
	Since       *int64           `json:"since,omitempty"`
	Listing     *listing.Listing `json:"listing,omitempty"`
}

func documentOf(l listing.Listing) Document {
	if !l.Findable() {
		return Document{ID: l.ID}
	}
	name := listing.Fold(l.Name)
	return Document{
		Findable: true, ID: l.ID, Kind: l.Kind, Deprecated: l.Status == listing.StatusDeprecated, OrgID: l.OrgID,
		Tags: l.Tags, Categories: l.Categories, Licence: l.Licence,
		Name: name, NameOrder: name, Summary: listing.Fold(l.Summary), Description: listing.Fold(l.Description),
		Price: pointer(l.Price()), Since: pointer(l.Since().UnixMilli()), Listing: &l,
	}
}

// mappingVersion grows with every change of settings or mapping that an existing index cannot take: the service then
// says in its log that a rebuild is due.
const mappingVersion = 1

// indexDefinition uses built-in analysis only (standard tokenizer, lower-case filter): folding is done before.
func indexDefinition(aliases map[string]any, isComplete bool) map[string]any {
	keyword := map[string]any{"type": "keyword"}
	text := map[string]any{"type": "text"}
	return map[string]any{
		"aliases": aliases,
		"settings": map[string]any{
			"number_of_shards": 1,
			// One copy beside the primary where there are nodes for it.
			"auto_expand_replicas": "0-1",
			"refresh_interval":     "1s",
		},
		"mappings": map[string]any{
			"dynamic": "strict",
			"_meta":   map[string]any{"mappingVersion": mappingVersion, "isComplete": isComplete},
			"properties": map[string]any{
				"findable": map[string]any{"type": "boolean"}, "deprecated": map[string]any{"type": "boolean"},
				"id": keyword, "kind": keyword, "orgId": keyword, "tags": keyword, "categories": keyword, "licence": keyword,
				"name":      map[string]any{"type": "text", "index_prefixes": map[string]any{"min_chars": 1, "max_chars": 12}},
				"nameOrder": keyword, "summary": text, "description": text,
				"price": map[string]any{"type": "long"}, "since": map[string]any{"type": "long"},
				"listing": map[string]any{"type": "object", "enabled": false},
			},
		},
	}
}

func (d Document) lines(index string, version int64, requireAlias bool) ([]byte, error) {
	action, err := json.Marshal(map[string]any{"index": map[string]any{
		"_index": index, "_id": d.ID, "version": version, "version_type": "external", "require_alias": requireAlias,
	}})
	if err != nil {
		return nil, fmt.Errorf("write a bulk action: %w", err)
	}
	source, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write a document: %w", err)
	}
	lines := append(action, '\n')
	return append(append(lines, source...), '\n'), nil
}
