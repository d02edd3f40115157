// Package secure makes the TLS configuration of a store from what the configuration says of it.
package secure

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"llm-marketplace/discovery/internal/config"
)

// TLS gives the client's side: the store's own root where there is one, else the system's, and the client's
// certificate where that is the proof. The certificate is read at each handshake, since it is renewed in its place.
func TLS(auth config.Auth) (*tls.Config, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if auth.CAFile != "" {
		pem, err := os.ReadFile(auth.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the root certificate: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", auth.CAFile)
		}
	}
	if auth.Kind == config.AuthClientCertificate {
		load := func() (*tls.Certificate, error) {
			certificate, err := tls.LoadX509KeyPair(auth.CertFile, auth.KeyFile)
			return &certificate, err
		}
		if _, err := load(); err != nil {
			return nil, fmt.Errorf("read the client's certificate: %w", err)
		}
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	}
	return settings, nil
}
