// Prices from AWS's public lists: recipes, the reader of an offer file of the recorded form, and what a renewal changes.
import { expect } from "chai";
import { priceTable } from "../../../cost/price-table.ts";
import { offerUrl, readOffer, recipeOf, renewed } from "../../../cost/renewal.ts";

/** Five lines about the file, the columns, then rows: the form of the lists of 2026. */
const offer = [
  '"FormatVersion","v1.0"',
  '"Disclaimer","This pricing list is for informational purposes only. All prices are subject to change, ""as is""."',
  '"Publication Date","2026-12-01T10:20:30Z"',
  '"Version","20261201102030"',
  '"OfferCode","AmazonEC2"',
  '"SKU","TermType","StartingRange","Unit","PricePerUnit","usageType","operation","Tenancy"',
  '"AAA","OnDemand","0","Hrs","0.1700000000","BoxUsage:t3.xlarge","RunInstances","Shared"',
  '"AAA","Reserved","","Hrs","0.1044000000","BoxUsage:t3.xlarge","RunInstances","Shared"',
  '"BBB","OnDemand","0","Hrs","0.3500000000","BoxUsage:t3.xlarge","RunInstances:0002","Shared"',
  '"CCC","OnDemand","0","GB-Mo","0.0800000000","EBS:VolumeUsage.gp3","",""',
  '"DDD","OnDemand","0","Hrs","0.0000000000","NatGateway-Hours","",""',
];
const wanted = (...keys: string[]) =>
  new Map(keys.map((key) => [key, recipeOf(key) ?? { service: "", where: { SKU: "none" } }]));

describe("The renewal of prices", () => {
  it("knows where the prices of machines, stores and storage are in the lists", () => {
    expect(recipeOf("aws.ec2.t3.xlarge.hour")).to.deep.include({
      service: "AmazonEC2",
      where: { usageType: "BoxUsage:t3.xlarge", operation: "RunInstances", Tenancy: "Shared" },
    });
    expect(recipeOf("aws.rds.postgresql.db.m6g.large.multiAz.hour")?.where.usageType).to.equal(
      "Multi-AZUsage:db.m6g.large",
    );
    expect(recipeOf("aws.s3.standard.storage.gbMonth@us-west-2")).to.deep.include({
      region: "us-west-2",
      where: { usageType: "USW2-TimedStorage-ByteHrs" },
    });
    expect(recipeOf("aws.something.else")).to.equal(undefined);
    expect(recipeOf("aws.ec2.t3.xlarge.hour@mars-north-1")).to.equal(undefined);
    const known = Object.keys(priceTable.prices).filter((key) => recipeOf(key) !== undefined);
    expect(known.length).to.be.greaterThan(90);
  });

  it("reads the first tier of the on-demand price and the day of publication", async () => {
    const found = await readOffer(
      offer,
      wanted("aws.ec2.t3.xlarge.hour", "aws.ebs.gp3.storage.gbMonth", "aws.vpc.natGateway.hour"),
    );
    expect([...found]).to.deep.equal([
      ["aws.ec2.t3.xlarge.hour", { usd: 0.17, date: "2026-12-01" }],
      ["aws.ebs.gp3.storage.gbMonth", { usd: 0.08, date: "2026-12-01" }],
    ]);
  });

  it("turns a price a request into one a million", async () => {
    const rows = [...offer, '"E","OnDemand","0","Requests","0.0000050000","Requests-Tier1","",""'];
    const found = await readOffer(rows, wanted("aws.s3.requests.put.million"));
    expect(found.get("aws.s3.requests.put.million")?.usd).to.equal(5);
  });

  it("refuses a file of another form, and two prices that fit one recipe", async () => {
    const failure = async (lines: string[]) =>
      readOffer(lines, wanted("aws.ec2.t3.xlarge.hour")).then(
        () => "none",
        (error: Error) => error.message,
      );
    expect(await failure(["<html>"])).to.equal("this is no offer file of AWS's price list");
    const twice = [...offer, '"F","OnDemand","0","Hrs","0.2","BoxUsage:t3.xlarge","RunInstances","Shared"'];
    expect(await failure(twice)).to.equal("two prices fit aws.ec2.t3.xlarge.hour: 0.17 and 0.2");
  });

  it("changes the price, its day and its source, and leaves what no list tells", () => {
    const { table, changes } = renewed(
      priceTable,
      new Map([["aws.ec2.t3.xlarge.hour", { usd: 0.17, date: "2026-12-01" }]]),
    );
    expect(changes).to.deep.equal([{ key: "aws.ec2.t3.xlarge.hour", before: 0.1664, after: 0.17 }]);
    expect(table.prices["aws.ec2.t3.xlarge.hour"]).to.deep.include({
      usd: 0.17,
      date: "2026-12-01",
      source: "AWS Price List, AmazonEC2, published 2026-12-01",
    });
    expect(table.prices["aws.elb.nlb.hour"]).to.equal(priceTable.prices["aws.elb.nlb.hour"]);
  });

  it("reads the list of a service and a region", () => {
    expect(offerUrl("AmazonEC2", "us-west-2")).to.equal(
      "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonEC2/current/us-west-2/index.csv",
    );
  });
});
