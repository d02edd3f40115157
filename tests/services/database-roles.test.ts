/**
 * The roles that the platform makes in PostgreSQL before a service starts, on a real server: owners own, those that
 * serve enter their own database alone and change no schema. The services' own tests look at each table.
 */
import { expect } from "chai";
import pg from "pg";
import { catalog, runtimeRole } from "../../services/catalog.ts";
import { type EngineSet, startEngines } from "../../services/dev/engines/set.ts";
import { makeDatabases } from "../../services/dev/platform/stores.ts";

const databases = catalog.flatMap(({ name, postgres }) => (postgres ? [{ name, ...postgres }] : []));

describe("roles of the databases", () => {
  let engines: EngineSet;
  before(async function () {
    this.timeout(180_000);
    engines = await startEngines(["postgres"]);
    const address = engines.engines.get("postgres")?.address ?? {};
    await makeDatabases(address);
    await makeDatabases(address);
  });
  after(() => engines?.stop());

  async function as<T>(user: string, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const { host, port } = engines.engines.get("postgres")?.address ?? {};
    const client = new pg.Client({ host: `${host}`, port: Number(port), user, database });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  const outcome = (user: string, database: string, statement: string) =>
    as(user, database, (client) => client.query(statement)).then(
      () => "done",
      (error: Error) => error.message,
    );

  for (const { name, database } of databases) {
    const other = databases.find((candidate) => candidate.name !== name)?.database as string;

    it(`let ${name}'s owner make tables in its own database`, async () => {
      expect(await outcome(name, database, "create table own (id int)")).to.equal("done");
    });

    it(`let ${runtimeRole(name)} enter and change no schema`, async () => {
      expect(await outcome(runtimeRole(name), database, "select 1")).to.equal("done");
      const denied = {
        "create table more (id int)": "permission denied for schema public",
        "create schema more": `permission denied for database ${database}`,
        "create temporary table more (id int)": `permission denied to create temporary tables in database "${database}"`,
        "create role more": "permission denied to create role",
        "create database more": "permission denied to create database",
        "drop table own": "must be owner of table own",
        "select * from own": "permission denied for table own",
        [`set role ${name}`]: `permission denied to set role "${name}"`,
      };
      for (const [statement, message] of Object.entries(denied)) {
        expect(await outcome(runtimeRole(name), database, statement), statement).to.equal(message);
      }
    });

    it(`keep both of ${name}'s roles out of ${other}`, async () => {
      for (const user of [name, runtimeRole(name)]) {
        expect(await outcome(user, other, "select 1")).to.equal(`permission denied for database "${other}"`);
      }
    });
  }
});
