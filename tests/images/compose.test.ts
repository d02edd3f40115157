/** `compose.yaml` as `docker compose` itself reads it, and what it would need of this folder to start. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { catalog } from "../../services/catalog.ts";
import { type ComposeService, readCompose, root } from "./support/container-check.ts";

const migrations = catalog
  .filter(({ postgres }) => postgres !== undefined)
  .map(({ name }) => `${name}-migration`);
const dockerSocket = "/var/run/docker.sock";

describe("compose.yaml", () => {
  let services: Readonly<Record<string, ComposeService>> = {};

  before("build the reader", async function () {
    this.timeout(20 * 60_000);
    ({ services } = await readCompose(join(root, "compose.yaml")));
  });

  it("holds the four services, their stores, the seed, and what watches them", () => {
    expect(Object.keys(services)).to.have.members([
      ...catalog.map(({ name }) => name),
      ...migrations,
      ...["postgres", "redis", "elasticsearch", "kafka"],
      ...["issuer", "prepare", "seed"],
      ...["prometheus", "grafana", "jaeger", "loki", "alloy"],
    ]);
  });

  it("serves only after the owners of the tables have migrated them, restricted like the services", () => {
    for (const { name } of catalog.filter(({ postgres }) => postgres !== undefined)) {
      expect(services[name]?.depends_on?.[`${name}-migration`]?.condition, name).to.equal(
        "service_completed_successfully",
      );
    }
    for (const name of migrations) {
      const { read_only, cap_drop } = services[name] as ComposeService;
      expect({ read_only, cap_drop }, name).to.deep.equal({ read_only: true, cap_drop: ["ALL"] });
    }
  });

  for (const { name, port } of catalog) {
    it(`keeps ${name} to its restrictions`, () => {
      const service = services[name] as ComposeService;
      expect(service.read_only).to.equal(true);
      expect(service.cap_drop).to.deep.equal(["ALL"]);
      expect(service.security_opt).to.deep.equal(["no-new-privileges:true"]);
      expect(service.tmpfs).to.deep.equal(["/tmp"]);
      expect(service.ports?.map(({ published }) => published)).to.deep.equal([`${port}`]);
    });
  }

  it("opens every port to this machine only, and none twice", () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).to.be.above(8);
    for (const port of ports) expect(port.host_ip, port.published).to.equal("127.0.0.1");
    const published = ports.map((port) => port.published);
    expect(new Set(published).size).to.equal(published.length);
  });

  it("waits for health only where there is a check of it", () => {
    const own = new Set(catalog.map(({ name }) => name));
    for (const [name, { depends_on }] of Object.entries(services)) {
      for (const [needed, { condition }] of Object.entries(depends_on ?? {})) {
        if (condition !== "service_healthy") continue;
        // The images of the services bring their check along.
        const checked = own.has(needed) || services[needed]?.healthcheck !== undefined;
        expect(checked, `${name} waits for ${needed}`).to.equal(true);
      }
    }
  });

  it("mounts and builds only what is there", () => {
    const mounts = Object.values(services)
      .flatMap(({ volumes }) => volumes ?? [])
      .filter(({ type, source }) => type === "bind" && source !== dockerSocket);
    expect(mounts.length).to.be.above(5);
    for (const { source } of mounts) expect(existsSync(source), source).to.equal(true);
    for (const { build } of Object.values(services)) {
      if (build === undefined) continue;
      const file = join(build.context, build.dockerfile ?? "Dockerfile");
      expect(statSync(file).isFile(), file).to.equal(true);
    }
  });

  it("gives Grafana the six dashboards", () => {
    const mount = services.grafana?.volumes?.find(({ target }) => target === "/var/lib/grafana/dashboards");
    const dashboards = readdirSync(mount?.source as string).filter((file) => file.endsWith(".json"));
    expect(dashboards).to.have.length(6);
  });

  it("would be refused with a mistake in it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "marketplace-compose-"));
    try {
      const file = join(folder, "compose.yaml");
      writeFileSync(
        file,
        "services:\n  a: { image: a, depends_on: { b: { condition: service_healthy } } }\n",
      );
      const error = await readCompose(file).catch(({ message }: Error) => message);
      expect(error).to.match(/service "a" depends on undefined service "b"/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
