package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing wrong with the environment: which variable, what was got (never a secret's value), what is
// allowed.
type Problem struct {
	Variable string
	Got      string
	Allowed  string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s: got %s; allowed: %s", p.Variable, p.Got, p.Allowed)
}

// Error lists every problem at once, so that one start shows all that has to be mended.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems)+1)
	lines = append(lines, "the configuration is not valid:")
	for _, problem := range e.Problems {
		lines = append(lines, "  "+problem.String())
	}
	return strings.Join(lines, "\n")
}

// reader parses variables one by one and collects what is wrong with them.
type reader struct {
	lookup   func(string) (string, bool)
	problems []Problem
}

func (r *reader) fail(name, got, allowed string) {
	r.problems = append(r.problems, Problem{Variable: name, Got: got, Allowed: allowed})
}

func (r *reader) raw(name string) string {
	value, _ := r.lookup(name)
	return value
}

func shown(value string) string {
	if value == "" {
		return "nothing"
	}
	return strconv.Quote(value)
}

func (r *reader) required(name, allowed string) string {
	value := r.raw(name)
	if strings.TrimSpace(value) == "" {
		r.fail(name, shown(value), allowed)
	}
	return value
}

func (r *reader) optional(name, fallback string) string {
	if value := r.raw(name); value != "" {
		return value
	}
	return fallback
}

func (r *reader) oneOf(name string, allowed ...string) string {
	value := r.raw(name)
	if !slices.Contains(allowed, value) {
		r.fail(name, shown(value), strings.Join(allowed, ", "))
	}
	return value
}

// port has no default: a service that listens where nobody looks is worse than one that does not start.
func (r *reader) port(name string) int {
	return r.integer(name, "", 1, 65535)
}

func (r *reader) integer(name, fallback string, least, most int) int {
	text := r.optional(name, fallback)
	value, err := strconv.Atoi(text)
	if err != nil || value < least || value > most || strconv.Itoa(value) != text {
		r.fail(name, shown(text), fmt.Sprintf("a whole number from %d to %d", least, most))
		return least
	}
	return value
}

func (r *reader) ratio(name, fallback string) float64 {
	text := r.optional(name, fallback)
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 0 && value <= 1) {
		r.fail(name, shown(text), "a number from 0 to 1")
	}
	return value
}

func (r *reader) boolean(name string) bool {
	return r.oneOf(name, "true", "false") == "true"
}

func (r *reader) url(name string, schemes ...string) string {
	value := r.raw(name)
	parsed, err := url.Parse(value)
	if err != nil || parsed.Host == "" || parsed.User != nil || !slices.Contains(schemes, parsed.Scheme) {
		r.fail(name, shown(value), "a URL with a host, without user or password, of scheme "+strings.Join(schemes, " or "))
	}
	return value
}

// addresses reads `host:port,host:port`.
func (r *reader) addresses(name string, isRequired bool) []string {
	value := r.raw(name)
	if value == "" && !isRequired {
		return nil
	}
	parts := strings.Split(value, ",")
	for index, part := range parts {
		parts[index] = strings.TrimSpace(part)
		host, port, err := net.SplitHostPort(parts[index])
		number, portErr := strconv.Atoi(port)
		if err != nil || host == "" || portErr != nil || number < 1 || number > 65535 {
			r.fail(name, shown(value), "host:port, several with commas between them")
			return nil
		}
	}
	return parts
}
