// The stacks of this repository: what their files resolve to, that the committed files are fresh, that editors'
// schema knows them, and what the optimised profile changes.
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "chai";
import { parse as parseYaml } from "yaml";
import type { Environment } from "../../../components/core/context.ts";
import { connectionsNeeded } from "../../../config/checks/services.ts";
import { defaults } from "../../../config/defaults.ts";
import { generatedFiles } from "../../../config/generated.ts";
import { stackFileSchema } from "../../../config/json-schema.ts";
import { optimised } from "../../../config/optimised.ts";
import { resolvedConfig, resolvedSettings, stacks } from "../../../config/resolve.ts";
import { toSettings } from "../../../config/settings.ts";
import { catalog } from "../../../services/catalog.ts";
import { configOf, smallest, today } from "./support.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const stackDocument = (stack: string) => parseYaml(read(`Pulumi.${stack}.yaml`)) as Record<string, unknown>;

describe("The stacks", () => {
  it("have resolved configurations and an editors' schema that are fresh (node config/write-generated.ts)", () => {
    for (const [path, content] of Object.entries(generatedFiles(today))) {
      expect(read(path), path).to.equal(content);
    }
  });

  for (const stack of stacks) {
    it(`${stack} disables default providers and points editors at the schema`, () => {
      const config = stackDocument(stack).config as Record<string, unknown>;
      expect(config["pulumi:disable-default-providers"]).to.deep.equal(["*"]);
      expect(read(`Pulumi.${stack}.yaml`).split("\n")[0]).to.equal(
        "# yaml-language-server: $schema=./config/stack.schema.json",
      );
    });
  }

  it("encrypt state with a key of their own where they are deployed", () => {
    const provider = (stack: string) => stackDocument(stack).secretsprovider;
    for (const stack of ["dev", "staging", "production"]) {
      expect(provider(stack)).to.equal(`awskms://alias/llm-marketplace-${stack}-state?region=us-east-1`);
    }
    for (const stack of ["local", "in-cluster", "zookeeper"]) expect(provider(stack)).to.equal("passphrase");
  });

  it("keep backups 30, 14 and 7 days, copies in a second region only in production", () => {
    const backup = (stack: string) => resolvedConfig(stack, today).backup;
    expect(backup("production")).to.deep.equal({
      retentionDays: 30,
      hourlyRetentionHours: 48,
      crossRegionCopies: true,
    });
    expect(backup("staging").retentionDays).to.equal(14);
    expect(backup("dev").retentionDays).to.equal(7);
    expect(backup("staging").crossRegionCopies).to.equal(false);
  });

  it("take the issuer's keys from its well-known path where they do not say otherwise", () => {
    const keys = (identity: Record<string, string>) =>
      toSettings(configOf("production", { identity }), { project: "llm-marketplace", stack: "production" })
        .identity;
    expect(keys({ issuer: "https://login.example.com/tenant/" })).to.deep.equal({
      issuer: "https://login.example.com/tenant/",
      audience: "llm-marketplace",
      jwksUrl: "https://login.example.com/tenant/.well-known/jwks.json",
    });
    const stated = { issuer: "https://login.example.com", jwksUrl: "https://keys.example.com/v3/certs" };
    expect(keys(stated).jwksUrl).to.equal("https://keys.example.com/v3/certs");
  });

  it("have the budgets of the status summary", () => {
    const budget = (stack: string) => resolvedConfig(stack, today).cost.budgetUsdPerMonth;
    expect([budget("production"), budget("staging"), budget("dev")]).to.deep.equal([2958, 900, 400]);
    expect(resolvedConfig("production", today).cost.optimisedBudgetUsdPerMonth).to.equal(1800);
  });

  it("have the status summary's replicas in production, minimums of 2 in staging and of 1 in dev and local", () => {
    const replicas = (stack: string) =>
      resolvedSettings(stack, today).services.map(
        ({ name, scaling }) => `${name} ${scaling.minReplicas}-${scaling.maxReplicas}`,
      );
    expect(replicas("production")).to.deep.equal([
      "publishing 3-50",
      "discovery 5-100",
      "consumption 10-200",
      "admin 2-10",
    ]);
    const minimums = (stack: string) =>
      resolvedSettings(stack, today).services.map((s) => s.scaling.minReplicas);
    expect(minimums("staging")).to.deep.equal([2, 2, 2, 2]);
    expect(minimums("dev")).to.deep.equal([1, 1, 1, 1]);
    expect(minimums("local")).to.deep.equal([1, 1, 1, 1]);
  });

  it("need 400 of production's 500 database connections", () => {
    expect(connectionsNeeded(resolvedConfig("production", today), catalog)).to.equal(400);
  });

  it("have networks that do not overlap, so that they can be peered", () => {
    const ranges = ["production", "staging", "dev", "in-cluster", "zookeeper"].map(
      (stack) => resolvedSettings(stack, today).network.cidr,
    );
    expect(new Set(ranges).size).to.equal(ranges.length);
  });

  it("have pools in the components' words: a zonal, tainted memory pool and no empty spot part", () => {
    expect(resolvedSettings("production", today).cluster.pools).to.deep.equal([
      {
        name: "general",
        instanceType: "t3.xlarge",
        onDemand: { minimum: 8, maximum: 38 },
        diskGiB: 40,
        zonal: false,
      },
      {
        name: "compute",
        instanceType: "c5.2xlarge",
        onDemand: { minimum: 1, maximum: 6 },
        diskGiB: 40,
        zonal: false,
      },
      {
        name: "memory",
        instanceType: "r5.xlarge",
        onDemand: { minimum: 3, maximum: 6 },
        diskGiB: 40,
        zonal: true,
        taint: { key: "llm-marketplace.io/pool", value: "memory" },
      },
    ]);
  });

  it("drop a pool whose counts are zero", () => {
    const config = configOf("production", {
      cluster: { pools: { compute: { onDemand: { minimum: 0, maximum: 0 } } } },
    });
    const { cluster } = toSettings(config, { project: "llm-marketplace", stack: "production" });
    expect(cluster.pools.map((pool) => pool.name)).to.deep.equal(["general", "memory"]);
  });

  it("describe a laptop as one zone without pools", () => {
    const { target, network, cluster, context } = resolvedSettings("local", today);
    expect(target).to.deep.equal({
      cloud: "local",
      kubeContext: "kind-llm-marketplace",
      storageProvisioner: "rancher.io/local-path",
      registry: "localhost:5001",
    });
    expect([network.zones, cluster.pools, context.protectData]).to.deep.equal([["local"], [], false]);
  });

  it("protect data in staging and production", () => {
    const isProtected = (stack: string) => resolvedSettings(stack, today).context.protectData;
    expect(["production", "staging", "dev"].map(isProtected)).to.deep.equal([true, true, false]);
  });
});

describe("The table of defaults", () => {
  for (const environment of Object.keys(defaults) as Environment[]) {
    it(`completes the smallest ${environment} stack`, () => {
      const config = configOf(environment);
      const row = defaults[environment];
      expect(config.data).to.deep.equal(row.data);
      expect(config.cost).to.deep.equal(row.cost);
    });
  }

  it("states every usage assumption of every paid environment on purpose", () => {
    for (const environment of ["dev", "staging", "production"] as const) {
      const { requestsMillions, natGiB, controlPlaneLogGiB, objectStorageGiB } =
        defaults[environment].cost.assumptions;
      for (const amount of [requestsMillions, natGiB, controlPlaneLogGiB, objectStorageGiB]) {
        expect(amount, environment).to.be.greaterThan(0);
      }
    }
  });
});

describe("The optimised profile", () => {
  const production = (profile: "list" | "optimised") =>
    toSettings(
      { ...resolvedConfig("production", today), profile },
      { project: "llm-marketplace", stack: "production" },
    );

  it("moves pools to Graviton and their stateless share to spot, and keeps the sum of nodes", () => {
    expect(production("optimised").cluster.pools).to.deep.equal([
      {
        name: "general",
        instanceType: "t4g.xlarge",
        onDemand: { minimum: 4, maximum: 19 },
        spot: { minimum: 4, maximum: 19, alternativeInstanceTypes: ["m6g.xlarge", "m7g.xlarge"] },
        diskGiB: 40,
        zonal: false,
      },
      {
        name: "compute",
        instanceType: "c7g.2xlarge",
        onDemand: { minimum: 0, maximum: 0 },
        spot: { minimum: 1, maximum: 6, alternativeInstanceTypes: ["c6g.2xlarge"] },
        diskGiB: 40,
        zonal: false,
      },
      {
        name: "memory",
        instanceType: "r6g.xlarge",
        onDemand: { minimum: 3, maximum: 6 },
        diskGiB: 40,
        zonal: true,
        taint: { key: "llm-marketplace.io/pool", value: "memory" },
      },
    ]);
  });

  it("takes Valkey in the place of Redis and changes nothing else of the stores", () => {
    const { data } = production("optimised");
    const list = production("list").data;
    expect(data).to.deep.equal({ ...list, redis: { ...list.redis, engine: "valkey" } });
  });

  it("translates the alternatives of a pool that has spot nodes already", () => {
    const config = configOf("staging", { profile: "optimised" });
    const { cluster } = toSettings(config, { project: "llm-marketplace", stack: "staging" });
    expect(cluster.pools[0]?.spot).to.deep.equal({
      minimum: 5,
      maximum: 11,
      alternativeInstanceTypes: ["m6g.xlarge", "m7g.xlarge"],
    });
  });

  it("has a share of spot for every pool", () => {
    expect(Object.keys(optimised.spotShare)).to.deep.equal(["general", "compute", "memory"]);
  });
});

describe("The editors' schema", () => {
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    keywords: ["patternErrorMessage"],
    formats: { date: true },
  });
  const validate = ajv.compile(stackFileSchema());
  const file = (config: Record<string, unknown>) => ({
    config: Object.fromEntries(
      Object.entries({ ...smallest.dev, ...config }).map(([key, value]) => [`llm-marketplace:${key}`, value]),
    ),
  });

  for (const stack of stacks) {
    it(`accepts Pulumi.${stack}.yaml`, () => {
      validate(stackDocument(stack));
      expect(validate.errors ?? []).to.deep.equal([]);
    });
  }

  it("accepts parts of a section, because defaults fill the rest", () => {
    expect(validate(file({ data: { redis: { replicas: 1 } }, network: { nat: "single" } }))).to.equal(true);
  });

  it("refuses a misspelt key, at every depth", () => {
    expect(validate(file({ netwrok: {} }))).to.equal(false);
    expect(validate(file({ network: { natt: "single" } }))).to.equal(false);
    expect(validate(file({ cluster: { pools: { general: { disk: 40 } } } }))).to.equal(false);
    expect(validate({ ...file({}), secretprovider: "passphrase" })).to.equal(false);
  });

  it("refuses a wrong value and an incomplete entry of a list", () => {
    expect(validate(file({ network: { zones: 9 } }))).to.equal(false);
    expect(validate(file({ guardrails: { exceptions: [{ policy: "x" }] } }))).to.equal(false);
  });

  it("wants what has no default", () => {
    expect(validate({ config: { "llm-marketplace:cloud": "aws" } })).to.equal(false);
  });
});
