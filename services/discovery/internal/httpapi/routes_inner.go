package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"llm-marketplace/discovery/internal/cache"
	"llm-marketplace/discovery/internal/elastic"
	"llm-marketplace/discovery/internal/identity"
	"llm-marketplace/discovery/internal/listing"
	"llm-marketplace/discovery/internal/search"
)

// caller is nil where no token came; one that came must be valid.
func (s *Server) caller(r *http.Request) (*identity.Caller, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return nil, nil
	}
	scheme, token, found := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !found || !strings.EqualFold(scheme, "bearer") {
		return nil, unauthenticated("send one Authorization header: Bearer <token>")
	}
	caller, err := s.Verifier.Verify(r.Context(), strings.TrimSpace(token))
	if errors.Is(err, identity.ErrInvalidToken) {
		s.Log.InfoContext(r.Context(), "a token was refused", "error", err.Error())
		return nil, unauthenticated("the token is not valid, or no longer")
	}
	if err != nil {
		return nil, err
	}
	return &caller, nil
}

func (s *Server) administrator(r *http.Request) error {
	caller, err := s.caller(r)
	if err != nil {
		return err
	}
	if caller == nil {
		return unauthenticated("this route needs a token")
	}
	if !caller.Has(identity.RolePlatformAdmin) {
		return forbidden("this route needs the role " + identity.RolePlatformAdmin)
	}
	return nil
}

func (s *Server) startRebuild(w http.ResponseWriter, r *http.Request) error {
	if err := s.administrator(r); err != nil {
		return err
	}
	if problems := search.ParseNone(r.URL.RawQuery); len(problems) > 0 {
		return invalid(problems)
	}
	if err := emptyBody(r); err != nil {
		return err
	}
	rebuild, err := s.BeginRebuild(r.Context())
	if errors.Is(err, elastic.ErrRebuilding) {
		return conflict("a rebuild is already at work")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/search/admin/rebuilds/"+rebuild.ID)
	return writeJSON(w, http.StatusAccepted, rebuild)
}

func (s *Server) showRebuild(w http.ResponseWriter, r *http.Request) error {
	if err := s.administrator(r); err != nil {
		return err
	}
	if problems := search.ParseNone(r.URL.RawQuery); len(problems) > 0 {
		return invalid(problems)
	}
	id := strings.ToLower(r.PathValue("id"))
	if !search.IsID(id) {
		return invalid([]search.FieldError{{Path: "/path/id", Message: "must be a UUID"}})
	}
	rebuild, err := s.Finder.FindRebuild(r.Context(), id)
	if elastic.IsNotFound(err) {
		return notFound("there is no rebuild with this id")
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, rebuild)
}

// emptyBody takes no body, or an empty JSON object.
func emptyBody(r *http.Request) error {
	text, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errLarge
	}
	if err != nil {
		return invalid([]search.FieldError{{Path: "/body", Message: "could not be read"}})
	}
	if len(text) == 0 {
		return nil
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return errMedia
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil || fields == nil {
		return invalid([]search.FieldError{{Path: "/body", Message: "must be a JSON object, or left out"}})
	}
	if len(fields) > 0 {
		return invalid([]search.FieldError{{Path: "/body", Message: "must have no fields"}})
	}
	return nil
}

// internalListing is for consumption: the whole listing with its endpoint. The mesh says who may ask.
func (s *Server) internalListing(w http.ResponseWriter, r *http.Request) error {
	if problems := search.ParseNone(r.URL.RawQuery); len(problems) > 0 {
		return invalid(problems)
	}
	found, err := s.listing(r)
	if err != nil {
		return err
	}
	s.Trends.Count(found.ID, cache.ResolveWeight)
	tag := fmt.Sprintf(`"%d"`, found.Version)
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	for value := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if value = strings.TrimPrefix(strings.TrimSpace(value), "W/"); value == tag || value == "*" {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	return writeJSON(w, http.StatusOK, found)
}

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.OpenAPI)
	return nil
}

func absentIsNil(found listing.Listing, err error) (*listing.Listing, error) {
	if elastic.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &found, nil
}

func writeJSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Nothing can be done for a caller that has gone.
	_, _ = w.Write(text)
	return nil
}
