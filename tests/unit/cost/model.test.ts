// The model as a whole: every resource ends in one of three lists, sums hold, prices age, regions and components count once.
import { expect } from "chai";
import fc from "fast-check";
import { usageNames } from "../../../cost/assumptions.ts";
import { costResources } from "../../../cost/graph.ts";
import { priceTable } from "../../../cost/price-table.ts";
import type { CostResource, PriceTable } from "../../../cost/types.ts";
import { cents, pool, price, resource, template } from "./support.ts";

const key = (name: string, region?: string) =>
  resource("aws:kms/key:Key", name, {}, region ? { region } : {});
const total = (list: readonly CostResource[], options = {}) => price(list, options).minimumUsdPerMonth;

describe("The cost model", () => {
  it("puts every resource into exactly one of lines, free and unpriced, and leaves the program's structure out", () => {
    const component = resource("llm-marketplace:network:Network", "network");
    const foreign = resource("shop:index:Shop", "shop");
    const list = [
      resource("pulumi:pulumi:Stack", "stack"),
      resource("pulumi:providers:aws", "aws"),
      component,
      foreign,
      resource("aws:ec2/eip:Eip", "ip", {}, { parent: component }),
      resource("aws:iam/role:Role", "role", {}, { parent: foreign }),
      resource("aws:sagemaker/endpoint:Endpoint", "model"),
      resource("gcp:compute/instance:Instance", "machine"),
      resource("datadog:index/monitor:Monitor", "monitor"),
      resource("random:index/randomId:RandomId", "id"),
    ];
    const { lines, free, unpriced } = price(list);
    expect(lines.map(({ component: name, item }) => [name, item])).to.deep.equal([
      ["network", "public IPv4 address"],
    ]);
    expect(free.map(({ type }) => type)).to.deep.equal([
      "aws:iam/role:Role",
      "random:index/randomId:RandomId",
    ]);
    expect(unpriced.map(({ reason }) => reason)).to.deep.equal([
      "no price rule for aws:sagemaker/endpoint:Endpoint: add one in cost/pricers/",
      "no price rule for gcp:compute/instance:Instance: add one in cost/pricers/",
      "no price rule for datadog:index/monitor:Monitor: add one in cost/pricers/",
    ]);
  });

  it("names the outermost component of the library", () => {
    const outer = resource("llm-marketplace:data:DataTier", "data");
    const inner = resource("llm-marketplace:data:Store", "store", {}, { parent: outer });
    const { lines } = price([
      outer,
      inner,
      resource("aws:ec2/eip:Eip", "ip", {}, { parent: inner }),
      key("free-standing"),
    ]);
    expect(lines.map(({ component }) => component)).to.deep.equal(["data", "stack", "stack"]);
  });

  it("has no price of a machine that its table lacks, and says which", () => {
    const { unpriced, lines } = price([template, pool("general", "x2gd.metal", [1, 1])]);
    expect(unpriced.map(({ reason }) => reason)).to.deep.equal([
      "no price aws.ec2.x2gd.metal.hour of us-east-1 in cost/prices.json",
    ]);
    expect(lines).to.deep.equal([]);
  });

  it("takes another region's own price, and none where it is not known", () => {
    const report = price([key("a"), key("b"), key("c", "us-west-2"), key("d", "eu-north-1")]);
    expect(report.region).to.equal("us-east-1");
    expect(report.unpriced.map(({ reason }) => reason)).to.deep.equal([
      "no price aws.kms.key.month of eu-north-1 in cost/prices.json",
    ]);
    expect(report.lines.filter(({ item }) => item === "customer key")).to.have.length(3);
  });

  it("counts a remote component without children as what it stands for, and with children only those", () => {
    const guarded = (type: string, name: string, props: object, parent?: string) => ({
      urn: `urn:pulumi:t::p::${type}::${name}`,
      type,
      name,
      props: props as Record<string, unknown>,
      protect: false,
      parent,
      propertyDependencies: {},
      provider: undefined,
    });
    const component = guarded("eks:index:Cluster", "c", { skipDefaultNodeGroup: true, version: "1.36" });
    expect(cents(total(costResources([component])))).to.equal(73);
    const child = guarded("aws:eks/cluster:Cluster", "c", { version: "1.36" }, component.urn);
    expect(cents(total(costResources([component, child])))).to.equal(73);
  });

  it("takes a resource's region from itself, else from its provider", () => {
    const provider = {
      type: "pulumi:providers:aws",
      name: "west",
      props: { region: "us-west-2" },
      protect: false,
      parent: undefined,
      propertyDependencies: {},
      provider: undefined,
      urn: "urn:west",
    };
    const own = { ...provider, type: "aws:kms/key:Key", urn: "urn:key", props: {}, provider: "urn:west" };
    const moved = { ...own, urn: "urn:moved", props: { region: "us-east-1" } };
    expect(costResources([provider, own, moved]).map(({ region }) => region)).to.deep.equal([
      undefined,
      "us-west-2",
      "us-east-1",
    ]);
  });

  it("warns of prices older than 180 days, of low confidence, and of assumptions that nothing causes", () => {
    const table = (date: string, confidence: "high" | "low"): PriceTable => ({
      ...priceTable,
      prices: {
        "aws.vpc.publicIpv4.hour": {
          usd: 0.005,
          unit: "hour",
          region: "us-east-1",
          source: "list",
          date,
          confidence,
        },
      },
    });
    const ip = resource("aws:ec2/eip:Eip", "ip");
    const of = (date: string, confidence: "high" | "low" = "high") =>
      price([ip], { table: table(date, confidence) }).warnings;
    expect(of("2026-05-27")).to.deep.equal([]);
    expect(of("2026-05-26")).to.deep.equal([
      "price aws.vpc.publicIpv4.hour is 181 days old (2026-05-26): renew it with make prices",
    ]);
    expect(of("2026-11-01", "low")).to.deep.equal([
      "price aws.vpc.publicIpv4.hour is of low confidence: list",
    ]);
    expect(
      price([ip], { usage: { natGiB: 7, requestsMillions: 1, nodeCpuPercent: 50 } }).warnings,
    ).to.deep.equal(["the assumption natGiB (7) is priced nowhere: no resource of the stack causes it"]);
  });

  it("tells the date of the oldest price that it used", () => {
    expect(price([resource("aws:ec2/eip:Eip", "ip")]).priceDate).to.equal(
      priceTable.prices["aws.vpc.publicIpv4.hour"]?.date,
    );
    expect(price([]).priceDate).to.equal("2026-11-23");
  });
});

/** Resources whose price depends on nothing else in the graph. */
const independent = fc.oneof(
  fc
    .constantFrom("aws:ec2/eip:Eip", "aws:iam/role:Role", "aws:nothing/known:Known")
    .map((type) => ({ type, props: {} })),
  fc
    .record({ size: fc.integer({ min: 1, max: 16000 }), type: fc.constantFrom("gp3", "st1", "io9") })
    .map((props) => ({ type: "aws:ebs/volume:Volume", props })),
  fc
    .constantFrom("t3.large", "m5.xlarge", "unknown.type")
    .map((instanceType) => ({ type: "aws:ec2/instance:Instance", props: { instanceType } })),
);
const graph = (prefix: string) =>
  fc
    .array(independent, { maxLength: 12 })
    .map((list) => list.map(({ type, props }, index) => resource(type, `${prefix}${index}`, props)));

describe("The cost of any graph", () => {
  it("is the sum of its parts, its lines add up to it, and every resource is in one list", () => {
    fc.assert(
      fc.property(graph("a"), graph("b"), (a, b) => {
        const whole = price([...a, ...b]);
        expect(whole.minimumUsdPerMonth).to.be.closeTo(total(a) + total(b), 1e-6);
        const sum = whole.lines.reduce((all, line) => all + line.usdPerMonth, 0);
        expect(sum).to.be.closeTo(whole.minimumUsdPerMonth, 1e-6);
        const named = [
          ...new Set(whole.lines.map(({ urn }) => urn)),
          ...[...whole.free, ...whole.unpriced].map(({ urn }) => urn),
        ];
        expect(named.sort()).to.deep.equal([...a, ...b].map(({ urn }) => urn).sort());
      }),
    );
  });

  it("is never negative, grows with nodes, and is never less at the maximum than at the minimum", () => {
    const arbitrary = fc.record({
      minimum: fc.integer({ min: 0, max: 50 }),
      more: fc.integer({ min: 0, max: 50 }),
      type: fc.constantFrom("t3.xlarge", "t4g.large", "m7g.xlarge", "r5.xlarge"),
      capacity: fc.constantFrom("SPOT", "ON_DEMAND"),
      spotRatio: fc.double({ min: 0.05, max: 1, noNaN: true }),
      typicalNodeShare: fc.double({ min: 0, max: 1, noNaN: true }),
      cpu: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ minimum, more, type, capacity, cpu, ...options }) => {
        const usage = { nodeCpuPercent: cpu, nodeCpuPercentAtMaximum: cpu };
        const of = (least: number) =>
          price([template, pool("p", type, [least, minimum + more + 1], capacity)], { ...options, usage });
        const report = of(minimum);
        expect(report.minimumUsdPerMonth).to.be.at.least(0);
        expect(report.typicalUsdPerMonth).to.be.at.least(report.minimumUsdPerMonth - 1e-9);
        expect(report.maximumUsdPerMonth).to.be.at.least(report.typicalUsdPerMonth - 1e-9);
        expect(of(minimum + 1).minimumUsdPerMonth).to.be.greaterThan(report.minimumUsdPerMonth);
      }),
    );
  });

  it("never falls when usage grows", () => {
    const list = [
      resource("aws:ec2/vpc:Vpc", "vpc"),
      resource("aws:ec2/natGateway:NatGateway", "nat"),
      resource("aws:s3/bucket:Bucket", "bucket"),
      key("key"),
      resource("aws:cloudwatch/logGroup:LogGroup", "eks", { name: "/aws/eks/c/cluster", retentionInDays: 7 }),
    ];
    const amounts = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...usageNames), amounts, amounts, (name, base, more) => {
        const of = (value: number) => total(list, { usage: { [name]: value } });
        expect(of(base + more)).to.be.at.least(of(base) - 1e-9);
      }),
    );
  });
});

describe("The price table", () => {
  it("has a source, a day and a confidence of every price, none of them in the future", () => {
    for (const [name, { usd, source, date, confidence, unit }] of Object.entries(priceTable.prices)) {
      expect(usd, name).to.be.at.least(0);
      expect(source.length, name).to.be.greaterThan(10);
      expect(date, name).to.match(/^20\d\d-\d\d-\d\d$/);
      expect(date <= "2026-11-23", name).to.equal(true);
      expect(["high", "medium", "low"], name).to.include(confidence);
      expect(unit, name).not.to.equal("");
    }
  });

  it("names the region of another region's price in its key", () => {
    for (const [name, { region }] of Object.entries(priceTable.prices)) {
      expect(name.split("@")[1] ?? priceTable.defaultRegion, name).to.satisfy(
        (of: string) => of === region || region === "global" || region.includes("->"),
      );
    }
  });
});
