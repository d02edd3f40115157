// Covers the alerts as data: what each says, that each has a runbook and each runbook an alert, that thresholds of the
// table are those that rules compare with, and which rules a stack has by what exports its metrics.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import type { CloudExporter, KafkaOutputs, StoreOutputs } from "../../../components/clouds/contract.ts";
import { platformRules } from "../../../components/kubernetes/alerts/index.ts";
import { dashboardUrl, runbookUrl } from "../../../components/kubernetes/alerts/links.ts";
import { type AlertingRule, ladderAlerts } from "../../../components/kubernetes/alerts/rule.ts";
import { serviceGroups } from "../../../components/kubernetes/alerts/service.ts";
import { exportsMetric, workGroups } from "../../../components/kubernetes/alerts/service-work.ts";
import { type MetricSources, metricSources } from "../../../components/kubernetes/alerts/sources.ts";
import { type Ladder, thresholds } from "../../../components/kubernetes/alerts/thresholds.ts";
import { dashboardNames } from "../../../components/kubernetes/dashboards/names.ts";
import { objectiveGroups } from "../../../components/kubernetes/objective-rules.ts";
import { root } from "../../support/cli.ts";
import * as fake from "../../support/fake-cloud.ts";

const inCluster: MetricSources = {
  cluster: "kubernetes",
  elasticsearch: "exporter",
  postgres: "cloudnative-pg",
  redis: "redis-exporter",
  kafka: "kafka-exporter",
  postgresLimits: undefined,
};
const managed: MetricSources = {
  cluster: "kubernetes",
  elasticsearch: "exporter",
  postgres: "cloudwatch",
  redis: "cloudwatch",
  kafka: "kafka-exporter",
  postgresLimits: { connections: 500, storageGiB: 100 },
};
const unseen: MetricSources = { ...inCluster, postgres: "none", redis: "none", kafka: "none" };

const groups = [
  ...[inCluster, managed].flatMap((sources) => Object.values(platformRules(sources)).flat()),
  ...fake.services.flatMap((service) => [
    ...objectiveGroups(service),
    ...serviceGroups(service),
    ...workGroups(service),
  ]),
];
const alerts = groups.flatMap(({ rules }) => rules).filter((rule): rule is AlertingRule => "alert" in rule);
const names = new Set(alerts.map(({ alert }) => alert));
const runbooks = join(root, "docs", "runbooks");

describe("Alerts", () => {
  it("say who is told, what it means, where to look and what to do", () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(["critical", "warning"], alert).to.include(labels.severity);
      expect(annotations.summary, alert).to.be.a("string").and.match(/\w/);
      expect(annotations.description, alert).to.be.a("string").and.match(/\.$/);
      const dashboard = /\/d\/([\w-]+)/.exec(annotations.dashboard_url ?? "")?.[1];
      expect(dashboardNames, alert).to.include(dashboard);
      expect(annotations.runbook_url, alert).to.equal(runbookUrl(alert));
    }
  });

  it("have a runbook each, with what to look at and what to do, and no runbook is without an alert", () => {
    const files = readdirSync(runbooks).map((file) => file.replace(/\.md$/, ""));
    expect(files.sort()).to.deep.equal([...names].sort());
    for (const name of names) {
      const text = readFileSync(join(runbooks, `${name}.md`), "utf8");
      expect(text.startsWith(`# ${name}\n`), name).to.equal(true);
      for (const heading of ["What to look at", "What to do", "When to escalate"]) {
        expect(text, name).to.include(`\n## ${heading}\n`);
      }
      expect(text, `${name}: a command or a query`).to.match(/```(bash|promql|logql)\n/);
    }
  });

  it("link to runbooks in the repository that the deployments come from", () => {
    const settings = parse(readFileSync(join(root, "Pulumi.production.deploy.yaml"), "utf8"));
    const repository = settings.settings.sourceContext.git.repoURL.replace(/\.git$/, "");
    expect(runbookUrl("NodeDisk")).to.equal(`${repository}/blob/main/docs/runbooks/NodeDisk.md`);
  });

  it("link to a dashboard with its variables set", () => {
    expect(dashboardUrl("service-overview", { service: "admin" })).to.equal(
      "http://localhost:3000/d/service-overview?var-service=admin",
    );
  });

  it("compare with the figures of the status summary", () => {
    const { errorRate, latencyP95, disk, memory, cacheHits } = thresholds;
    expect([errorRate.critical, errorRate.warning]).to.deep.equal([0.01, 0.005]);
    expect([latencyP95.critical, latencyP95.warning]).to.deep.equal([1000, 500]);
    expect([disk.warning, memory.warning, cacheHits.warning]).to.deep.equal([0.8, 0.85, 0.9]);
    const down = alerts.filter(({ alert }) => alert === "ServiceDown");
    expect(down.map((rule) => [rule.for, rule.labels.severity, rule.labels.service])).to.deep.equal(
      fake.services.map(({ name }) => ["2m", "critical", name]),
    );
  });

  it("use every threshold of the table, and nothing beside it decides", () => {
    for (const [name, ladder] of Object.entries<Ladder>(thresholds)) {
      const sign = ladder.breach === "above" ? ">" : "<";
      for (const severity of ["warning", "critical"] as const) {
        const limit = ladder[severity];
        if (limit === undefined) continue;
        const used = alerts.some(
          ({ expr, labels }) => labels.severity === severity && `${expr} `.includes(` ${sign} ${limit} `),
        );
        expect(used, `${name} ${severity}`).to.equal(true);
      }
    }
  });

  it("come in steps of one name and one series, the critical one first", () => {
    const rules = ladderAlerts({
      alert: "A",
      measure: "m",
      provided: "busy > 1",
      ladder: { warning: 0.9, critical: 0.5, breach: "below", unit: "percentunit", reason: "r" },
      for: { critical: "1m", warning: "5m" },
      dashboard: "cache-metrics",
      summary: "s",
      description: "d.",
    });
    expect(rules.map((rule) => [rule.alert, rule.expr, rule.for, rule.labels.severity])).to.deep.equal([
      ["A", "m < 0.5 and busy > 1", "1m", "critical"],
      ["A", "m < 0.9 and busy > 1", "5m", "warning"],
    ]);
  });

  it("of a service are those of the metrics that it exports", () => {
    for (const service of fake.services) {
      const own = workGroups(service).flatMap(({ rules }) =>
        rules.map((rule) => "alert" in rule && rule.alert),
      );
      expect(own.includes("OutboxBacklog"), service.name).to.equal(
        exportsMetric(service, "marketplace_outbox_pending"),
      );
      expect(own.includes("MeteringSpoolFilling"), service.name).to.equal(service.name === "consumption");
      expect(own.includes("CacheHitRate"), service.name).to.equal(service.name === "discovery");
    }
  });

  it("read the latency of consumption from the platform's own part of a call", () => {
    const expressionOf = (name: string) =>
      serviceGroups(fake.service(name))
        .flatMap(({ rules }) => rules)
        .find((rule) => "record" in rule && rule.record === "service:latency_p95_millis:rate5m")?.expr;
    expect(expressionOf("consumption")).to.include("marketplace_overhead_milliseconds_bucket");
    expect(expressionOf("admin")).to.include("istio_request_duration_milliseconds_bucket");
  });
});

describe("Rules of a stack", () => {
  const text = (sources: MetricSources) => JSON.stringify(platformRules(sources));

  it("read the exporters that the stack has, and no other", () => {
    expect(text(managed)).to.include("aws_rds_").and.not.include("cnpg_").and.not.include("redis_up");
    expect(text(inCluster)).to.include("cnpg_").and.not.include("aws_");
  });

  it("are none for stores of which nobody exports metrics", () => {
    const { postgres, redis, kafka, elasticsearch } = platformRules(unseen);
    expect([postgres, redis, kafka]).to.deep.equal([[], [], []]);
    expect(elasticsearch).not.to.deep.equal([]);
  });

  it("follow from where the stores are and which exporters the cloud brings", () => {
    const store = (namespace: string | undefined, limits = {}) =>
      ({ namespace, managed: namespace === undefined ? limits : undefined }) as StoreOutputs;
    const kafka = (namespace: string | undefined) => ({ namespace }) as KafkaOutputs;
    const exporters = (...all: CloudExporter["name"][]) => all.map((name) => ({ name }));
    expect(
      metricSources({ postgres: store("data"), redis: store("data"), kafka: kafka("messaging") }, []),
    ).to.deep.equal(inCluster);
    expect(
      metricSources(
        {
          postgres: store(undefined, { nodes: 1, maxConnections: 500, storageGiB: 100 }),
          redis: store(undefined),
          kafka: kafka(undefined),
        },
        exporters("cloudwatch-exporter", "kafka-exporter"),
      ),
    ).to.deep.equal(managed);
    expect(
      metricSources({ postgres: store(undefined), redis: store(undefined), kafka: kafka(undefined) }, []),
    ).to.deep.equal(unseen);
  });
});
