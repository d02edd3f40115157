package listing

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Fold makes text comparable whatever its case and accents: the index holds folded text and queries are folded the
// same way, so search needs no analysis plugin of the engine (docs: Decisions).
func Fold(text string) string {
	// A transformer has state, so each call makes its own.
	folded, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), text)
	if err != nil {
		folded = text
	}
	return strings.ToLower(folded)
}
