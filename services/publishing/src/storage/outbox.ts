import type { Database } from "./database.ts";

export interface OutboxEvent {
  readonly id: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly listingId: string;
  /** JSON, as it was written in the transaction of the change. */
  readonly payload: string;
  readonly traceparent: string | null;
}

/** Events that are committed and not yet in Kafka, and the lease of the one replica that brings them there. */
export class Outbox {
  readonly #database: Pick<Database, "query">;

  constructor(database: Pick<Database, "query">) {
    this.#database = database;
  }

  /** Takes or prolongs the lease; false while another replica has it. The clock is the database's alone. */
  async lease(holder: string, seconds: number): Promise<boolean> {
    const rows = await this.#database.query(
      `UPDATE outbox_relay SET holder = $1, expires_at = clock_timestamp() + make_interval(secs => $2)
       WHERE holder = $1 OR expires_at < clock_timestamp() RETURNING holder`,
      [holder, seconds],
    );
    return rows.length === 1;
  }

  /** Gives the lease back, so that the next replica need not wait for its end. */
  async release(holder: string): Promise<void> {
    await this.#database.query(
      "UPDATE outbox_relay SET holder = NULL, expires_at = '-infinity' WHERE holder = $1",
      [holder],
    );
  }

  async next(limit: number): Promise<OutboxEvent[]> {
    return this.#database.query<OutboxEvent>(
      `SELECT id, event_id AS "eventId", event_type AS "eventType", listing_id AS "listingId",
              payload::text AS payload, traceparent
       FROM outbox ORDER BY id LIMIT $1`,
      [limit],
    );
  }

  async remove(ids: readonly number[]): Promise<void> {
    await this.#database.query("DELETE FROM outbox WHERE id = ANY ($1)", [ids]);
  }

  async pending(): Promise<number> {
    const [row] = await this.#database.query<{ count: number }>("SELECT count(*) AS count FROM outbox");
    return row?.count ?? 0;
  }

  /** Answers that are too old to be asked for again. */
  async forgetAnswers(olderThanHours: number): Promise<void> {
    await this.#database.query(
      "DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => $1)",
      [olderThanHours],
    );
  }
}
