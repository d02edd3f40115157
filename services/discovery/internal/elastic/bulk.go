package elastic

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"llm-marketplace/discovery/internal/listing"
)

// Outcome is what became of one listing of a bulk request.
type Outcome struct {
	// Stale: the index has this version or a newer one.
	Stale bool
	// Err: Elasticsearch refused the document; nil where it was indexed or stale.
	Err error
}

// Target says where a bulk request goes.
type Target struct {
	// Index is the alias of the live index or the name of one that is being built.
	Index string
	// WaitSearchable makes the request last until searches see what was written.
	WaitSearchable bool
}

// Live is the alias; the request lasts until its listings can be found.
func (c *Client) Live() Target { return Target{Index: c.Alias, WaitSearchable: true} }

type bulkAnswer struct {
	Items []struct {
		Index struct {
			Status int `json:"status"`
			Error  struct {
				Type   string `json:"type"`
				Reason string `json:"reason"`
			} `json:"error"`
		} `json:"index"`
	} `json:"items"`
}

// Write indexes listings by external version: what is not newer than the index has changes nothing, whoever writes,
// in whatever order. An error says that the whole request is to be sent again; the outcomes are in the given order.
func (c *Client) Write(ctx context.Context, target Target, listings []listing.Listing) ([]Outcome, error) {
	if len(listings) == 0 {
		return nil, nil
	}
	var lines bytes.Buffer
	for _, l := range listings {
		document, err := documentOf(l).lines(target.Index, l.Version, target.Index == c.Alias)
		if err != nil {
			return nil, err
		}
		lines.Write(document)
	}
	refresh := "false"
	if target.WaitSearchable {
		refresh = "wait_for"
	}
	var answer bulkAnswer
	if err := c.do(ctx, "index listings", esapi.BulkRequest{Body: &lines, Refresh: refresh}, &answer); err != nil {
		return nil, err
	}
	if len(answer.Items) != len(listings) {
		return nil, fmt.Errorf("index listings: %w: %d answers for %d listings", ErrUnavailable, len(answer.Items), len(listings))
	}
	outcomes := make([]Outcome, len(listings))
	for index, item := range answer.Items {
		status := item.Index.Status
		switch {
		case status < 300:
		case status == http.StatusConflict:
			outcomes[index].Stale = true
		case status == http.StatusNotFound:
			return nil, fmt.Errorf("index listings: %w: %w", ErrUnavailable, errNoIndex)
		case status == http.StatusTooManyRequests || status >= 500:
			return nil, fmt.Errorf("index listings: %w: %s", ErrUnavailable, item.Index.Error.Type)
		default:
			outcomes[index].Err = fmt.Errorf("status %d, %s: %s", status, item.Index.Error.Type, item.Index.Error.Reason)
		}
	}
	return outcomes, nil
}
