// The capacity model of the services' benchmark: figures in, replicas, store sizes and prices out.
import { expect } from "chai";
import { resolvedSettings } from "../../../config/resolve.ts";
import { priceTable } from "../../../cost/price-table.ts";
import { hoursPerMonth } from "../../../cost/quantities.ts";
import { catalog } from "../../../services/catalog.ts";
import {
  capacity,
  clusterVcpu,
  databaseConnections,
  type Figures,
  goal,
  type ServiceFigures,
} from "../../../services/dev/bench/capacity.ts";
import { serviceNodes } from "../../../services/dev/bench/service-nodes.ts";
import { production, type StoreDemand, stores } from "../../../services/dev/bench/store-sizes.ts";

const cheap: ServiceFigures = {
  requestsPerCpuSecond: 10_000,
  elsewhere: {},
  redisCommands: 0,
  postgresTransactions: 0,
  kafkaBytes: 0,
};
const figures = (changes: Readonly<Record<string, Partial<ServiceFigures>>> = {}): Figures =>
  Object.fromEntries(catalog.map(({ name }) => [name, { ...cheap, ...changes[name] }]));
const needOf = (table: ReturnType<typeof capacity>, name: string) => {
  const found = table.needs.find(({ service }) => service === name);
  if (found === undefined) throw new Error(`no row for ${name}`);
  return found;
};
const usd = (key: string) => (priceTable.prices[key]?.usd ?? Number.NaN) * hoursPerMonth;

describe("the capacity of the services", () => {
  it("shares all requests among the catalogue's services", () => {
    const shares = Object.entries(goal.mix);
    expect(shares.map(([name]) => name)).to.have.members(catalog.map(({ name }) => name));
    expect(shares.reduce((sum, [, share]) => sum + share, 0)).to.be.closeTo(1, 1e-9);
  });

  it("takes as many pods as hold the load at the autoscaler's target, and never less than the minimum", () => {
    const table = capacity(catalog, figures({ consumption: { requestsPerCpuSecond: 1000 } }));
    const consumption = needOf(table, "consumption");
    // 30,000 requests a second burn 30 vCPU; a pod of 150m at 50 % burns 0.075.
    expect(consumption.vcpu).to.be.closeTo(30, 1e-9);
    expect(consumption.replicas).to.equal(400);
    expect(needOf(table, "admin").replicas).to.equal(2);
    expect(table.problems).to.include("consumption needs 400 replicas; the table allows 200");
  });

  it("counts what a request leaves to another service where it is burned", () => {
    const table = capacity(catalog, figures({ consumption: { elsewhere: { admin: 1e-4 } } }));
    // 30,000 records a second at 0.1 ms beside 100 requests at 0.1 ms.
    expect(needOf(table, "admin").vcpu).to.be.closeTo(3.01, 1e-9);
    expect(needOf(table, "consumption").vcpu).to.be.closeTo(3, 1e-9);
  });

  it("says when the pods ask for more than 50 nodes have", () => {
    const table = capacity(catalog, figures({ publishing: { requestsPerCpuSecond: 10 } }));
    expect(table.requestedVcpu).to.be.greaterThan(clusterVcpu);
    expect(table.problems.some((problem) => problem.includes(`50 nodes have ${clusterVcpu}`))).to.equal(true);
  });

  it("keeps the connections of all pools, with a rollout's surge, under PostgreSQL's limit", () => {
    expect(capacity(catalog, figures()).databaseConnections).to.be.at.most(databaseConnections);
  });

  it("refuses figures that lack a service", () => {
    expect(() => capacity(catalog, { publishing: cheap })).to.throw(
      "discovery: nothing was measured of this service",
    );
  });
});

describe("the sizes of stores", () => {
  const demand = (store: string, vcpu: number, kafkaMegabytesPerSecond = 0): StoreDemand => ({
    vcpu: { [store]: vcpu },
    kafkaMegabytesPerSecond,
  });
  const choose = (store: string, wanted: StoreDemand) => {
    const choice = stores[store];
    if (choice === undefined) throw new Error(`no store ${store}`);
    return choice(wanted);
  };

  it("are the smallest that stay under 60 % of the CPU, at list price", () => {
    const small = choose("postgres", demand("postgres", 0.24));
    expect(small.size).to.contain("db.t4g.medium");
    expect(small.monthlyUsd).to.equal(usd("aws.rds.postgresql.db.t4g.medium.multiAz.hour"));
    expect(choose("postgres", demand("postgres", 0.25)).size).to.contain("db.m6g.large");
    expect(choose("redis", demand("redis", 0.6)).monthlyUsd).to.equal(
      3 * usd("aws.elasticache.redis.cache.m6g.large.hour"),
    );
    expect(choose("elasticsearch", demand("elasticsearch", 6)).size).to.equal("4 × r5.xlarge");
  });

  it("start from what the stack production has", () => {
    const { data, messaging } = resolvedSettings("production", new Date("2026-11-28T12:00:00Z"));
    const { postgres, redis } = data;
    const { kafka } = messaging;
    if (postgres.mode !== "managed" || redis.mode !== "managed" || kafka.mode !== "managed")
      throw new Error("production has stores of its own");
    expect({
      database: postgres.instanceClass,
      cache: redis.nodeType,
      broker: kafka.brokerType,
      brokers: kafka.brokers,
    }).to.deep.equal(production);
    // 60 % of a baseline of 0.4 vCPU on each of three brokers, for three copies.
    expect(choose("kafka", demand("kafka", 1)).productionVcpu).to.be.closeTo(0.24, 1e-9);
  });

  it("say what is missing where none is enough", () => {
    expect(choose("redis", demand("redis", 0.9)).problem).to.contain("Redis burns 0.90");
    expect(choose("postgres", demand("postgres", 3)).problem).to.contain("db.m6g.xlarge is planned for 2.4");
    expect(choose("elasticsearch", demand("elasticsearch", 20)).problem).to.contain("needs 12 nodes");
    expect(choose("kafka", demand("kafka", 7)).problem).to.contain("Kafka burns 21.0 vCPU");
  });

  it("count Kafka's copies, brokers in threes, and a week of its disk", () => {
    const choice = choose("kafka", demand("kafka", 1.5, 10));
    expect(choice.size).to.equal("6 × kafka.m7g.large, 18150 GB");
    const gigabytes = (10 / 1000) * 168 * 3600 * 3;
    expect(choice.monthlyUsd).to.be.closeTo(6 * usd("aws.msk.kafka.m7g.large.hour") + gigabytes * 0.1, 0.01);
    expect(choose("kafka", demand("kafka", 0.1)).size).to.contain("3 × kafka.t3.small");
  });
});

describe("the nodes of the services", () => {
  it("are as many as the requests fill, with credits for what is burned beyond the baseline", () => {
    const nodes = serviceNodes(35.6, 20);
    expect(nodes.count).to.equal(10);
    // Ten t3.xlarge earn 40 % of 40 vCPU.
    expect(nodes.surplusVcpu).to.be.closeTo(4, 1e-9);
    expect(nodes.surplusMonthlyUsd).to.be.closeTo(4 * 0.05 * hoursPerMonth, 1e-9);
    expect(serviceNodes(35.6, 10).surplusMonthlyUsd).to.equal(0);
  });
});
