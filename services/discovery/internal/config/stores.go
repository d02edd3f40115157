package config

import (
	"os"
	"slices"
	"strings"
)

// AuthKind is how the service proves itself to a store.
type AuthKind string

// The kinds of the services' contract.
const (
	AuthNone              AuthKind = "none"
	AuthPassword          AuthKind = "password"
	AuthClientCertificate AuthKind = "client-certificate"
	AuthCloudIdentity     AuthKind = "cloud-identity"
)

// Auth is the proof for one store. Password is a secret: it is never printed.
type Auth struct {
	Kind     AuthKind
	User     string
	Password string
	CertFile string
	KeyFile  string
	CAFile   string
}

// Redis is the cache and the counters of trending listings.
type Redis struct {
	Host           string
	Port           int
	TLS            bool
	KeyPrefix      string
	SentinelHosts  []string
	SentinelMaster string
	Auth           Auth
}

// Elasticsearch holds the index.
type Elasticsearch struct {
	Host        string
	Port        int
	TLS         bool
	IndexPrefix string
	Auth        Auth
}

// Kafka is where listings come from.
type Kafka struct {
	BootstrapServers []string
	SecurityProtocol string
	// Group is the consumer group, which is the prefix that the platform grants, as it is.
	Group string
	Topic string
	Auth  Auth
}

const minimumPasswordLength = 12

// placeholders are what people leave in a password that they meant to change.
var placeholders = []string{"changeme", "change-me", "password", "secret", "example", "placeholder", "postgres", "elastic", "admin", "redis", "kafka", "default", "todo"}

func (r *reader) redis(environment string) Redis {
	store := Redis{
		Host:           r.required("REDIS_HOST", "a host name"),
		Port:           r.port("REDIS_PORT"),
		TLS:            r.boolean("REDIS_TLS"),
		KeyPrefix:      r.required("REDIS_KEY_PREFIX", "the prefix of the service's keys, such as discovery:"),
		SentinelHosts:  r.addresses("REDIS_SENTINEL_HOSTS", false),
		SentinelMaster: r.raw("REDIS_SENTINEL_MASTER"),
		Auth:           r.auth("REDIS", environment, AuthPassword, AuthClientCertificate, AuthCloudIdentity),
	}
	if (len(store.SentinelHosts) > 0) != (store.SentinelMaster != "") {
		r.fail("REDIS_SENTINEL_MASTER", shown(store.SentinelMaster), "set together with REDIS_SENTINEL_HOSTS, or neither")
	}
	if store.Auth.Kind == AuthCloudIdentity && !store.TLS {
		r.fail("REDIS_TLS", "false", "true, since REDIS_AUTH is cloud-identity")
	}
	return store
}

func (r *reader) elasticsearch(environment string) Elasticsearch {
	return Elasticsearch{
		Host:        r.required("ELASTICSEARCH_HOST", "a host name"),
		Port:        r.port("ELASTICSEARCH_PORT"),
		TLS:         r.boolean("ELASTICSEARCH_TLS"),
		IndexPrefix: r.indexPrefix("ELASTICSEARCH_INDEX_PREFIX"),
		Auth:        r.auth("ELASTICSEARCH", environment, AuthPassword, AuthClientCertificate),
	}
}

// indexPrefix becomes the name of an alias and part of index names, so it is held to what Elasticsearch takes.
func (r *reader) indexPrefix(name string) string {
	value := r.raw(name)
	isLetter := func(c rune) bool { return c >= 'a' && c <= 'z' }
	isOther := func(c rune) bool { return c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' }
	bad := strings.ContainsFunc(value, func(c rune) bool { return !isLetter(c) && !isOther(c) })
	if value == "" || len(value) > 100 || bad || !isLetter(rune(value[0])) {
		r.fail(name, shown(value), "up to 100 of a-z, 0-9, '-', '_' and '.', beginning with a letter")
	}
	return value
}

func (r *reader) kafka(environment string) Kafka {
	store := Kafka{
		BootstrapServers: r.addresses("KAFKA_BOOTSTRAP_SERVERS", true),
		SecurityProtocol: r.oneOf("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", "SSL", "SASL_SSL"),
		Group:            r.required("KAFKA_GROUP_PREFIX", "the consumer group, such as discovery"),
		Topic:            r.required("KAFKA_CONSUME_TOPICS", "the one topic of listings, such as listing.events"),
		Auth:             r.auth("KAFKA", environment, AuthPassword, AuthClientCertificate, AuthCloudIdentity),
	}
	if strings.Contains(store.Topic, ",") {
		r.fail("KAFKA_CONSUME_TOPICS", shown(store.Topic), "exactly one topic")
	}
	wanted := map[AuthKind]string{AuthPassword: "SASL_SSL", AuthCloudIdentity: "SASL_SSL", AuthClientCertificate: "SSL"}
	if protocol, ok := wanted[store.Auth.Kind]; ok && store.SecurityProtocol != protocol {
		r.fail("KAFKA_SECURITY_PROTOCOL", shown(store.SecurityProtocol), protocol+", since KAFKA_AUTH is "+string(store.Auth.Kind))
	}
	return store
}

func (r *reader) auth(store, environment string, allowed ...AuthKind) Auth {
	if environment == EnvironmentLocal {
		allowed = append(allowed, AuthNone)
	}
	names := make([]string, len(allowed))
	for index, kind := range allowed {
		names[index] = string(kind)
	}
	auth := Auth{Kind: AuthKind(r.oneOf(store+"_AUTH", names...)), CAFile: r.raw(store + "_CA_FILE")}
	if auth.CAFile != "" {
		r.file(store + "_CA_FILE")
	}
	switch auth.Kind {
	case AuthPassword:
		auth.User = r.required(store+"_USER", "a user name")
		auth.Password = r.password(store+"_PASSWORD", environment)
	case AuthClientCertificate:
		auth.CertFile = r.file(store + "_CERT_FILE")
		auth.KeyFile = r.file(store + "_KEY_FILE")
	case AuthCloudIdentity:
		auth.User = r.required(store+"_USER", "a user name")
		if r.raw("CLOUD_REGION") == "" {
			r.fail("CLOUD_REGION", "nothing", "the region in which tokens are signed, since "+store+"_AUTH is cloud-identity")
		}
	case AuthNone:
	}
	return auth
}

func (r *reader) password(name, environment string) string {
	value := r.raw(name)
	if environment == EnvironmentLocal || environment == EnvironmentDev {
		if value == "" {
			r.fail(name, "nothing", "a password")
		}
		return value
	}
	lower := strings.ToLower(value)
	isPlaceholder := slices.ContainsFunc(placeholders, func(word string) bool { return strings.HasPrefix(lower, word) })
	if len(value) < minimumPasswordLength || isPlaceholder {
		r.fail(name, "a value that is short or a placeholder (not shown)", "at least 12 characters that are no placeholder")
	}
	return value
}

func (r *reader) file(name string) string {
	path := r.raw(name)
	handle, err := os.Open(path)
	if path == "" || err != nil {
		r.fail(name, shown(path), "a file that the service may read")
		return path
	}
	_ = handle.Close()
	return path
}
