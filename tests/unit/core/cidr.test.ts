// IPv4 ranges: reading, comparing, and cutting a network into subnets that never overlap and never leave it.
import { expect } from "chai";
import fc from "fast-check";
import {
  contains,
  formatRange,
  type Ipv4Range,
  longestSubnetPrefix,
  overlap,
  parseRange,
  planSubnets,
  privateAddressesPerZone,
  size,
  smallestNetworkPrefix,
} from "../../../components/core/cidr.ts";

function range(text: string): Ipv4Range {
  const parsed = parseRange(text);
  if (typeof parsed === "string") throw new Error(`${text}: ${parsed}`);
  return parsed;
}

/** Any range whose address begins at its prefix. */
const anyRange = fc
  .tuple(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => ({ first: address - (address % 2 ** (32 - prefix)), prefix }));

const networkAndZones = fc
  .integer({ min: 1, max: 6 })
  .chain((zones) =>
    fc.tuple(
      fc.constant(zones),
      fc.nat({ max: 2 ** 32 - 1 }),
      fc.integer({ min: 8, max: smallestNetworkPrefix(zones) }),
    ),
  )
  .map(([zones, address, prefix]) => ({
    zones,
    network: formatRange({ first: address - (address % 2 ** (32 - prefix)), prefix }),
  }));

describe("IPv4 ranges", () => {
  it("read and write the same text", () => {
    fc.assert(
      fc.property(anyRange, (one) => {
        expect(parseRange(formatRange(one))).to.deep.equal(one);
      }),
    );
  });

  it("say what is wrong with a text that is none", () => {
    expect(parseRange("10.0.0/8")).to.equal("it is not an IPv4 range");
    expect(parseRange("::/0")).to.equal("it is not an IPv4 range");
    expect(parseRange("10.0.0.256/8")).to.equal("a part of the address is over 255");
    expect(parseRange("10.0.0.0/33")).to.equal("the prefix is over 32 bits");
    expect(parseRange("10.0.0.1/24")).to.equal(
      "the address has bits beyond its prefix; the range is 10.0.0.0/24",
    );
  });

  it("never throw on any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseRange(text);
        return typeof parsed === "string" || formatRange(parsed).length > 0;
      }),
    );
  });

  it("overlap exactly where one holds the other's first address", () => {
    fc.assert(
      fc.property(anyRange, anyRange, (one, other) => {
        const nested = contains(one, other) || contains(other, one);
        expect(overlap(one, other)).to.equal(nested);
        expect(overlap(one, other)).to.equal(overlap(other, one));
      }),
    );
    expect(overlap(range("172.16.0.0/12"), range("172.20.0.0/16"))).to.equal(true);
    expect(overlap(range("172.19.0.0/16"), range("172.20.0.0/16"))).to.equal(false);
  });
});

describe("A network's subnets", () => {
  it("are halves, quarters and quarters of it", () => {
    expect(planSubnets("10.20.0.0/16", 3)).to.deep.equal({
      private: ["10.20.0.0/19", "10.20.32.0/19", "10.20.64.0/19"],
      public: ["10.20.128.0/20", "10.20.144.0/20", "10.20.160.0/20"],
      data: ["10.20.192.0/20", "10.20.208.0/20", "10.20.224.0/20"],
    });
  });

  it("lie inside it, overlap nowhere and are large enough, for any network and number of zones", () => {
    fc.assert(
      fc.property(networkAndZones, ({ network, zones }) => {
        const plan = planSubnets(network, zones);
        const all = [...plan.public, ...plan.private, ...plan.data].map(range);
        expect(all).to.have.lengthOf(3 * zones);
        for (const [index, subnet] of all.entries()) {
          expect(contains(range(network), subnet)).to.equal(true);
          expect(subnet.prefix).to.be.at.most(longestSubnetPrefix);
          for (const other of all.slice(index + 1)) expect(overlap(subnet, other)).to.equal(false);
        }
      }),
    );
  });

  it("stay where they are when a fourth zone comes beside three", () => {
    const three = planSubnets("10.20.0.0/16", 3);
    const four = planSubnets("10.20.0.0/16", 4);
    expect(four.private.slice(0, 3)).to.deep.equal(three.private);
    expect(four.public.slice(0, 3)).to.deep.equal(three.public);
    expect(four.data.slice(0, 3)).to.deep.equal(three.data);
  });

  it("have as many addresses as the check of the configuration counts", () => {
    fc.assert(
      fc.property(networkAndZones, ({ network, zones }) => {
        const [first = ""] = planSubnets(network, zones).private;
        expect(privateAddressesPerZone(range(network), zones)).to.equal(size(range(first)) - 5);
      }),
    );
  });

  it("are refused where they would be under 16 addresses", () => {
    expect(() => planSubnets("10.0.0.0/25", 3)).to.throw(
      RangeError,
      "10.0.0.0/25: too small for three subnets in each of 3 zones",
    );
    expect(() => planSubnets("10.0.0.0", 3)).to.throw(RangeError, "10.0.0.0: it is not an IPv4 range");
    expect(planSubnets("10.0.0.0/24", 3).public).to.deep.equal([
      "10.0.0.128/28",
      "10.0.0.144/28",
      "10.0.0.160/28",
    ]);
  });
});
