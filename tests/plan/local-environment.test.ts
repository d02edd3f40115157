/**
 * The services as local processes and in compose.yaml, against the platform: the same variables as in the pods, the
 * same versions as everywhere. A variable that only one side has is found here and not by somebody's service.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import versions from "../../config/versions.json" with { type: "json" };
import { catalog } from "../../services/catalog.ts";
import { localEnvironment } from "../../services/dev/platform/environment.ts";
import { root } from "../support/cli.ts";
import { planOfStack } from "../support/plans.ts";

/** What a pod has because of how it proves itself to stores, or of its cloud; a process on loopback has none of it. */
const onlyInPods =
  /_(PASSWORD|CA_FILE|CERT_FILE|KEY_FILE)$|^REDIS_SENTINEL_|^CLOUD_REGION$|^PROVIDERS_FOLDER$|_USER$/;

const addresses = {
  engines: {
    postgres: { host: "h", port: 1 },
    redis: { host: "h", port: 1 },
    elasticsearch: { host: "h", port: 1 },
    kafka: { bootstrapServers: "h:1" },
    issuer: { issuer: "i", audience: "a", jwksUrl: "j" },
  },
  services: Object.fromEntries(catalog.map(({ name, port }) => [name, { host: "h", port }])),
};

const compose = parse(readFileSync(join(root, "compose.yaml"), "utf8")) as {
  services: Record<string, { image?: string; environment?: Record<string, string>; ports?: string[] }>;
};

describe("the services outside Kubernetes", () => {
  for (const service of catalog) {
    it(`give ${service.name} the variables that its pods have`, async () => {
      const { resources } = await planOfStack("local");
      const rollout = resources.find(
        ({ type, name }) => type.endsWith(":Rollout") && name === `${service.name}-rollout`,
      );
      const spec = rollout?.inputs.spec as {
        template: { spec: { containers: { env: { name: string }[] }[] } };
      };
      const pods = (spec.template.spec.containers[0]?.env ?? []).map(({ name }) => name);
      const local = Object.keys(localEnvironment(service, addresses));
      const kept = (names: readonly string[]) => names.filter((name) => !onlyInPods.test(name)).sort();
      expect(kept(local)).to.deep.equal(kept(pods));
    });

    it(`give ${service.name} the same variables in compose.yaml, and its port to this machine alone`, () => {
      const entry = compose.services[service.name];
      expect(Object.keys(entry?.environment ?? {}).sort()).to.deep.equal(
        Object.keys(localEnvironment(service, addresses)).sort(),
      );
      expect(entry?.ports).to.deep.equal([`127.0.0.1:${service.port}:${service.port}`]);
    });
  }

  it("open no port of compose.yaml to the network", () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).to.deep.equal([]);
  });

  it("take every image of compose.yaml that is not built here from config/versions.json", () => {
    const known = [...Object.values(versions.images), ...Object.values(versions.development)].flatMap(
      (entry) => (typeof entry === "string" ? [] : [`${entry.repository}:${entry.tag}`]),
    );
    const pulled = Object.values(compose.services).flatMap(({ image }) =>
      image === undefined || image.startsWith("llm-marketplace/") ? [] : [image],
    );
    expect(pulled.length).to.be.above(8);
    expect(known).to.include.members(pulled);
  });

  it("use the versions of the project's own package.json in the helper containers", () => {
    const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
    const { dependencies } = read("services/dev/compose/package.json");
    const own = read("package.json").devDependencies;
    for (const [name, version] of Object.entries(dependencies)) expect(own[name], name).to.equal(version);
  });

  it("start PostgreSQL, Redis, Kafka and Elasticsearch of the versions that the platform runs", () => {
    const pom = (engine: string) =>
      readFileSync(join(root, `services/dev/engines/${engine}/pom.xml`), "utf8");
    expect(pom("elasticsearch")).to.include(`<version>${versions.engines.elasticsearch.version}</version>`);
    // Amazon MSK names a line, `3.9.x.kraft`.
    const line = versions.engines.msk.version.split(".x")[0];
    expect(pom("kafka")).to.include(`<version>${line}.`);
    expect(versions.development.kafka.tag).to.match(new RegExp(`^${line}\\.`));
    expect(versions.development.postgres.tag).to.match(new RegExp(`^${versions.engines.postgres.major}\\.`));
  });
});
