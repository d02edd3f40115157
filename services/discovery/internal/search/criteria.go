// Package search is what a search asks and answers, apart from how it is transported and stored.
package search

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"llm-marketplace/discovery/internal/listing"
)

// Limits of the contract and of this service.
const (
	DefaultLimit      = 20
	MaxLimit          = 100
	MaxAutocomplete   = 20
	MaxQueryLength    = 200
	MaxFilterValues   = 20
	MaxFilterLength   = 64
	MaxDepth          = 10_000
	MaxPriceUsdMicros = 2_000_000_000
)

// Sort is an order of results.
type Sort string

// The orders. Relevance without words to search for is the same as newest.
const (
	SortRelevance Sort = "relevance"
	SortNewest    Sort = "newest"
	SortPriceAsc  Sort = "price"
	SortPriceDesc Sort = "-price"
	SortName      Sort = "name"
	SortTrending  Sort = "trending"
)

// Sorts lists them for messages and tests.
var Sorts = []string{
	string(SortRelevance), string(SortNewest), string(SortPriceAsc), string(SortPriceDesc), string(SortName), string(SortTrending),
}

// Criteria is one search, in canonical form: equal searches have equal criteria, and so one cache entry.
type Criteria struct {
	Text              string   `json:"q,omitempty"`
	Kinds             []string `json:"kind,omitempty"`
	Categories        []string `json:"category,omitempty"`
	Tags              []string `json:"tag,omitempty"`
	Licences          []string `json:"licence,omitempty"`
	OrgID             string   `json:"orgId,omitempty"`
	MinPrice          *int64   `json:"minPrice,omitempty"`
	MaxPrice          *int64   `json:"maxPrice,omitempty"`
	WithoutDeprecated bool     `json:"withoutDeprecated,omitempty"`
	Sort              Sort     `json:"sort"`
	Facets            bool     `json:"facets,omitempty"`
	Limit             int      `json:"limit"`
	// After is the position that a cursor names; nil on the first page.
	After *Position `json:"after,omitempty"`
}

// Position is where a page ended: the values of the sort keys of its last result, and how many came before.
type Position struct {
	// Keys are json.Number or string, as Order says.
	Keys  []any `json:"k"`
	Depth int   `json:"n"`
}

// Fingerprint identifies a search without its page: a cursor of one search is refused by another.
func (c Criteria) Fingerprint() string {
	c.After, c.Facets, c.Limit = nil, false, 0
	return c.Key()[:16]
}

// Key identifies a search with its page: the cache's key.
func (c Criteria) Key() string {
	// Criteria hold strings, numbers and booleans only, which always can be written.
	canonical, _ := json.Marshal(c)
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// FacetValue is one value of a facet with the number of listings that have it.
type FacetValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Facets count the results by each property, each without the filter on that property itself.
type Facets struct {
	Kinds      []FacetValue `json:"kind"`
	Categories []FacetValue `json:"category"`
	Tags       []FacetValue `json:"tag"`
	Licences   []FacetValue `json:"licence"`
}

// Total counts results; beyond MaxDepth it is a lower bound.
type Total struct {
	Value   int64 `json:"value"`
	IsExact bool  `json:"isExact"`
}

// Page is the answer to a search.
type Page struct {
	Items      []listing.Summary `json:"items"`
	NextCursor *string           `json:"nextCursor"`
	Total      Total             `json:"total"`
	Facets     *Facets           `json:"facets,omitempty"`
}

// Suggestion is one completion of what was typed.
type Suggestion struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
	Kind string `json:"kind"`
}
