/**
 * The Dockerfiles without building them: BuildKit's and hadolint's checks find nothing, and the image that BuildKit
 * makes of each, for both platforms, is what the platform's restrictions want.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import versions from "../../config/versions.json" with { type: "json" };
import { catalog } from "../../services/catalog.ts";
import { pythonTools } from "../../tools/python-tools.ts";
import {
  type CheckedDockerfile,
  checkDockerfile,
  type ImageConfig,
  root,
} from "./support/container-check.ts";

const helper = "services/dev/compose/Dockerfile";
const fileOf = (service: string) => `services/${service}/Dockerfile`;
const read = (file: string) => readFileSync(join(root, file), "utf8");
const label = (name: string) => `org.opencontainers.image.${name}`;
const buildMinutes = 20;

describe("the Dockerfiles", function () {
  this.timeout(60_000);
  const checked = new Map<string, CheckedDockerfile>();
  let hadolint = "";

  before("build and install the checkers", async function () {
    this.timeout(buildMinutes * 60_000);
    for (const file of [...catalog.map(({ name }) => fileOf(name)), helper]) {
      checked.set(file, await checkDockerfile(file));
    }
    hadolint = join(await pythonTools("hadolint"), "hadolint");
  });

  const lint = (file: string) =>
    JSON.parse(
      execFileSync(hadolint, ["--no-fail", "--format", "json", file], { cwd: root, encoding: "utf8" }),
    ) as { code: string; line: number }[];
  const images = (service: string): [string, ImageConfig][] =>
    Object.entries((checked.get(fileOf(service)) as CheckedDockerfile).images).map(
      ([platform, { config }]) => [platform, config],
    );

  for (const file of [...catalog.map(({ name }) => fileOf(name)), helper]) {
    it(`give BuildKit and hadolint nothing to find in ${file}`, () => {
      expect(checked.get(file)?.findings).to.deep.equal([]);
      expect(lint(file)).to.deep.equal([]);
    });
  }

  it("would be found out: a secret, a shell form and a missing version are", async () => {
    const folder = mkdtempSync(join(tmpdir(), "marketplace-dockerfile-"));
    try {
      const file = join(folder, "Dockerfile");
      writeFileSync(file, "FROM debian\nENV API_TOKEN=abc\nHEALTHCHECK CMD true\nCMD run this\n");
      const rules = (await checkDockerfile(file)).findings.map(({ rule }) => rule);
      expect(rules).to.include.members(["SecretsUsedInArgOrEnv", "JSONArgsRecommended"]);
      expect(lint(file).map(({ code }) => code)).to.include("DL3006");
      writeFileSync(file, "FROM scratch\nCOPY --from=nowhere\n");
      const error = await checkDockerfile(file).catch(({ message }: Error) => message);
      expect(error).to.match(/COPY requires at least two arguments/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  for (const { name, port, language } of catalog) {
    it(`make an image of ${name} for both platforms that is not root, has a check of its health and no shell`, () => {
      expect(images(name).map(([platform]) => platform)).to.deep.equal(["linux/amd64", "linux/arm64"]);
      for (const [platform, config] of images(name)) {
        expect(config.User, platform).to.equal("10001:10001");
        expect(Object.keys(config.ExposedPorts ?? {}), platform).to.deep.equal([`${port}/tcp`]);
        const [how, program] = config.Healthcheck?.Test ?? [];
        // CMD-SHELL would need a shell that is not there.
        expect(how, platform).to.equal("CMD");
        expect(program, platform).to.equal(config.Entrypoint?.[0]);
        expect(program, platform).to.match(/^\/[a-z0-9/]+$/);
        expect(program, platform).not.to.match(/sh$/);
        expect(config.Env, platform).to.include("SERVICE_VERSION=0.0.0");
      }
    });

    it(`label the image of ${name} as all are labelled`, () => {
      const final = finalBase(read(fileOf(name)));
      for (const [, config] of images(name)) {
        const { Labels: labels = {} } = config;
        const common = ["title", "description", "version", "revision", "licenses"].map(label);
        const wanted = final === "scratch" ? common : [...common, label("base.name")];
        expect(Object.keys(labels)).to.have.members(wanted);
        expect(labels[label("title")]).to.equal(name);
        expect(labels[label("description")]).to.match(/^LLM marketplace: /);
        expect(labels[label("base.name")]).to.equal(final === "scratch" ? undefined : final);
      }
      if (language === "go" || language === "rust") expect(final).to.equal("scratch");
      else expect(final).to.match(/^gcr\.io\/distroless\/\w+-debian\d+:nonroot$/);
    });

    it(`pin every base of ${name}`, () => {
      const bases = basesOf(read(fileOf(name))).filter((base) => base !== "scratch");
      expect(bases).not.to.deep.equal([]);
      for (const base of bases) expect(base).to.match(/:(?!latest)[\w.-]+(@sha256:[0-9a-f]{64})?$/);
    });
  }

  it("take Node in the version of the whole project", () => {
    const node = `${versions.development.node.tag}`;
    expect(node).to.equal(`${read(".node-version").trim()}-bookworm-slim`);
    expect(read(fileOf("publishing"))).to.include(`ARG BUILD=node:${node}\n`);
    expect(read(helper)).to.include(`ARG NODE_IMAGE=node:${node}\n`);
  });
});

/** Images that the stages start from, with the defaults of their arguments; other stages are left out. */
function basesOf(dockerfile: string): string[] {
  const values = new Map(
    [...dockerfile.matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name, value]) => [`\${${name}}`, value as string]),
  );
  const stages = new Set<string>();
  const bases: string[] = [];
  for (const [, from, stage] of dockerfile.matchAll(/^FROM (?:--\S+ )?(\S+)(?: AS (\S+))?$/gm)) {
    const base = values.get(from as string) ?? (from as string);
    if (!stages.has(base)) bases.push(base);
    if (stage !== undefined) stages.add(stage);
  }
  return bases;
}

function finalBase(dockerfile: string): string {
  return basesOf(dockerfile).at(-1) as string;
}
