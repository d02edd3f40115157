import pg from "pg";
import type {
  AnswerKey,
  AuditEntry,
  AuditFilter,
  ListingFilter,
  Page,
  Store,
  StoredAnswer,
} from "../application/store.ts";
import type { Artefact, PublisherKey } from "../domain/artefact.ts";
import type { ListingEvent } from "../domain/event.ts";
import type { Listing } from "../domain/listing.ts";
import { Refusal } from "../domain/refusal.ts";
import { parts, type Release } from "../domain/release.ts";
import { currentTraceparent } from "../tracing.ts";
import {
  type ArtefactRow,
  type AuditRow,
  type KeyRow,
  type ListingRow,
  type ReleaseRow,
  toArtefact,
  toAuditEntry,
  toKey,
  toListing,
  toRelease,
} from "./rows.ts";

const releaseOfListing = `
  SELECT r.number AS release_number, r.notes AS release_notes, r.endpoint AS release_endpoint,
         r.pricing AS release_pricing, r.created_at AS release_created_at,
         r.published_at AS release_published_at, r.artefact_sha256 AS release_artefact_sha256,
         a.size_bytes AS release_size_bytes, a.media_type AS release_media_type
  FROM releases r
  LEFT JOIN artefacts a ON a.org_id = r.org_id AND a.sha256 = r.artefact_sha256
  WHERE r.listing_id = l.id AND r.published_at IS NOT NULL
  ORDER BY r.ordinal DESC LIMIT 1`;

const listingQuery = `SELECT l.*, newest.* FROM listings l LEFT JOIN LATERAL (${releaseOfListing}) newest ON true`;

/** The statements of one transaction. Values are always parameters, never part of a statement's text. */
export class PostgresStore implements Store {
  readonly #client: pg.ClientBase;
  readonly #onCommit: (() => void)[] = [];

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  afterCommit(run: () => void): void {
    this.#onCommit.push(run);
  }

  committed(): void {
    for (const run of this.#onCommit) run();
  }

  async #rows<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#client.query<Row>(text, values)).rows;
  }

  async listing(id: string): Promise<Listing | null> {
    const [row] = await this.#rows<ListingRow>(`${listingQuery} WHERE l.id = $1`, [id]);
    return row ? toListing(row) : null;
  }

  async lockedListing(id: string): Promise<Listing | null> {
    // Locked before it is read: the read then sees what the last holder of the lock has committed.
    await this.#rows("SELECT FROM listings WHERE id = $1 FOR UPDATE", [id]);
    return this.listing(id);
  }

  async listings(filter: ListingFilter, { limit, after }: Page): Promise<Listing[]> {
    const rows = await this.#rows<ListingRow>(
      `${listingQuery}
       WHERE (l.org_id = $1 OR ($2 AND l.status <> 'draft'))
         AND ($3::text IS NULL OR l.status = $3) AND ($4::text IS NULL OR l.kind = $4)
         AND ($5::uuid IS NULL OR l.id < $5)
       ORDER BY l.id DESC LIMIT $6`,
      [
        filter.ownOrgId ?? null,
        filter.everyone,
        filter.status ?? null,
        filter.kind ?? null,
        after ?? null,
        limit,
      ],
    );
    return rows.map(toListing);
  }

  async insertListing(listing: Listing, createdBy: string): Promise<void> {
    const { id, orgId, version, status, kind, createdAt, updatedAt } = listing;
    await refusingTakenSlug(listing.slug, () =>
      this.#client.query(
        `INSERT INTO listings (id, org_id, version, status, kind, name, slug, summary, description, tags, categories,
                               licence, created_by, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
        [id, orgId, version, status, kind, ...detailsOf(listing), createdBy, createdAt, updatedAt],
      ),
    );
  }

  async updateListing(listing: Listing): Promise<void> {
    const { id, version, status, rejectionReason, suspensionReason, suspendedFrom, updatedAt, publishedAt } =
      listing;
    await refusingTakenSlug(listing.slug, () =>
      this.#client.query(
        `UPDATE listings
         SET version = $2, status = $3, name = $4, slug = $5, summary = $6, description = $7, tags = $8,
             categories = $9, licence = $10, rejection_reason = $11, suspension_reason = $12, suspended_from = $13,
             updated_at = $14, published_at = $15
         WHERE id = $1`,
        [
          id,
          version,
          status,
          ...detailsOf(listing),
          rejectionReason,
          suspensionReason,
          suspendedFrom,
          updatedAt,
          publishedAt,
        ],
      ),
    );
  }

  async releases(listingId: string): Promise<Release[]> {
    const rows = await this.#rows<ReleaseRow>(
      `SELECT r.*, a.size_bytes, a.media_type FROM releases r
       LEFT JOIN artefacts a ON a.org_id = r.org_id AND a.sha256 = r.artefact_sha256
       WHERE r.listing_id = $1 ORDER BY r.ordinal DESC`,
      [listingId],
    );
    return rows.map(toRelease);
  }

  async insertRelease(listing: Listing, release: Release, createdBy: string): Promise<void> {
    const { number, notes, endpoint, pricing, artefact, createdAt, publishedAt } = release;
    await this.#client.query(
      `INSERT INTO releases (listing_id, org_id, number, ordinal, notes, endpoint, pricing, artefact_sha256,
                             created_by, created_at, published_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        listing.id,
        listing.orgId,
        number,
        parts(number),
        notes,
        endpoint,
        pricing,
        artefact?.sha256 ?? null,
        createdBy,
        createdAt,
        publishedAt,
      ],
    );
  }

  async publishReleases(listingId: string, now: Date): Promise<Release | null> {
    await this.#client.query(
      "UPDATE releases SET published_at = $2 WHERE listing_id = $1 AND published_at IS NULL",
      [listingId, now],
    );
    return (await this.releases(listingId))[0] ?? null;
  }

  async keys(orgId: string): Promise<PublisherKey[]> {
    return (
      await this.#rows<KeyRow>("SELECT * FROM publisher_keys WHERE org_id = $1 ORDER BY id", [orgId])
    ).map(toKey);
  }

  async insertKey(
    { id, orgId, name, algorithm, publicKey, createdAt }: PublisherKey,
    by: string,
  ): Promise<void> {
    await this.#client.query(
      `INSERT INTO publisher_keys (id, org_id, name, algorithm, public_key, created_by, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, orgId, name, algorithm, publicKey, by, createdAt],
    );
  }

  async revokeKey(id: string, now: Date): Promise<void> {
    await this.#client.query("UPDATE publisher_keys SET revoked_at = $2 WHERE id = $1", [id, now]);
  }

  async lockOrganisation(orgId: string): Promise<void> {
    await this.#client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [orgId]);
  }

  async artefact(orgId: string, sha256: string): Promise<Artefact | null> {
    const [row] = await this.#rows<ArtefactRow>("SELECT * FROM artefacts WHERE org_id = $1 AND sha256 = $2", [
      orgId,
      sha256,
    ]);
    return row ? toArtefact(row) : null;
  }

  async insertArtefact(artefact: Artefact, by: string): Promise<void> {
    const { orgId, sha256, sizeBytes, mediaType, keyId, signature, createdAt } = artefact;
    await this.#client.query(
      `INSERT INTO artefacts (org_id, sha256, size_bytes, media_type, key_id, signature, created_by, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [orgId, sha256, sizeBytes, mediaType, keyId, signature, by, createdAt],
    );
  }

  async audit({ orgId, listingId }: AuditFilter, { limit, after }: Page): Promise<AuditEntry[]> {
    const rows = await this.#rows<AuditRow>(
      `SELECT * FROM audit_entries
       WHERE ($1::uuid IS NULL OR org_id = $1) AND ($2::uuid IS NULL OR listing_id = $2)
         AND ($3::bigint IS NULL OR id < $3)
       ORDER BY id DESC LIMIT $4`,
      [orgId ?? null, listingId ?? null, after ?? null, limit],
    );
    return rows.map(toAuditEntry);
  }

  async appendAudit(entry: Omit<AuditEntry, "id">): Promise<void> {
    const { at, orgId, listingId, actor, action, before, after, traceId } = entry;
    await this.#client.query(
      `INSERT INTO audit_entries (at, org_id, listing_id, actor, action, before, after, trace_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [at, orgId, listingId, actor, action, before, after, traceId],
    );
  }

  async appendEvent(event: ListingEvent): Promise<void> {
    await this.#client.query(
      `INSERT INTO outbox (event_id, event_type, listing_id, payload, traceparent, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [
        event.eventId,
        event.eventType,
        event.listing.id,
        event,
        currentTraceparent() ?? null,
        event.occurredAt,
      ],
    );
  }

  async claimAnswer({ orgId, actor, key }: AnswerKey, requestHash: string): Promise<StoredAnswer | null> {
    const claimed = await this.#client.query(
      `INSERT INTO idempotency_keys (org_id, actor, key, request_hash) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [orgId, actor, key, requestHash],
    );
    if (claimed.rowCount === 1) return null;
    const [row] = await this.#rows<{
      request_hash: string;
      status: number;
      etag: string | null;
      body: unknown;
    }>(
      "SELECT request_hash, status, etag, body FROM idempotency_keys WHERE org_id = $1 AND actor = $2 AND key = $3",
      [orgId, actor, key],
    );
    return row ? { requestHash: row.request_hash, status: row.status, etag: row.etag, body: row.body } : null;
  }

  async storeAnswer({ orgId, actor, key }: AnswerKey, { status, etag, body }: StoredAnswer): Promise<void> {
    await this.#client.query(
      `UPDATE idempotency_keys SET status = $4, etag = $5, body = $6
       WHERE org_id = $1 AND actor = $2 AND key = $3`,
      [orgId, actor, key, status, etag, JSON.stringify(body)],
    );
  }
}

function detailsOf({ name, slug, summary, description, tags, categories, licence }: Listing): unknown[] {
  return [name, slug, summary, description, tags, categories, licence];
}

async function refusingTakenSlug(slug: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.constraint === "listings_slug_key") {
      throw new Refusal("slug-taken", `the organisation has another listing with the slug ${slug}`);
    }
    throw error;
  }
}
