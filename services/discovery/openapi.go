// Package discovery holds the service's OpenAPI document, which the service serves as it is committed.
package discovery

import _ "embed"

// OpenAPI is openapi.json.
//
//go:embed openapi.json
var OpenAPI []byte
