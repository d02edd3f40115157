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

  it("are applied once when five replicas start together", async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => migrate(place.config.database)));
    assert.deepEqual(
      outcomes.flatMap(({ applied }) => applied),
      ["0001_listings"],
    );
    for (const { runtimeRole } of outcomes) assert.equal(runtimeRole, `${place.user}_runtime`);
  });

  it("leave the working role unable to change the schema, history, or what is not its own", async () => {
    await migrate(place.config.database);
    const database = new Database(place.config.database, () => {});
    database.open(`${place.user}_runtime`);
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
      "CREATE TABLE more (id int)",
      "SELECT * FROM migrations",
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
