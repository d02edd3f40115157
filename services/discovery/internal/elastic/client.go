// Package elastic keeps listings in Elasticsearch and finds them there. It knows nothing of HTTP routes or Kafka.
package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"

	"llm-marketplace/discovery/internal/config"
	"llm-marketplace/discovery/internal/secure"
)

var (
	// ErrUnavailable says that Elasticsearch did not answer, or not now: try again later.
	ErrUnavailable = errors.New("elasticsearch is not available")
	// ErrNotFound says that there is no such document.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a document is there already, or has changed since it was read.
	ErrConflict = errors.New("conflict")
)

const (
	connectTimeout = 2 * time.Second
	// A whole answer; searches have a shorter deadline of their own.
	answerTimeout   = 30 * time.Second
	connectionsIdle = 64
	maxAnswerBytes  = 64 << 20
)

// Client is one connection pool to one cluster, for the indices of one prefix.
type Client struct {
	transport esapi.Transport
	// Alias is the name under which the live index is read and written.
	Alias string
}

// New connects to nothing yet.
func New(settings config.Elasticsearch) (*Client, error) {
	scheme := "http"
	httpTransport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: answerTimeout,
		MaxIdleConnsPerHost:   connectionsIdle,
		IdleConnTimeout:       time.Minute,
	}
	if settings.TLS {
		scheme = "https"
		tlsConfig, err := secure.TLS(settings.Auth)
		if err != nil {
			return nil, fmt.Errorf("elasticsearch: %w", err)
		}
		httpTransport.TLSClientConfig = tlsConfig
	}
	address := &url.URL{Scheme: scheme, Host: net.JoinHostPort(settings.Host, strconv.Itoa(settings.Port))}
	options := []elastictransport.Option{
		elastictransport.WithURLs(address),
		// A pooled connection that the server closed is worth one more try; everything longer is the caller's decision.
		elastictransport.WithRetry(1, http.StatusBadGateway),
		elastictransport.WithTransport(traced{next: httpTransport}),
	}
	if settings.Auth.Kind == config.AuthPassword {
		options = append(options, elastictransport.WithBasicAuth(settings.Auth.User, settings.Auth.Password))
	}
	transport, err := elastictransport.NewClient(options...)
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return &Client{transport: transport, Alias: settings.IndexPrefix}, nil
}

// request is what every request type of esapi is.
type request interface {
	Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error)
}

type failure struct {
	Error struct {
		Type   string `json:"type"`
		Reason string `json:"reason"`
	} `json:"error"`
	Found *bool `json:"found"`
}

// do sends a request and reads the answer into out, which may be nil.
func (c *Client) do(ctx context.Context, what string, call request, out any) error {
	response, err := call.Do(ctx, c.transport)
	if err != nil {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
	}
	if response.IsError() {
		return fmt.Errorf("%s: %w", what, classify(response.StatusCode, body))
	}
	if out == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	// Sort values go into cursors and back as they are.
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		return fmt.Errorf("%s: read the answer: %w", what, err)
	}
	return nil
}

func classify(status int, body []byte) error {
	var failed failure
	_ = json.Unmarshal(body, &failed)
	switch {
	case failed.Error.Type == "index_not_found_exception" || failed.Error.Type == "alias_not_found_exception":
		return fmt.Errorf("%w: %w", ErrUnavailable, errNoIndex)
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusConflict || failed.Error.Type == "resource_already_exists_exception":
		return ErrConflict
	case status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout ||
		status == http.StatusUnauthorized || status == http.StatusForbidden:
		return fmt.Errorf("%w: status %d, %s: %s", ErrUnavailable, status, failed.Error.Type, failed.Error.Reason)
	}
	return fmt.Errorf("status %d, %s: %s", status, failed.Error.Type, failed.Error.Reason)
}

// errNoIndex comes with ErrUnavailable: the alias is not there yet, or has been lost.
var errNoIndex = errors.New("the index is not there")

// IsMissing tells whether an error says that there is no index to write to.
func IsMissing(err error) bool { return errors.Is(err, errNoIndex) }

func body(value any) io.Reader {
	text, err := json.Marshal(value)
	if err != nil {
		// Only maps, strings and numbers of this package come here.
		panic(err)
	}
	return bytes.NewReader(text)
}

func pointer[T any](value T) *T { return &value }
