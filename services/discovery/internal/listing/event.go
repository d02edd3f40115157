package listing

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Event announces a listing's state after a change.
type Event struct {
	EventID    string    `json:"eventId"`
	EventType  string    `json:"eventType"`
	OccurredAt time.Time `json:"occurredAt"`
	Listing    Listing   `json:"listing"`
}

// A copy of services/contract/listing-event.schema.json, which go:embed cannot reach; a test holds both equal.
//
//go:embed listing-event.schema.json
var eventSchema []byte

var compiledSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(eventSchema))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	const name = "listing-event.schema.json"
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
})

// ErrInvalidEvent marks an event that breaks the contract. It will never become valid: skip it.
var ErrInvalidEvent = errors.New("not a valid listing event")

// DecodeEvent parses and checks one record of the topic. Key is the record's key, the listing's id.
func DecodeEvent(key, value []byte) (Event, error) {
	if len(value) == 0 {
		return Event{}, fmt.Errorf("%w: the record has no value", ErrInvalidEvent)
	}
	if !utf8.Valid(value) {
		return Event{}, fmt.Errorf("%w: the value is not UTF-8", ErrInvalidEvent)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrInvalidEvent, err)
	}
	schema, err := compiledSchema()
	if err != nil {
		return Event{}, fmt.Errorf("compile the schema of listing events: %w", err)
	}
	if err := schema.Validate(document); err != nil {
		return Event{}, fmt.Errorf("%w: %s", ErrInvalidEvent, firstCause(err))
	}
	var event Event
	if err := json.Unmarshal(value, &event); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrInvalidEvent, err)
	}
	if !strings.EqualFold(string(key), event.Listing.ID) {
		return Event{}, fmt.Errorf("%w: the key %q is not the listing's id", ErrInvalidEvent, key)
	}
	// Ids are compared as text everywhere else.
	event.Listing.ID = strings.ToLower(event.Listing.ID)
	event.Listing.OrgID = strings.ToLower(event.Listing.OrgID)
	return event, nil
}

// firstCause names the place that is wrong and leaves the value out: descriptions do not belong in logs.
func firstCause(err error) string {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err.Error()
	}
	for len(invalid.Causes) > 0 {
		invalid = invalid.Causes[0]
	}
	return fmt.Sprintf("/%s breaks %s", strings.Join(invalid.InstanceLocation, "/"), strings.Join(invalid.ErrorKind.KeywordPath(), "/"))
}
