package listing

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

const exampleID = "018f2b9e-7c1a-7c3e-9d5b-1f2a3b4c5d6e"

func example(t testing.TB, change func(event, listing map[string]any)) []byte {
	t.Helper()
	body := map[string]any{
		"id": exampleID, "orgId": "018f2b9e-0000-7000-8000-000000000001", "version": 3, "status": "published", "kind": "model",
		"name": "Café Chat", "slug": "cafe-chat", "summary": "A model that talks.", "description": "Long.", "tags": []any{"fast"},
		"categories": []any{"chat"}, "licence": "Apache-2.0", "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00Z",
		"publishedAt": "2026-01-02T00:00:00Z",
		"release": map[string]any{
			"number": "1.0.0", "publishedAt": "2026-01-02T00:00:00Z",
			"endpoint": map[string]any{"url": "https://models.example.test/v1", "protocol": "openai-chat", "model": "m", "timeoutSeconds": 30},
			"pricing":  map[string]any{"inputUsdMicrosPerThousandTokens": 500, "outputUsdMicrosPerThousandTokens": 1500},
			"artefact": nil,
		},
	}
	event := map[string]any{
		"eventId": "018f2b9e-1111-7000-8000-000000000001", "eventType": "listing.published", "occurredAt": "2026-01-02T00:00:00Z", "listing": body,
	}
	if change != nil {
		change(event, body)
	}
	value, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestTheEmbeddedSchemaIsTheContracts(t *testing.T) {
	contract, err := os.ReadFile("../../../contract/listing-event.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(contract, eventSchema) {
		t.Error("internal/listing/listing-event.schema.json differs from services/contract: copy it again")
	}
}

func TestAnEventOfTheContractIsDecoded(t *testing.T) {
	event, err := DecodeEvent([]byte(exampleID), example(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if event.Listing.Version != 3 || event.Listing.Release.Endpoint.Model != "m" || event.Listing.Price() != 2000 {
		t.Errorf("got %+v", event)
	}
}

func TestAnEventThatBreaksTheContractIsInvalid(t *testing.T) {
	set := func(name string, value any) func(event, listing map[string]any) {
		return func(_, listing map[string]any) { listing[name] = value }
	}
	cases := map[string]struct {
		key   string
		value []byte
		where string
	}{
		"no value":            {exampleID, nil, "no value"},
		"not JSON":            {exampleID, []byte("{"), "EOF"},
		"two documents":       {exampleID, append(example(t, nil), '1'), "after top-level"},
		"not UTF-8":           {exampleID, []byte("{\"a\":\"\xff\"}"), "UTF-8"},
		"another key":         {"other", example(t, nil), "key"},
		"version zero":        {exampleID, example(t, set("version", 0)), "/listing/version breaks minimum"},
		"a version too large": {exampleID, bytes.Replace(example(t, nil), []byte(`"version":3`), []byte(`"version":1e400`), 1), "1e400"},
		"an unknown status":   {exampleID, example(t, set("status", "gone")), "/listing/status breaks enum"},
		"an id that is none":  {exampleID, example(t, set("id", "x")), "/listing/id breaks format"},
		"an unknown field":    {exampleID, example(t, set("more", 1)), "/listing breaks additionalProperties"},
		"a date that is none": {exampleID, example(t, set("updatedAt", "yesterday")), "/listing/updatedAt breaks format"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeEvent([]byte(c.key), c.value)
			if !errors.Is(err, ErrInvalidEvent) || !strings.Contains(err.Error(), c.where) {
				t.Errorf("got %v, want one that names %q", err, c.where)
			}
		})
	}
}

func TestOnlyPublishedAndDeprecatedListingsWithAReleaseAreFindable(t *testing.T) {
	release := &Release{}
	for status, want := range map[string]bool{"draft": false, "review": false, "published": true, "deprecated": true, "suspended": false} {
		if got := (Listing{Status: status, Release: release}).Findable(); got != want {
			t.Errorf("%s: got %v", status, got)
		}
	}
	if (Listing{Status: "published"}).Findable() {
		t.Error("one without a release is findable")
	}
}

func TestThePublicViewHasNoEndpoint(t *testing.T) {
	event, err := DecodeEvent([]byte(exampleID), example(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(event.Listing.Detail())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte("endpoint")) || bytes.Contains(body, []byte("models.example.test")) {
		t.Errorf("got %s", body)
	}
}

func TestFoldingDropsCaseAndAccents(t *testing.T) {
	for in, want := range map[string]string{"Café": "cafe", "ÅNGSTRÖM": "angstrom", "ﬁne": "fine", "日本語": "日本語", "": ""} {
		if got := Fold(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzDecodeEventNeverPanics(f *testing.F) {
	f.Add([]byte(exampleID), example(f, nil))
	f.Add([]byte(""), []byte("null"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if event, err := DecodeEvent(key, value); err == nil && event.Listing.Findable() {
			_ = event.Listing.Detail()
		}
	})
}
