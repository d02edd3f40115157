import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Database } from "../../src/storage/database.ts";
import { migrate } from "../../src/storage/migrations.ts";
import { createPlace, type Place } from "../support/place.ts";

describe("migrations", () => {
  let place: Place;
  before(async () => {
    place = await createPlace({ runtimeRole: true });
  });
  after(() => place?.remove());

  it("are the owner's: the role that serves waits for them", async () => {
    await assert.rejects(migrate(place.config.database), { message: /does not exist/ });
  });

  it("are applied once when five replicas start together", async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => migrate(place.ownerConfig.database)));
    assert.deepEqual(
      outcomes.flatMap(({ applied }) => applied),
      ["0001_listings"],
    );
    for (const { runtimeRole } of outcomes) assert.equal(runtimeRole, `${place.user}_runtime`);
  });

  it("leave the serving role unable to change the schema, history, or what is not its own", async () => {
    await migrate(place.ownerConfig.database);
    assert.deepEqual(await migrate(place.config.database), { applied: [], runtimeRole: undefined });
    const database = new Database(place.config.database, () => {});
    database.open();
    assert.deepEqual(await database.query("SELECT current_user::text AS name"), [
      { name: `${place.user}_runtime` },
    ]);
    const refused = [
      "DELETE FROM audit_entries",
      "UPDATE audit_entries SET actor = 'somebody else'",
      "DELETE FROM listings",
      "UPDATE releases SET pricing = '{}'",
      "UPDATE artefacts SET size_bytes = 1",
      "DROP TABLE outbox",
      "TRUNCATE outbox",
      "ALTER TABLE outbox ADD COLUMN more int",
      "CREATE TABLE more (id int)",
      "CREATE TABLE public.more (id int)",
      "CREATE TEMPORARY TABLE more (id int)",
      "CREATE SCHEMA more",
      "DELETE FROM migrations",
      `SET ROLE ${place.user}`,
    ];
    for (const statement of refused) {
      await assert.rejects(
        database.query(statement),
        { message: /permission denied|must be owner/ },
        statement,
      );
    }
    await database.close();
  });

  it("leave no table without a decision on what the serving role may do with it", async () => {
    const { rows } = await place.sql.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'publishing' AND tablename NOT IN" +
        " (SELECT table_name FROM information_schema.role_table_grants WHERE grantee = $1)",
      [`${place.user}_runtime`],
    );
    assert.deepEqual(rows, []);
  });

  it("refuse the serving role a schema that is older than its program", async () => {
    await place.sql.query("DELETE FROM migrations");
    await assert.rejects(migrate(place.config.database), {
      message: "the owner's migration has not run yet: 0001_listings",
    });
  });
});

describe("the audit trail", () => {
  let place: Place;
  before(async () => {
    place = await createPlace();
    await migrate(place.config.database);
  });
  after(() => place?.remove());

  it("is append-only for the tables' owner too", async () => {
    await place.sql.query(
      "INSERT INTO audit_entries (at, org_id, actor, action) VALUES (now(), $1, 'a', 'b')",
      [randomUUID()],
    );
    for (const statement of [
      "UPDATE audit_entries SET actor = 'c'",
      "DELETE FROM audit_entries",
      "TRUNCATE audit_entries",
    ]) {
      await assert.rejects(
        place.sql.query(statement),
        { message: "audit_entries is append-only" },
        statement,
      );
    }
  });
});
