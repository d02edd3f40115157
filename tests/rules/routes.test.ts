// Who is told of what: the rendered configuration of Alertmanager, judged by amtool at the chart's version, and a real
// Alertmanager (the newest release whose module builds without its web pages) that tells servers of the test.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dummyKeys, hastened, renderConfig } from "./support/alertmanager.ts";
import { pause, type Running, runTool, startServer } from "./support/processes.ts";
import { alertsOf, type Rendered, render } from "./support/rendered.ts";

describe("Routes of alerts", function () {
  this.timeout(120_000);
  let folder: string;
  let stack: Rendered;

  before(async function () {
    this.timeout(1_800_000);
    folder = mkdtempSync(join(tmpdir(), "marketplace-routes-"));
    stack = await render("production");
    writeFileSync(join(folder, "alertmanager.yaml"), renderConfig(stack.alertmanagerTemplate, dummyKeys));
    await runTool("amtool", ["--version"], folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("are a configuration that amtool accepts, with no key left open", async () => {
    const checked = await runTool("amtool", ["check-config", "alertmanager.yaml"], folder);
    expect(checked.ok, checked.output).to.equal(true);
    expect(checked.output).to.include("SUCCESS");
  });

  it("lead every alert of the platform to the receiver of its severity", async () => {
    const receivers: Readonly<Record<string, string>> = { critical: "pagerduty", warning: "slack" };
    const alerts = [...stack.rules.values()].flatMap(alertsOf);
    const kinds = new Map(alerts.map(({ labels }) => [labels.severity ?? "", labels]));
    expect([...kinds.keys()].sort()).to.deep.equal(["critical", "warning"]);
    for (const [severity, labels] of kinds) {
      expect(await receiverOf({ alertname: "X", ...labels }), severity).to.equal(receivers[severity]);
    }
  });

  it("show what has no severity of these to nobody, the chart's Watchdog among them", async () => {
    expect(await receiverOf({ alertname: "X", severity: "info" })).to.equal("nobody");
    expect(await receiverOf({ alertname: "X" })).to.equal("nobody");
    expect(await receiverOf({ alertname: "Watchdog", severity: "none" })).to.equal("nobody");
    expect(await receiverOf({ alertname: "InfoInhibitor", severity: "none" })).to.equal("nobody");
  });

  async function receiverOf(labels: Readonly<Record<string, string>>): Promise<string> {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    const run = await runTool(
      "amtool",
      ["config", "routes", "test", "--config.file=alertmanager.yaml", ...pairs],
      folder,
    );
    expect(run.ok, run.output).to.equal(true);
    return run.output.trim();
  }

  describe("on a real Alertmanager", () => {
    let told: { path: string; body: string }[];
    let receiver: Server;
    let alertmanager: Running;

    before(async function () {
      this.timeout(1_800_000);
      told = [];
      receiver = createServer((request, response) => {
        let body = "";
        request.on("data", (data: Buffer) => {
          body += data.toString();
        });
        request.on("end", () => {
          told.push({ path: request.url ?? "", body });
          response.writeHead(202, { "content-type": "application/json" }).end('{"status":"success"}');
        });
      });
      await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
      const server = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
      const config = renderConfig(stack.alertmanagerTemplate, { ...dummyKeys, slack: `${server}/slack` });
      writeFileSync(join(folder, "hastened.yaml"), hastened(config, server));
      alertmanager = await startServer(
        "alertmanager",
        (port) => [
          `--config.file=${join(folder, "hastened.yaml")}`,
          `--storage.path=${join(folder, "alertmanager")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--cluster.listen-address=",
        ],
        "/-/ready",
      );
      await send(alerts);
      await until(
        () => told.some(({ path }) => path === "/pagerduty") && told.some(({ path }) => path === "/slack"),
      );
      // What is wrongly not silenced would be told within the same second.
      await pause(3000);
    });
    after(async () => {
      await alertmanager?.stop();
      receiver?.close();
    });

    /** What one bad hour could bring, critical ones first. */
    const alerts: readonly Readonly<Record<string, string>>[] = [
      { alertname: "ServiceErrorRate", severity: "critical", service: "admin", namespace: "llm-marketplace" },
      { alertname: "ServiceErrorRate", severity: "warning", service: "admin", namespace: "llm-marketplace" },
      {
        alertname: "ServiceErrorRate",
        severity: "warning",
        service: "discovery",
        namespace: "llm-marketplace",
      },
      { alertname: "KafkaConsumerLag", severity: "critical", consumergroup: "admin", topic: "a" },
      { alertname: "KafkaConsumerLag", severity: "warning", consumergroup: "admin", topic: "a" },
      { alertname: "KafkaConsumerLag", severity: "warning", consumergroup: "admin", topic: "b" },
      { alertname: "ServiceDown", severity: "critical", service: "publishing", namespace: "llm-marketplace" },
      {
        alertname: "ServiceErrorRate",
        severity: "critical",
        service: "publishing",
        namespace: "llm-marketplace",
      },
      { alertname: "RedisDown", severity: "critical", dependency: "redis" },
      {
        alertname: "ServiceDependencyDown",
        severity: "critical",
        service: "consumption",
        dependency: "redis",
      },
      { alertname: "ServiceDependencyDown", severity: "warning", service: "admin", dependency: "postgres" },
      { alertname: "KubeNodeNotReady", severity: "warning", node: "node-a" },
      { alertname: "NodeDisk", severity: "warning", node: "node-a", mountpoint: "/" },
      { alertname: "NodeDisk", severity: "warning", node: "node-b", mountpoint: "/" },
    ];

    it("silences what follows from something worse, and nothing else", async () => {
      const answer = await fetch(`${alertmanager.url}/api/v2/alerts`);
      const states = (await answer.json()) as {
        labels: Record<string, string>;
        status: { inhibitedBy: string[] };
      }[];
      const silenced = states
        .filter(({ status }) => status.inhibitedBy.length > 0)
        .map(({ labels }) => labels);
      expect(silenced).to.have.deep.members([alerts[1], alerts[4], alerts[7], alerts[9], alerts[12]]);
    });

    it("pages for critical alerts and writes warnings to the channel, each with its runbook", () => {
      const to = (path: string) =>
        told
          .filter((one) => one.path === path)
          .map(({ body }) => body)
          .join("\n");
      for (const name of ["ServiceErrorRate", "KafkaConsumerLag", "ServiceDown", "RedisDown"]) {
        expect(to("/pagerduty"), name).to.include(name);
      }
      expect(to("/pagerduty")).not.to.include("ServiceDependencyDown");
      expect(to("/pagerduty")).to.include(dummyKeys.pagerduty);
      for (const name of ["ServiceErrorRate", "KafkaConsumerLag", "KubeNodeNotReady", "NodeDisk"]) {
        expect(to("/slack"), name).to.include(name);
      }
      expect(to("/slack")).to.include("https://runbooks.example/NodeDisk");
      expect(to("/slack")).not.to.include(dummyKeys.pagerduty);
    });

    async function send(all: typeof alerts): Promise<void> {
      const body = all.map((labels) => ({
        labels,
        annotations: {
          summary: "s",
          description: "d",
          runbook_url: `https://runbooks.example/${labels.alertname}`,
        },
      }));
      const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(answer.status).to.equal(200);
    }

    async function until(condition: () => boolean): Promise<void> {
      for (const end = Date.now() + 30_000; Date.now() < end; ) {
        if (condition()) return;
        await pause(200);
      }
      throw new Error(`not told in time; so far: ${told.map(({ path }) => path).join(", ")}`);
    }
  });
});
