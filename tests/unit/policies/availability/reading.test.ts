// How the availability pack reads what others write: images, versions, durations. And that the versions which the
// project itself installs are in the pack's tables with the days that config/versions.json names.
import { expect } from "chai";
import fc from "fast-check";
import versions from "../../../../config/versions.json" with { type: "json" };
import { durationDays, policyDays } from "../../../../policies/availability/src/forms.ts";
import { isPinned, parseImage } from "../../../../policies/availability/src/images.ts";
import * as tables from "../../../../policies/availability/src/support-tables.ts";
import { cycleOf } from "../../../../policies/availability/src/supported.ts";

describe("images", () => {
  it("are taken apart whatever stands before the name", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    expect(parseImage("redis")).to.deep.equal({ name: "redis", tag: undefined, digest: undefined });
    expect(parseImage("registry:5000/team/redis:7.2.16")).to.deep.equal({
      name: "redis",
      tag: "7.2.16",
      digest: undefined,
    });
    expect(parseImage(`a.b/redis:7@${digest}`)).to.deep.equal({ name: "redis", tag: "7", digest });
  });

  it("are pinned by any digest, whatever the tag", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), fc.constantFrom("", ":latest", ":1"), (digest, tag) =>
        isPinned(`registry/team/service${tag}@sha256:${digest}`, ["latest"]),
      ),
    );
  });

  it("are pinned by a whole version, never by a line or a word that moves", () => {
    fc.assert(
      fc.property(fc.nat(99), fc.nat(99), fc.nat(99), (major, minor, patch) => {
        const line = `service:${major}.${minor}`;
        return (
          isPinned(`${line}.${patch}`, []) &&
          !isPinned(line, []) &&
          !isPinned(`${line}.${patch}-edge`, ["edge"])
        );
      }),
    );
  });

  it("are pinned when this project installs them", () => {
    const unpinned = Object.entries(versions.images).filter(([, image]) => {
      const digest = "digest" in image ? `@${image.digest}` : "";
      return !isPinned(`${image.repository}:${image.tag}${digest}`, ["latest", "stable"]);
    });
    expect(unpinned.map(([name]) => name)).to.deep.equal([]);
  });
});

describe("durations", () => {
  it("are read in days, and not at all where they are written otherwise", () => {
    expect(durationDays("720h0m0s")).to.equal(30);
    expect(durationDays("2592000s")).to.equal(30);
    expect(durationDays("36h")).to.equal(1.5);
    expect(["", "30d", "30 days", "h", 720, undefined].map(durationDays)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("of a retention policy are days, weeks or months", () => {
    expect(["30d", "4w", "2m"].map(policyDays)).to.deep.equal([30, 28, 60]);
    expect(["0d", "30", "d", "1y", 30].map(policyDays)).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("versions", () => {
  it("belong to the longest number that begins them", () => {
    const table = { "1": "a", "1.3": "b", "1.36": "c", "valkey 8": "d" };
    expect(
      ["1.36.3-gke.1", "1.3.9", "1.4", "1", "valkey 8.2", "8.2", "10.1"].map((one) => cycleOf(one, table)),
    ).to.deep.equal(["1.36", "1.3", "1", "1", "valkey 8", undefined, undefined]);
  });

  it("stand in the tables with the day that config/versions.json names", () => {
    const { standardSupport, version } = versions.kubernetes;
    const { postgres, elasticsearch, redis, msk, strimziKafka, confluent, valkey } = versions.engines;
    const until = (table: tables.SupportTable, named: string) => table[cycleOf(named, table) ?? ""];
    expect({
      eks: until(tables.eks, version),
      gke: until(tables.gke, version),
      aks: until(tables.aks, version),
      rds: until(tables.rdsPostgres, postgres.rds),
      postgres: until(tables.postgres, postgres.major),
      elasticsearch: until(tables.elasticsearch, elasticsearch.version),
      redis: until(tables.redis, redis.inCluster),
      elasticache: until(tables.elasticache, redis.elasticache),
      valkey: until(tables.elasticache, `valkey ${valkey.elasticache}`),
      msk: until(tables.msk, msk.version),
      strimzi: until(tables.kafka, strimziKafka.version),
      confluent: until(tables.confluent, `confluent ${confluent.version}`),
    }).to.deep.equal({
      eks: standardSupport.eks.until,
      gke: standardSupport.gke.until,
      aks: standardSupport.aks.until,
      rds: postgres.rdsStandardSupportUntil,
      postgres: postgres.communityUntil,
      elasticsearch: elasticsearch.supportedUntil,
      redis: redis.inClusterUntil,
      elasticache: tables.unannounced,
      valkey: tables.unannounced,
      msk: tables.unannounced,
      strimzi: tables.unannounced,
      confluent: confluent.standardSupportUntil,
    });
  });
});
