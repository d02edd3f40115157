package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"llm-marketplace/discovery/internal/cache"
	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/search"
)

// How long answers are given again. A change is in search results this long after it at the latest.
const (
	searchLifetime   = 30 * time.Second
	completeLifetime = time.Minute
	trendLifetime    = time.Minute
	popularListings  = 100
)

func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.caller(r); err != nil {
		return err
	}
	criteria, problems := search.ParseSearch(r.URL.RawQuery)
	if len(problems) > 0 {
		return invalid(problems)
	}
	s.Metrics.Searches.WithLabelValues("search").Inc()
	return s.cached(w, r, "search:"+criteria.Key(), searchLifetime, func(ctx context.Context) (any, error) {
		return s.page(ctx, criteria)
	})
}

func (s *Server) page(ctx context.Context, criteria search.Criteria) (search.Page, error) {
	var popular []string
	if criteria.Sort == search.SortTrending {
		popular = s.popular(ctx)
	}
	return s.Finder.Search(ctx, criteria, popular)
}

// popular is empty where Redis is away: the order is then by newest, which is the second key.
func (s *Server) popular(ctx context.Context) []string {
	text, err := s.Cache.Fetch(ctx, "popular", func(ctx context.Context) ([]byte, time.Duration, error) {
		top, err := s.Trends.Top(ctx, popularListings)
		if err != nil {
			return []byte("[]"), 0, nil
		}
		text, err := json.Marshal(top)
		return text, trendLifetime, err
	})
	var popular []string
	if err != nil || json.Unmarshal(text, &popular) != nil {
		return nil
	}
	return popular
}

func (s *Server) autocomplete(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.caller(r); err != nil {
		return err
	}
	brief, problems := search.ParseAutocomplete(r.URL.RawQuery)
	if len(problems) > 0 {
		return invalid(problems)
	}
	s.Metrics.Searches.WithLabelValues("autocomplete").Inc()
	return s.cached(w, r, "complete:"+key(brief, ""), completeLifetime, func(ctx context.Context) (any, error) {
		return itemsOf(s.Finder.Complete(ctx, brief))
	})
}

func (s *Server) trending(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.caller(r); err != nil {
		return err
	}
	brief, problems := search.ParseBrief(r.URL.RawQuery)
	if len(problems) > 0 {
		return invalid(problems)
	}
	s.Metrics.Searches.WithLabelValues("trending").Inc()
	criteria := search.Criteria{Kinds: brief.Kinds, Limit: brief.Limit, Sort: search.SortTrending, WithoutDeprecated: true}
	return s.cached(w, r, "trending:"+criteria.Key(), trendLifetime, func(ctx context.Context) (any, error) {
		page, err := s.page(ctx, criteria)
		return itemsOf(page.Items, err)
	})
}

func (s *Server) detail(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.caller(r); err != nil {
		return err
	}
	if problems := search.ParseNone(r.URL.RawQuery); len(problems) > 0 {
		return invalid(problems)
	}
	found, err := s.listing(r)
	if err != nil {
		return err
	}
	s.Trends.Count(found.ID, cache.ViewWeight)
	return writeJSON(w, http.StatusOK, found.Detail())
}

func (s *Server) similar(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.caller(r); err != nil {
		return err
	}
	brief, problems := search.ParseBrief(r.URL.RawQuery)
	if len(problems) > 0 {
		return invalid(problems)
	}
	found, err := s.listing(r)
	if err != nil {
		return err
	}
	s.Metrics.Searches.WithLabelValues("similar").Inc()
	return s.cached(w, r, "similar:"+key(brief, found.ID), searchLifetime, func(ctx context.Context) (any, error) {
		return itemsOf(s.Finder.Similar(ctx, *found, brief))
	})
}

// listing reads the one that the path names, from the cache or the index.
func (s *Server) listing(r *http.Request) (*listing.Listing, error) {
	id := strings.ToLower(r.PathValue("id"))
	if !search.IsID(id) {
		return nil, invalid([]search.FieldError{{Path: "/path/id", Message: "must be a UUID"}})
	}
	found, err := s.Listings.Get(r.Context(), id, func(ctx context.Context) (*listing.Listing, error) {
		return absentIsNil(s.Finder.Get(ctx, id))
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, notFound("there is no published listing with this id")
	}
	return found, nil
}

func (s *Server) cached(w http.ResponseWriter, r *http.Request, key string, lifetime time.Duration, find func(context.Context) (any, error)) error {
	text, err := s.Cache.Fetch(r.Context(), key, func(ctx context.Context) ([]byte, time.Duration, error) {
		found, err := find(ctx)
		if err != nil {
			return nil, 0, err
		}
		text, err := json.Marshal(found)
		return text, lifetime, err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	// A caller that has gone is no failure of ours.
	_, _ = w.Write(text)
	return nil
}

type items[T any] struct {
	Items []T `json:"items"`
}

func itemsOf[T any](found []T, err error) (items[T], error) { return items[T]{found}, err }

func key(brief search.Brief, id string) string {
	return search.Criteria{Text: brief.Text, Kinds: brief.Kinds, Limit: brief.Limit, OrgID: id}.Key()
}
