package elastic

import (
	"math"

	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/search"
)

// object is a node of the query language. Queries are built of them and of values only, never of text that a caller
// wrote: there is no query_string here, so nothing of a caller's input is read as syntax.
type object = map[string]any

const (
	facetSize = 20
	// In words: of up to two words all must match, of more three quarters.
	minimumShouldMatch = "2<75%"
)

var textFields = []string{"name^4", "summary^2", "description"}

func term(field string, value any) object   { return object{"term": object{field: value}} }
func terms(field string, values any) object { return object{"terms": object{field: values}} }
func boolean(clauses object) object         { return object{"bool": clauses} }
func constant(filter object, b float64) object {
	return object{"constant_score": object{"filter": filter, "boost": b}}
}

// searchBody writes a search. Popular are the trending listings, most popular first; only the order by trend uses them.
func searchBody(c search.Criteria, popular []string) object {
	filters := fixedFilters(c)
	facets := facetFilters(c)
	query := object{}
	request := object{
		"size": c.Limit, "track_total_hits": search.MaxDepth, "sort": sortOf(c),
		"_source": object{"includes": []string{"listing"}, "excludes": []string{"listing.description"}},
	}
	if c.Text != "" {
		if c.Sort == search.SortTrending {
			filters = append(filters, textQuery(c.Text))
		} else {
			query["must"] = textQuery(c.Text)
			query["should"] = object{"match_phrase_prefix": object{"name": object{"query": c.Text, "boost": 2}}}
		}
	}
	if c.Sort == search.SortTrending {
		query["should"] = popularity(popular)
	}
	if c.Facets {
		// Facets count without their own filter, so these filters come after the counting.
		request["post_filter"] = boolean(object{"filter": values(facets)})
		request["aggs"] = aggregations(facets)
	} else {
		filters = append(filters, values(facets)...)
	}
	query["filter"] = filters
	request["query"] = boolean(query)
	if c.After != nil {
		request["search_after"] = c.After.Keys
	}
	return request
}

func textQuery(text string) object {
	return object{"multi_match": object{
		"query": text, "fields": textFields, "type": "best_fields", "minimum_should_match": minimumShouldMatch,
		"fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 20,
	}}
}

func fixedFilters(c search.Criteria) []any {
	filters := []any{term("findable", true)}
	if c.WithoutDeprecated {
		filters = append(filters, term("deprecated", false))
	}
	if c.OrgID != "" {
		filters = append(filters, term("orgId", c.OrgID))
	}
	if c.MinPrice != nil || c.MaxPrice != nil {
		bounds := object{}
		if c.MinPrice != nil {
			bounds["gte"] = *c.MinPrice
		}
		if c.MaxPrice != nil {
			bounds["lte"] = *c.MaxPrice
		}
		filters = append(filters, object{"range": object{"price": bounds}})
	}
	return filters
}

var facetFields = []string{"kind", "categories", "tags", "licence"}

type fieldFilter struct {
	field  string
	filter object
}

// facetFilters are the filters on properties that facets count. Several tags narrow, several of the others widen.
func facetFilters(c search.Criteria) []fieldFilter {
	filters := []fieldFilter{}
	for _, one := range []struct {
		field  string
		values []string
	}{{"kind", c.Kinds}, {"categories", c.Categories}, {"licence", c.Licences}} {
		if len(one.values) > 0 {
			filters = append(filters, fieldFilter{one.field, terms(one.field, one.values)})
		}
	}
	for _, tag := range c.Tags {
		filters = append(filters, fieldFilter{"tags", term("tags", tag)})
	}
	return filters
}

func values(filters []fieldFilter) []any {
	all := make([]any, len(filters))
	for index, one := range filters {
		all[index] = one.filter
	}
	return all
}

func aggregations(filters []fieldFilter) object {
	all := object{}
	for _, field := range facetFields {
		others := []any{}
		for _, one := range filters {
			// Tags narrow each other, so their own filter belongs to their count.
			if one.field != field || field == "tags" {
				others = append(others, one.filter)
			}
		}
		all[field] = object{
			"filter": boolean(object{"filter": others}),
			"aggs":   object{"values": object{"terms": object{"field": field, "size": facetSize}}},
		}
	}
	return all
}

// popularity scores by place in the list, so that pages of one list fit together.
func popularity(popular []string) []any {
	clauses := make([]any, len(popular))
	for index, id := range popular {
		clauses[index] = constant(term("id", id), float64(len(popular)-index))
	}
	return clauses
}

func sortOf(c search.Criteria) []any {
	names := map[search.KeyKind]object{
		search.KeyScore: {"_score": "desc"}, search.KeyTime: {"since": "desc"}, search.KeyPrice: {"price": "asc"},
		search.KeyName: {"nameOrder": "asc"}, search.KeyID: {"id": "asc"},
	}
	if c.Sort == search.SortPriceDesc {
		names[search.KeyPrice] = object{"price": "desc"}
	}
	keys := []any{}
	for _, kind := range c.Order() {
		keys = append(keys, names[kind])
	}
	return keys
}

// completionBody finds names of which the words begin as typed.
func completionBody(brief search.Brief) object {
	filters := []any{term("findable", true), term("deprecated", false)}
	if len(brief.Kinds) > 0 {
		filters = append(filters, terms("kind", brief.Kinds))
	}
	return object{
		"size": brief.Limit, "track_total_hits": false, "sort": []any{object{"_score": "desc"}, object{"nameOrder": "asc"}, object{"id": "asc"}},
		"_source": []string{"listing.id", "listing.name", "listing.slug", "listing.kind"},
		"query": boolean(object{
			"must":   object{"match_bool_prefix": object{"name": object{"query": brief.Text, "operator": "and"}}},
			"filter": filters,
		}),
	}
}

// similarBody finds listings that share words, tags and categories with one.
func similarBody(l listing.Listing, brief search.Brief) object {
	filters := []any{term("findable", true), term("deprecated", false)}
	kinds := brief.Kinds
	if len(kinds) == 0 {
		kinds = []string{l.Kind}
	}
	filters = append(filters, terms("kind", kinds))
	should := []any{object{"more_like_this": object{
		"fields": []string{"name", "summary", "description"},
		"like":   listing.Fold(l.Name + "\n" + l.Summary + "\n" + l.Description),
		// Small catalogues have rare words only.
		"min_term_freq": 1, "min_doc_freq": 1, "max_query_terms": 25, "minimum_should_match": "20%",
	}}}
	for _, tag := range l.Tags {
		should = append(should, constant(term("tags", tag), math.Sqrt2))
	}
	for _, category := range l.Categories {
		should = append(should, constant(term("categories", category), 1))
	}
	return object{
		"size": brief.Limit, "track_total_hits": false,
		"sort":    []any{object{"_score": "desc"}, object{"since": "desc"}, object{"id": "asc"}},
		"_source": object{"includes": []string{"listing"}, "excludes": []string{"listing.description"}},
		"query": boolean(object{
			"should": should, "minimum_should_match": 1, "filter": filters, "must_not": []any{term("id", l.ID)},
		}),
	}
}
