package telemetry

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	entryPattern  = regexp.MustCompile(`(?s)\{\s+name: "([a-z_]+)",\s+kind: "(\w+)",.*?labels: \[(.*?)\],\s+help: "(.*?)",\s+services: (all|\[.*?\]),(?:\s+buckets: (.*?),\n)?\s*\}`)
	stringPattern = regexp.MustCompile(`"([^"]*)"`)
)

// contract reads services/metrics.ts as text: each entry of the table has its fields in one order.
func contract(t *testing.T) map[string]string {
	t.Helper()
	source, err := os.ReadFile("../../../metrics.ts")
	if err != nil {
		t.Fatal(err)
	}
	buckets := func(text string) string {
		if name := regexp.MustCompile(`^\w+$`).FindString(text); name != "" {
			found := regexp.MustCompile(`(?s)const ` + name + ` = \[(.*?)\]`).FindStringSubmatch(string(source))
			if found == nil {
				t.Fatalf("metrics.ts: no constant %s", name)
			}
			text = found[1]
		}
		return strings.Join(regexp.MustCompile(`[\d.]+`).FindAllString(text, -1), " ")
	}
	all := map[string]string{}
	for _, entry := range entryPattern.FindAllStringSubmatch(string(source), -1) {
		if entry[5] != "all" && !strings.Contains(entry[5], `"discovery"`) {
			continue
		}
		labels := []string{}
		for _, label := range stringPattern.FindAllStringSubmatch(entry[3], -1) {
			labels = append(labels, label[1])
		}
		slices.Sort(labels)
		all[entry[1]] = fmt.Sprintf("%s %v [%s] %s", entry[2], labels, buckets(entry[6]), entry[4])
	}
	return all
}

func TestTheMetricsAreThoseOfTheContract(t *testing.T) {
	m := NewMetrics()
	m.RequestDuration.WithLabelValues("GET", "/x", "200").Observe(1)
	m.ActiveRequests.WithLabelValues("GET").Inc()
	m.DependencyUp.WithLabelValues("redis").Set(1)
	m.IndexDelay.Observe(1)
	families, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, family := range families {
		sample := family.GetMetric()[0]
		labels, bounds := []string{}, []string{}
		for _, label := range sample.GetLabel() {
			labels = append(labels, label.GetName())
		}
		for _, bucket := range sample.GetHistogram().GetBucket() {
			bounds = append(bounds, fmt.Sprint(bucket.GetUpperBound()))
		}
		got[family.GetName()] = fmt.Sprintf("%s %v [%s] %s", strings.ToLower(family.GetType().String()), labels, strings.Join(bounds, " "), family.GetHelp())
	}
	want := contract(t)
	if len(want) < 5 {
		t.Fatalf("metrics.ts was read as %v", want)
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}
