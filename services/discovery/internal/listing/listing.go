// Package listing is what discovery knows of a listing: its state as publishing announces it, and what of that the
// public may see. It knows neither Kafka nor Elasticsearch nor HTTP.
package listing

import "time"

// Listing is the whole state after a change, as in the contract's listing-event schema.
type Listing struct {
	ID          string     `json:"id"`
	OrgID       string     `json:"orgId"`
	Version     int64      `json:"version"`
	Status      string     `json:"status"`
	Kind        string     `json:"kind"`
	Name        string     `json:"name"`
	Slug        string     `json:"slug"`
	Summary     string     `json:"summary"`
	Description string     `json:"description"`
	Tags        []string   `json:"tags"`
	Categories  []string   `json:"categories"`
	Licence     string     `json:"licence"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
	PublishedAt *time.Time `json:"publishedAt"`
	Release     *Release   `json:"release"`
}

// Release is the version that callers get.
type Release struct {
	Number      string    `json:"number"`
	PublishedAt time.Time `json:"publishedAt"`
	Endpoint    *Endpoint `json:"endpoint"`
	Pricing     Pricing   `json:"pricing"`
	Artefact    *Artefact `json:"artefact"`
}

// Endpoint is where calls go. It leaves discovery through the internal route only.
type Endpoint struct {
	URL            string `json:"url"`
	Protocol       string `json:"protocol"`
	Model          string `json:"model"`
	TimeoutSeconds int    `json:"timeoutSeconds"`
}

// Pricing is in millionths of a dollar.
type Pricing struct {
	InputUsdMicrosPerThousandTokens  int64 `json:"inputUsdMicrosPerThousandTokens"`
	OutputUsdMicrosPerThousandTokens int64 `json:"outputUsdMicrosPerThousandTokens"`
}

// Artefact is what was uploaded and signed.
type Artefact struct {
	SHA256    string `json:"sha256"`
	SizeBytes int64  `json:"sizeBytes"`
	MediaType string `json:"mediaType"`
}

// Statuses in which a listing can be found.
const (
	StatusPublished  = "published"
	StatusDeprecated = "deprecated"
)

// Kinds and Categories are the contract's enumerations.
var (
	Kinds      = []string{"model", "prompt"}
	Categories = []string{"chat", "completion", "embedding", "image", "audio", "code", "agent", "evaluation", "other"}
)

// Findable tells whether the listing may be shown. One without a release has nothing to call or to price.
func (l Listing) Findable() bool {
	return (l.Status == StatusPublished || l.Status == StatusDeprecated) && l.Release != nil
}

// Price is what sorting and the price filter compare: a thousand tokens in and a thousand out.
func (l Listing) Price() int64 {
	if l.Release == nil {
		return 0
	}
	return l.Release.Pricing.InputUsdMicrosPerThousandTokens + l.Release.Pricing.OutputUsdMicrosPerThousandTokens
}

// Since is when it became public, for sorting by newest.
func (l Listing) Since() time.Time {
	if l.PublishedAt != nil {
		return *l.PublishedAt
	}
	return l.UpdatedAt
}

// Summary is a listing in a list of results.
type Summary struct {
	ID          string        `json:"id"`
	OrgID       string        `json:"orgId"`
	Kind        string        `json:"kind"`
	Name        string        `json:"name"`
	Slug        string        `json:"slug"`
	Summary     string        `json:"summary"`
	Tags        []string      `json:"tags"`
	Categories  []string      `json:"categories"`
	Licence     string        `json:"licence"`
	Deprecated  bool          `json:"deprecated"`
	PublishedAt time.Time     `json:"publishedAt"`
	UpdatedAt   time.Time     `json:"updatedAt"`
	Release     PublicRelease `json:"release"`
}

// PublicRelease has no endpoint: where calls go is the platform's business alone.
type PublicRelease struct {
	Number      string    `json:"number"`
	PublishedAt time.Time `json:"publishedAt"`
	Pricing     Pricing   `json:"pricing"`
}

// Detail is one listing on its own page.
type Detail struct {
	Summary
	Description string    `json:"description"`
	Artefact    *Artefact `json:"artefact"`
}

// Public gives the part of a findable listing that everybody may see.
func (l Listing) Public() Summary {
	return Summary{
		ID: l.ID, OrgID: l.OrgID, Kind: l.Kind, Name: l.Name, Slug: l.Slug, Summary: l.Summary, Tags: l.Tags,
		Categories: l.Categories, Licence: l.Licence, Deprecated: l.Status == StatusDeprecated,
		PublishedAt: l.Since(), UpdatedAt: l.UpdatedAt,
		Release: PublicRelease{Number: l.Release.Number, PublishedAt: l.Release.PublishedAt, Pricing: l.Release.Pricing},
	}
}

// Detail gives the same with description and artefact.
func (l Listing) Detail() Detail {
	return Detail{Summary: l.Public(), Description: l.Description, Artefact: l.Release.Artefact}
}
