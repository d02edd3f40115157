package elastic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/search"
)

// searchTimeout is well over the goal of 150 ms and well under what a caller waits.
const searchTimeout = 3 * time.Second

type bucket struct {
	Key   string `json:"key"`
	Count int64  `json:"doc_count"`
}

type answer struct {
	Hits struct {
		Total struct {
			Value    int64  `json:"value"`
			Relation string `json:"relation"`
		} `json:"total"`
		Hits []struct {
			Source struct {
				Listing listing.Listing `json:"listing"`
			} `json:"_source"`
			Sort []any `json:"sort"`
		} `json:"hits"`
	} `json:"hits"`
	Aggregations map[string]struct {
		Values struct {
			Buckets []bucket `json:"buckets"`
		} `json:"values"`
	} `json:"aggregations"`
}

func (c *Client) search(ctx context.Context, what, preference string, request object) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTimeout)
	defer cancel()
	var found answer
	err := c.do(ctx, what, esapi.SearchRequest{
		Index: []string{c.Alias}, Body: body(request), Preference: preference,
		// Half an answer would be cached as a whole one.
		AllowPartialSearchResults: pointer(false),
	}, &found)
	return found, err
}

// Search finds one page. Pages go on from the sort values of the last result and hold nothing open on the server, so
// that cursors survive a rebuild; each search asks the same copy of the index, whose scores are alike on every page.
func (c *Client) Search(ctx context.Context, criteria search.Criteria, popular []string) (search.Page, error) {
	found, err := c.search(ctx, "search", criteria.Fingerprint(), searchBody(criteria, popular))
	if err != nil {
		return search.Page{}, err
	}
	page := search.Page{
		Items: summaries(found),
		Total: search.Total{Value: found.Hits.Total.Value, IsExact: found.Hits.Total.Relation == "eq"},
	}
	if criteria.Facets {
		page.Facets = &search.Facets{
			Kinds: facet(found, "kind"), Categories: facet(found, "categories"), Tags: facet(found, "tags"), Licences: facet(found, "licence"),
		}
	}
	depth := len(page.Items)
	if criteria.After != nil {
		depth += criteria.After.Depth
	}
	hits := found.Hits.Hits
	if len(hits) == criteria.Limit && int64(depth) < page.Total.Value && depth < search.MaxDepth {
		next := search.EncodeCursor(criteria, hits[len(hits)-1].Sort, depth)
		page.NextCursor = &next
	}
	return page, nil
}

func summaries(found answer) []listing.Summary {
	items := make([]listing.Summary, 0, len(found.Hits.Hits))
	for _, hit := range found.Hits.Hits {
		items = append(items, hit.Source.Listing.Public())
	}
	return items
}

func facet(found answer, name string) []search.FacetValue {
	values := []search.FacetValue{}
	for _, one := range found.Aggregations[name].Values.Buckets {
		values = append(values, search.FacetValue{Value: one.Key, Count: one.Count})
	}
	return values
}

// Complete gives names that begin as typed.
func (c *Client) Complete(ctx context.Context, brief search.Brief) ([]search.Suggestion, error) {
	found, err := c.search(ctx, "complete", "", completionBody(brief))
	if err != nil {
		return nil, err
	}
	suggestions := make([]search.Suggestion, 0, len(found.Hits.Hits))
	for _, hit := range found.Hits.Hits {
		l := hit.Source.Listing
		suggestions = append(suggestions, search.Suggestion{ID: l.ID, Name: l.Name, Slug: l.Slug, Kind: l.Kind})
	}
	return suggestions, nil
}

// Similar gives listings that are like one.
func (c *Client) Similar(ctx context.Context, l listing.Listing, brief search.Brief) ([]listing.Summary, error) {
	found, err := c.search(ctx, "find similar listings", "", similarBody(l, brief))
	if err != nil {
		return nil, err
	}
	return summaries(found), nil
}

// Get reads one findable listing as it is now, whether or not searches see it yet; ErrNotFound where there is none.
func (c *Client) Get(ctx context.Context, id string) (listing.Listing, error) {
	ctx, cancel := context.WithTimeout(ctx, searchTimeout)
	defer cancel()
	var found struct {
		Source Document `json:"_source"`
	}
	call := esapi.GetRequest{Index: c.Alias, DocumentID: id, SourceIncludes: []string{"findable", "listing"}, Realtime: pointer(true)}
	if err := c.do(ctx, "read a listing", call, &found); err != nil {
		return listing.Listing{}, err
	}
	if !found.Source.Findable || found.Source.Listing == nil {
		return listing.Listing{}, fmt.Errorf("read a listing: %w", ErrNotFound)
	}
	return *found.Source.Listing, nil
}

// IsNotFound tells whether an error says that there is no such document.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
