// Commitments, the optimised profile, comparisons of two bills, and what would strain a budget.
import { expect } from "chai";
import { noUsage } from "../../../cost/assumptions.ts";
import { breakers } from "../../../cost/breakers.ts";
import { commitmentLines } from "../../../cost/commitments.ts";
import { compareCost } from "../../../cost/compare.ts";
import { optimisedCost } from "../../../cost/optimised.ts";
import { priceTable } from "../../../cost/price-table.ts";
import type { Commitment, Committable, CostResource } from "../../../cost/types.ts";
import { cents, pool, price, resource, template, today } from "./support.ts";

const commit = (covers: Committable, count: number): Commitment => ({
  covers,
  count,
  termYears: 1,
  payment: "no-upfront",
});
const bought = (list: readonly CostResource[], ...commitments: readonly Commitment[]) =>
  commitmentLines(price(list).lines, commitments, priceTable).map(({ item, usdPerMonth }) => [
    item,
    cents(usdPerMonth),
  ]);
const cache = (engine: string) =>
  resource("aws:elasticache/replicationGroup:ReplicationGroup", "cache", {
    engine,
    nodeType: "cache.m6g.large",
    numCacheClusters: 3,
  });

describe("One-year commitments", () => {
  it("cover the dearest on-demand machines first, at the family's own ratio, and never spot nodes", () => {
    const list = [
      template,
      pool("general", "t4g.xlarge", [4, 9]),
      pool("memory-a", "r6g.xlarge", [1, 2]),
      pool("memory-b", "r6g.xlarge", [1, 2]),
      pool("spot", "c7g.2xlarge", [9, 9], "SPOT"),
    ];
    expect(bought(list, commit("nodes", 5))).to.deep.equal([
      ["one year, no upfront: 2 × r6g.xlarge at 0.662 of on demand", -99.54],
      ["one year, no upfront: 3 × t4g.xlarge at 0.625 of on demand", -110.38],
    ]);
  });

  it("cost what they do not cover, at the price of the cheapest machine of their kind", () => {
    const list = [template, pool("general", "t4g.xlarge", [1, 9])];
    expect(bought(list, commit("nodes", 3))).to.deep.equal([
      ["one year, no upfront: 1 × t4g.xlarge at 0.625 of on demand", -36.79],
      ["one year, no upfront: 2 for nodes that do not run at the minimum", 122.64],
    ]);
  });

  it("know databases with a standby and the cache's engine by their own ratios", () => {
    const database = resource("aws:rds/instance:Instance", "db", {
      engine: "postgres",
      instanceClass: "db.t4g.medium",
      allocatedStorage: 20,
      multiAz: true,
    });
    expect(bought([database, cache("valkey")], commit("postgres", 1), commit("redis", 3))).to.deep.equal([
      ["one year, no upfront: 1 × db.t4g.medium at 0.721 of on demand", -26.28],
      ["one year, no upfront: 3 × cache.m6g.large at 0.677 of on demand", -84.27],
    ]);
  });
});

describe("The optimised price", () => {
  it("says which saving applies to what, and savings add up to the difference from the list price", () => {
    const list = price([template, pool("general", "t3.xlarge", [8, 8]), cache("redis")]);
    const optimised = price([
      template,
      pool("general", "t4g.xlarge", [4, 4]),
      pool("general-spot", "t4g.xlarge", [4, 4], "SPOT"),
      cache("valkey"),
    ]);
    const result = optimisedCost(list, optimised, [commit("nodes", 4), commit("redis", 3)], priceTable);
    expect(result.savings.map(({ saving, usdPerMonth }) => [saving, cents(usdPerMonth)])).to.deep.equal([
      ["spot nodes", 235.47],
      ["Graviton nodes", 186.88],
      ["Valkey in the place of Redis", 65.26],
      ["one-year commitments for nodes", 147.17],
      ["one-year commitments for redis", 84.27],
    ]);
    const saved = result.savings.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
    expect(cents(list.minimumUsdPerMonth - result.usdPerMonth)).to.equal(cents(saved));
    for (const { applies, turnOn } of result.savings) {
      expect(applies).not.to.equal("");
      expect(turnOn).to.match(/profile: optimised|buy /);
    }
  });
});

describe("A comparison of two bills", () => {
  const changes = (before: readonly CostResource[], after: readonly CostResource[]) =>
    compareCost(price(before).lines, price(after).lines).map(
      ({ sign, item, itemBefore, beforeUsdPerMonth, afterUsdPerMonth }) => [
        sign,
        item,
        itemBefore,
        cents(afterUsdPerMonth - beforeUsdPerMonth),
      ],
    );

  it("shows what came, changed and went, the largest first, and nothing for what is equal", () => {
    const ip = resource("aws:ec2/eip:Eip", "ip");
    const before = [template, pool("general", "t3.xlarge", [2, 6]), ip, resource("aws:kms/key:Key", "old")];
    const after = [
      template,
      pool("general", "t3.xlarge", [3, 6]),
      ip,
      resource("aws:ec2/natGateway:NatGateway", "nat"),
    ];
    expect(changes(before, after)).to.deep.equal([
      ["~", "3 × t3.xlarge on demand", "2 × t3.xlarge on demand", 121.47],
      ["+", "NAT gateway", undefined, 32.85],
      ["~", "node volumes, 40 GiB gp3 each", undefined, 3.2],
      ["−", "customer key", undefined, -1],
    ]);
    expect(changes(before, before)).to.deep.equal([]);
  });

  it("keeps a machine that changed its type, engine or zones in one line", () => {
    expect(changes([cache("redis")], [cache("valkey")])).to.deep.equal([
      ["~", "3 × cache.m6g.large valkey", "3 × cache.m6g.large redis", -65.26],
    ]);
    const kafka = (instanceType: string) =>
      resource("aws:msk/cluster:Cluster", "k", {
        numberOfBrokerNodes: 3,
        brokerNodeGroupInfo: { instanceType, storageInfo: { ebsStorageInfo: { volumeSize: 10 } } },
      });
    expect(changes([kafka("kafka.t3.small")], [kafka("kafka.m7g.large")])).to.deep.equal([
      ["~", "3 × kafka.m7g.large brokers", "3 × kafka.t3.small brokers", 346.9],
    ]);
  });

  it("takes a resource of two stacks for the same", () => {
    const ip = resource("aws:ec2/eip:Eip", "ip");
    const other = { ...ip, urn: ip.urn.replace(":test::", ":another::") };
    expect(changes([ip], [other])).to.deep.equal([]);
  });
});

describe("What would strain a budget", () => {
  it("is found by pricing the changed graph", () => {
    const subnet = (zone: string) => resource("aws:ec2/subnet:Subnet", zone, { availabilityZone: zone });
    const list = [
      resource("aws:ec2/vpc:Vpc", "vpc"),
      ...["a", "b", "c"].map(subnet),
      resource("aws:eks/cluster:Cluster", "c", {
        version: "1.36",
        upgradePolicy: { supportType: "STANDARD" },
      }),
      template,
      pool("general", "t3.xlarge", [12, 20]),
    ];
    const inputs = { usage: noUsage, spotRatio: 0.4, typicalNodeShare: 0 };
    const found = breakers(list, priceTable, inputs, today);
    expect(found.map(({ change, usdPerMonth }) => [change, cents(usdPerMonth)])).to.deep.equal([
      ["one more node (13th): general", 124.67],
      ["interface endpoints for ecr.api, ecr.dkr, ec2, sts, logs, secretsmanager, kms", 153.3],
      ["Kubernetes out of standard support", 365],
    ]);
    const now = price(list).minimumUsdPerMonth;
    for (const { usdPerMonth, totalUsdPerMonth } of found)
      expect(cents(totalUsdPerMonth - usdPerMonth)).to.equal(cents(now));
  });

  it("is nothing where there is no cluster and no network", () => {
    const inputs = { usage: noUsage, spotRatio: 0.4, typicalNodeShare: 0 };
    expect(breakers([resource("aws:ec2/eip:Eip", "ip")], priceTable, inputs, today)).to.deep.equal([]);
  });
});
