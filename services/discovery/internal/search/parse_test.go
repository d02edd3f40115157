package search

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

const id = "018f2b9e-7c1a-7c3e-9d5b-1f2a3b4c5d6e"

func TestASearchIsReadIntoCanonicalForm(t *testing.T) {
	got, problems := ParseSearch("q=++Caf%C3%A9%20%20CHAT+&tag=b&tag=a&tag=b&minPriceUsdMicros=5&deprecated=false&limit=3&sort=-price")
	least := int64(5)
	want := Criteria{Text: "cafe chat", Tags: []string{"a", "b"}, MinPrice: &least, WithoutDeprecated: true, Sort: SortPriceDesc, Limit: 3}
	if len(problems) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, problems)
	}
	same, _ := ParseSearch("limit=3&sort=-price&deprecated=false&minPriceUsdMicros=5&tag=a&tag=b&q=cafe+chat")
	if same.Key() != got.Key() {
		t.Error("two ways to write one search have two keys")
	}
}

func TestBadParametersAreNamed(t *testing.T) {
	cases := map[string]string{
		"limit=0": "/query/limit", "limit=101": "/query/limit", "limit=99999999999999999999": "/query/limit", "limit=": "/query/limit",
		"limit=1&limit=2": "/query/limit", "sort=score": "/query/sort", "kind=robot": "/query/kind", "category=": "/query/category",
		"tag=UPPER": "/query/tag", "tag=" + strings.Repeat("a", 41): "/query/tag", "licence=": "/query/licence",
		"orgId=x": "/query/orgId", "orgId={018f2b9e-7c1a-7c3e-9d5b-1f2a3b4c5d6e}": "/query/orgId",
		"minPriceUsdMicros=-1": "/query/minPriceUsdMicros", "maxPriceUsdMicros=1e3": "/query/maxPriceUsdMicros",
		"minPriceUsdMicros=2&maxPriceUsdMicros=1": "/query/minPriceUsdMicros",
		"facets=1": "/query/facets", "q=a%00b": "/query/q", "q=%ff": "/query/q", "q=%0a": "/query/q",
		"q=" + strings.Repeat("a", 201): "/query/q", "nope=1": "/query/nope", "q=%zz": "/query", "a;b": "/query", "cursor=": "/query/cursor",
		"cursor=AAAA": "/query/cursor", strings.Repeat("tag=a&", 21): "/query/tag",
	}
	for raw, path := range cases {
		_, problems := ParseSearch(raw)
		if len(problems) == 0 || problems[0].Path != path {
			t.Errorf("%s: got %v, want %s", raw, problems, path)
		}
	}
}

func TestAutocompleteNeedsLetters(t *testing.T) {
	for _, raw := range []string{"", "q=", "q=+"} {
		if _, problems := ParseAutocomplete(raw); len(problems) != 1 || problems[0].Path != "/query/q" {
			t.Errorf("%q: got %v", raw, problems)
		}
	}
}

func TestACursorGoesBackToItsPosition(t *testing.T) {
	for _, sort := range Sorts {
		c := Criteria{Text: "x", Sort: Sort(sort), Limit: 20}
		keys := map[KeyKind]any{
			KeyScore: json.Number("1.5"), KeyTime: json.Number("1700000000000"), KeyPrice: json.Number("20"), KeyName: "a", KeyID: id,
		}
		values := []any{}
		for _, kind := range c.Order() {
			values = append(values, keys[kind])
		}
		text := EncodeCursor(c, values, 20)
		// Another page size and facets are the same search.
		c.Limit, c.Facets = 5, true
		position, err := DecodeCursor(c, text)
		if err != nil || !reflect.DeepEqual(position, &Position{Keys: values, Depth: 20}) {
			t.Errorf("%s: got %+v, %v", sort, position, err)
		}
	}
}

func TestAForgedCursorIsRefused(t *testing.T) {
	c := Criteria{Sort: SortPriceAsc, Limit: 20}
	fine := `{"v":1,"f":"` + c.Fingerprint() + `","k":[5,"` + id + `"],"n":20}`
	if _, err := DecodeCursor(c, base64.RawURLEncoding.EncodeToString([]byte(fine))); err != nil {
		t.Fatalf("the cursor that the others are made from: %v", err)
	}
	for name, change := range map[string][2]string{
		"another version": {`"v":1`, `"v":2`}, "another search": {c.Fingerprint(), "0000000000000000"}, "a fraction": {"[5,", "[5.5,"},
		"a huge number": {"[5,", "[1e400,"}, "a script": {"[5,", `[{"a":1},`}, "too few keys": {"[5,", "["}, "a bad id": {id, "x"},
		"no depth": {`"n":20`, `"n":0`}, "too deep": {`"n":20`, `"n":10000`}, "more": {`"n":20`, `"n":20,"z":1`}, "a tail": {"}", "}{}"},
	} {
		forged := strings.Replace(fine, change[0], change[1], 1)
		if _, err := DecodeCursor(c, base64.RawURLEncoding.EncodeToString([]byte(forged))); err == nil {
			t.Errorf("%s: %s is accepted", name, forged)
		}
	}
}

func TestACursorOfAnotherSearchIsRefused(t *testing.T) {
	text := EncodeCursor(Criteria{Text: "a", Sort: SortName}, []any{"a", id}, 20)
	if _, err := DecodeCursor(Criteria{Text: "b", Sort: SortName}, text); err == nil {
		t.Error("accepted")
	}
}

func FuzzDecodeCursor(f *testing.F) {
	c := Criteria{Sort: SortPriceAsc, Limit: 20}
	f.Add(EncodeCursor(c, []any{json.Number("5"), id}, 20))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		position, err := DecodeCursor(c, text)
		if err == nil && (len(position.Keys) != 2 || position.Depth < 1) {
			t.Errorf("%q gives %+v", text, position)
		}
	})
}

func FuzzParseSearch(f *testing.F) {
	for _, raw := range []string{"q=chat&tag=a", "limit=5&cursor=AA", "q=%ff", "minPriceUsdMicros=9e9", "kind=model&kind=prompt"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, problems := ParseSearch(raw)
		if len(problems) > 0 {
			return
		}
		if c.Limit < 1 || c.Limit > MaxLimit || strings.ContainsRune(c.Text, 0) {
			t.Errorf("%q gives %+v", raw, c)
		}
		if again, _ := ParseSearch(url.Values{"q": {c.Text}, "sort": {string(c.Sort)}}.Encode()); again.Text != c.Text {
			t.Errorf("folding %q again gives %q", c.Text, again.Text)
		}
	})
}
