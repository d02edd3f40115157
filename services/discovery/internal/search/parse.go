package search

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"llm-marketplace/discovery/internal/listing"
)

// FieldError is one thing wrong with a request; Path is `/query/limit`.
type FieldError struct {
	Path    string `json:"path"`
	Message string `json:"message"`
}

var tagPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Parameters that a search takes.
var searchParameters = []string{
	"q", "kind", "category", "tag", "licence", "orgId", "minPriceUsdMicros", "maxPriceUsdMicros", "deprecated", "sort", "facets",
	"limit", "cursor",
}

// ParseSearch reads the query string of a search.
func ParseSearch(raw string) (Criteria, []FieldError) {
	p, ok := newParser(raw, searchParameters)
	if !ok {
		return Criteria{}, p.problems
	}
	c := Criteria{
		Text:              p.words("q"),
		Kinds:             p.enumeration("kind", listing.Kinds),
		Categories:        p.enumeration("category", listing.Categories),
		Tags:              p.several("tag", "a tag: a-z, 0-9 and single hyphens, up to 40", isTag),
		Licences:          p.several("licence", "a licence of 1 to 64 characters", isLicence),
		OrgID:             p.id("orgId"),
		MinPrice:          p.price("minPriceUsdMicros"),
		MaxPrice:          p.price("maxPriceUsdMicros"),
		WithoutDeprecated: !p.boolean("deprecated", true),
		Sort:              Sort(p.choice("sort", string(SortRelevance), Sorts)),
		Facets:            p.boolean("facets", false),
		Limit:             p.limit(MaxLimit),
	}
	if c.MinPrice != nil && c.MaxPrice != nil && *c.MinPrice > *c.MaxPrice {
		p.fail("minPriceUsdMicros", "must not be above maxPriceUsdMicros")
	}
	if text, given := p.single("cursor"); given && len(p.problems) == 0 {
		position, err := DecodeCursor(c, text)
		if err != nil {
			p.fail("cursor", err.Error())
		}
		c.After = position
	}
	return c, p.problems
}

// Brief is what autocomplete, similar and trending take.
type Brief struct {
	Text  string
	Kinds []string
	Limit int
}

// ParseAutocomplete reads the query string of a completion; q must be there.
func ParseAutocomplete(raw string) (Brief, []FieldError) {
	p, ok := newParser(raw, []string{"q", "kind", "limit"})
	if !ok {
		return Brief{}, p.problems
	}
	brief := Brief{Text: p.words("q"), Kinds: p.enumeration("kind", listing.Kinds), Limit: p.limit(MaxAutocomplete)}
	if brief.Text == "" && len(p.problems) == 0 {
		p.fail("q", "is required: the letters typed so far")
	}
	return brief, p.problems
}

// ParseBrief reads the query string of a list that has no words: trending and similar listings.
func ParseBrief(raw string) (Brief, []FieldError) {
	p, ok := newParser(raw, []string{"kind", "limit"})
	if !ok {
		return Brief{}, p.problems
	}
	return Brief{Kinds: p.enumeration("kind", listing.Kinds), Limit: p.limit(MaxLimit)}, p.problems
}

// ParseNone refuses every parameter.
func ParseNone(raw string) []FieldError {
	p, _ := newParser(raw, nil)
	return p.problems
}

type parser struct {
	values   url.Values
	problems []FieldError
}

func newParser(raw string, known []string) (*parser, bool) {
	p := &parser{}
	values, err := url.ParseQuery(raw)
	if err != nil {
		p.problems = []FieldError{{Path: "/query", Message: "is not a query string: " + err.Error()}}
		return p, false
	}
	p.values = values
	for name, all := range values {
		if !slices.Contains(known, name) {
			p.problems = append(p.problems, FieldError{Path: "/query/" + clean(name), Message: "is no parameter of this route; known: " + strings.Join(known, ", ")})
			continue
		}
		for _, value := range all {
			if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
				p.fail(name, "must be UTF-8 without control characters")
				break
			}
		}
	}
	slices.SortFunc(p.problems, func(a, b FieldError) int { return strings.Compare(a.Path, b.Path) })
	return p, len(p.problems) == 0
}

// clean makes a foreign parameter's name fit to be shown.
func clean(name string) string {
	name = strings.ToValidUTF8(name, "?")
	if runes := []rune(name); len(runes) > MaxFilterLength {
		name = string(runes[:MaxFilterLength])
	}
	return name
}

func (p *parser) fail(name, message string) {
	p.problems = append(p.problems, FieldError{Path: "/query/" + name, Message: message})
}

func (p *parser) single(name string) (string, bool) {
	values := p.values[name]
	if len(values) == 0 {
		return "", false
	}
	if len(values) > 1 {
		p.fail(name, "must be given once")
		return "", false
	}
	return values[0], true
}

// words folds and trims what is searched for, so that equal searches share one cache entry.
func (p *parser) words(name string) string {
	value, _ := p.single(name)
	if utf8.RuneCountInString(value) > MaxQueryLength {
		p.fail(name, fmt.Sprintf("must have at most %d characters", MaxQueryLength))
		return ""
	}
	return strings.Join(strings.Fields(listing.Fold(value)), " ")
}

func (p *parser) several(name, allowed string, valid func(string) bool) []string {
	values := slices.Clone(p.values[name])
	if len(values) > MaxFilterValues {
		p.fail(name, fmt.Sprintf("may be given up to %d times", MaxFilterValues))
		return nil
	}
	for _, value := range values {
		if !valid(value) {
			p.fail(name, "must be "+allowed)
			return nil
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

func (p *parser) enumeration(name string, allowed []string) []string {
	return p.several(name, "one of "+strings.Join(allowed, ", "), func(value string) bool { return slices.Contains(allowed, value) })
}

func isTag(value string) bool { return len(value) <= 40 && tagPattern.MatchString(value) }

func isLicence(value string) bool {
	length := utf8.RuneCountInString(value)
	return length >= 1 && length <= MaxFilterLength
}

// IsID tells whether text is a UUID as the contract writes them.
func IsID(text string) bool { return len(text) == 36 && uuid.Validate(text) == nil }

func (p *parser) id(name string) string {
	value, given := p.single(name)
	if given && !IsID(value) {
		p.fail(name, "must be a UUID")
	}
	return strings.ToLower(value)
}

func (p *parser) price(name string) *int64 {
	value, given := p.single(name)
	if !given {
		return nil
	}
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil || number < 0 || number > MaxPriceUsdMicros {
		p.fail(name, fmt.Sprintf("must be a whole number from 0 to %d", MaxPriceUsdMicros))
		return nil
	}
	return &number
}

func (p *parser) limit(most int) int {
	value, given := p.single("limit")
	if !given {
		return min(DefaultLimit, most)
	}
	number, err := strconv.Atoi(value)
	if err != nil || number < 1 || number > most {
		p.fail("limit", fmt.Sprintf("must be a whole number from 1 to %d", most))
		return most
	}
	return number
}

func (p *parser) boolean(name string, fallback bool) bool {
	return p.choice(name, strconv.FormatBool(fallback), []string{"true", "false"}) == "true"
}

func (p *parser) choice(name, fallback string, allowed []string) string {
	value, given := p.single(name)
	if !given {
		return fallback
	}
	if !slices.Contains(allowed, value) {
		p.fail(name, "must be one of "+strings.Join(allowed, ", "))
		return fallback
	}
	return value
}
