//go:build engines

package enginetest

import (
	"fmt"
	"testing"
	"time"
)

func TestSearchGoesOnWithoutRedis(t *testing.T) {
	s := start(t)
	l := example(1, nil)
	s.publish(l)
	s.eventually("indexed", func() bool { return s.indexed() == 1 })
	s.disturb("redis", "kill")
	for number := range 50 {
		for _, path := range []string{fmt.Sprintf("/v1/search?q=a%d", number), "/internal/listings/" + l.ID, "/v1/search/trending"} {
			if status, body := s.get(path, ""); status != 200 {
				t.Errorf("%s without Redis: got %d %s", path, status, body)
			}
		}
	}
	if s.metric(`marketplace_cache_requests_total{result="error"}`) == 0 {
		t.Error("no error was counted")
	}
	s.disturb("redis", "start")
	hits := s.metric(`marketplace_cache_requests_total{result="hit"}`)
	s.eventually("cached again", func() bool {
		s.get("/v1/search?q=again", "")
		return s.metric(`marketplace_cache_requests_total{result="hit"}`) > hits
	})
}

func TestNothingIsLostWhileElasticsearchIsAway(t *testing.T) {
	s := start(t)
	before := example(1, nil)
	s.publish(before)
	s.eventually("indexed", func() bool { return s.indexed() == 1 })
	s.disturb("elasticsearch", "freeze")
	during := example(2, nil)
	s.publish(during)
	if status, _ := s.get("/v1/search?q=nobody+asked+this+before", ""); status != 503 {
		t.Errorf("a search without an index: got %d", status)
	}
	s.eventually("not ready", func() bool { status, _ := s.get("/readyz", ""); return status == 503 })
	s.disturb("elasticsearch", "thaw")
	s.eventually("indexed after all", func() bool { status, _ := s.get("/internal/listings/"+during.ID, ""); return status == 200 })
	s.eventually("ready again", func() bool { status, _ := s.get("/readyz", ""); return status == 200 })
}

func TestTheServiceGoesOnAfterKafkaWasRestarted(t *testing.T) {
	s := start(t)
	s.disturb("kafka", "kill")
	time.Sleep(time.Second)
	if status, _ := s.get("/v1/search", ""); status != 200 {
		t.Errorf("a search without Kafka: got %d", status)
	}
	s.disturb("kafka", "start")
	l := example(1, nil)
	s.publish(l)
	s.eventually("indexed", func() bool { status, _ := s.get("/internal/listings/"+l.ID, ""); return status == 200 })
}
