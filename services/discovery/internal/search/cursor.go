package search

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// KeyKind is the type of one sort key.
type KeyKind int

// Kinds of sort keys. The last key of every order is the listing's id, which makes the order total.
const (
	KeyScore KeyKind = iota
	KeyTime
	KeyPrice
	KeyName
	KeyID
)

// Order gives the kinds of the sort keys of a search.
func (c Criteria) Order() []KeyKind {
	switch c.Sort {
	case SortNewest:
		return []KeyKind{KeyTime, KeyID}
	case SortPriceAsc, SortPriceDesc:
		return []KeyKind{KeyPrice, KeyID}
	case SortName:
		return []KeyKind{KeyName, KeyID}
	case SortTrending:
		return []KeyKind{KeyScore, KeyTime, KeyID}
	case SortRelevance:
	}
	if c.Text == "" {
		return []KeyKind{KeyTime, KeyID}
	}
	return []KeyKind{KeyScore, KeyTime, KeyID}
}

const (
	cursorVersion   = 1
	maxCursorLength = 4096
	maxNameLength   = 2000
	// Milliseconds of the year 9999, the last that RFC 3339 can write.
	maxTimeMillis = 253_402_300_799_999
)

type cursor struct {
	Version     int    `json:"v"`
	Fingerprint string `json:"f"`
	Position
}

// ErrCursor says that a cursor is none of this service, or not of this search.
var ErrCursor = errors.New("not a cursor of this search: send the nextCursor of the page before with the same parameters")

// EncodeCursor names the position after a page. It is not signed: it holds nothing but a place in a public list, so
// that a forged one shows nothing that its search would not; what it holds is checked like any other input.
func EncodeCursor(c Criteria, keys []any, depth int) string {
	// Keys are numbers and strings that came out of JSON.
	text, _ := json.Marshal(cursor{Version: cursorVersion, Fingerprint: c.Fingerprint(), Position: Position{Keys: keys, Depth: depth}})
	return base64.RawURLEncoding.EncodeToString(text)
}

// DecodeCursor reads a cursor of the search c.
func DecodeCursor(c Criteria, text string) (*Position, error) {
	if len(text) > maxCursorLength {
		return nil, ErrCursor
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || !utf8.Valid(raw) {
		return nil, ErrCursor
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	var decoded cursor
	if err := decoder.Decode(&decoded); err != nil {
		return nil, ErrCursor
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrCursor
	}
	order := c.Order()
	if decoded.Version != cursorVersion || decoded.Fingerprint != c.Fingerprint() || len(decoded.Keys) != len(order) ||
		decoded.Depth < 1 || decoded.Depth >= MaxDepth {
		return nil, ErrCursor
	}
	for index, kind := range order {
		if !validKey(kind, decoded.Keys[index]) {
			return nil, ErrCursor
		}
	}
	return &decoded.Position, nil
}

func validKey(kind KeyKind, key any) bool {
	switch kind {
	case KeyScore:
		return validNumber(key, func(text string) bool {
			value, err := strconv.ParseFloat(text, 32)
			return err == nil && value >= 0
		})
	case KeyTime:
		return validNumber(key, wholeUpTo(maxTimeMillis))
	case KeyPrice:
		return validNumber(key, wholeUpTo(MaxPriceUsdMicros))
	case KeyName:
		text, ok := key.(string)
		return ok && len(text) <= maxNameLength
	case KeyID:
		text, ok := key.(string)
		return ok && IsID(text)
	}
	return false
}

func validNumber(key any, check func(string) bool) bool {
	number, ok := key.(json.Number)
	return ok && len(number) <= 32 && check(number.String())
}

func wholeUpTo(most int64) func(string) bool {
	return func(text string) bool {
		value, err := strconv.ParseInt(text, 10, 64)
		return err == nil && value >= -most && value <= most
	}
}
