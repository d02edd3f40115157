package awsauth

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
)

func TestATokenIsAPresignedRequestToTheGroup(t *testing.T) {
	tokens := &ElastiCache{
		region: "us-east-1", group: "llm-redis", user: "discovery-dev",
		credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "not-a-key", "session"),
		now:         func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) },
	}
	user, token, err := tokens.Credentials(context.Background())
	if err != nil || user != "discovery-dev" {
		t.Fatalf("got %q, %v", user, err)
	}
	parsed, err := url.Parse("http://" + token)
	if err != nil {
		t.Fatal(err)
	}
	query := parsed.Query()
	for name, want := range map[string]string{
		"Action": "connect", "User": "discovery-dev", "X-Amz-Expires": "900", "X-Amz-Date": "20260102T030405Z",
		"X-Amz-Credential": "AKIDEXAMPLE/20260102/us-east-1/elasticache/aws4_request", "X-Amz-Security-Token": "session",
		"X-Amz-SignedHeaders": "host",
		// Of botocore 1.44.8 (SigV4QueryAuth) for the same request, keys and time.
		"X-Amz-Signature": "50460817cf4b6e4d950054049366d86ef0a69a45bf67959b70de7c558b122709",
	} {
		if got := query.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if parsed.Host != "llm-redis" {
		t.Errorf("got %s", token)
	}
}

func TestTheGroupsNameIsReadFromItsEndpoint(t *testing.T) {
	for host, want := range map[string]string{
		"master.llm-redis.abc123.use1.cache.amazonaws.com":  "llm-redis",
		"llm-redis.abc123.ng.0001.use1.cache.amazonaws.com": "llm-redis",
		"localhost": "",
		"":          "",
	} {
		got, err := groupOf(host)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v", host, got, err)
		}
	}
}
