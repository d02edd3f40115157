import type { AuditEntry } from "../application/store.ts";
import type { Artefact, PublisherKey } from "../domain/artefact.ts";
import type { Category, Kind, Listing, Status } from "../domain/listing.ts";
import type { Endpoint, Pricing, Release, ReleaseArtefact } from "../domain/release.ts";

export interface ReleaseRow {
  number: string;
  notes: string;
  endpoint: Endpoint | null;
  pricing: Pricing;
  created_at: Date;
  published_at: Date | null;
  artefact_sha256: string | null;
  size_bytes: number | null;
  media_type: string | null;
}

export interface ListingRow {
  id: string;
  org_id: string;
  version: number;
  status: Status;
  kind: Kind;
  name: string;
  slug: string;
  summary: string;
  description: string;
  tags: string[];
  categories: Category[];
  licence: string;
  rejection_reason: string | null;
  suspension_reason: string | null;
  suspended_from: Status | null;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
  release_number: string | null;
  release_notes: string | null;
  release_endpoint: Endpoint | null;
  release_pricing: Pricing | null;
  release_created_at: Date | null;
  release_published_at: Date | null;
  release_artefact_sha256: string | null;
  release_size_bytes: number | null;
  release_media_type: string | null;
}

function artefactOf(
  sha256: string | null,
  size: number | null,
  mediaType: string | null,
): ReleaseArtefact | null {
  if (sha256 === null || size === null || mediaType === null) return null;
  return { sha256, sizeBytes: size, mediaType };
}

export function toRelease(row: ReleaseRow): Release {
  return {
    number: row.number,
    notes: row.notes,
    createdAt: row.created_at,
    publishedAt: row.published_at,
    endpoint: row.endpoint,
    pricing: row.pricing,
    artefact: artefactOf(row.artefact_sha256, row.size_bytes, row.media_type),
  };
}

export function toListing(row: ListingRow): Listing {
  const { release_number: number, release_pricing: pricing, release_created_at: createdAt } = row;
  const release =
    number === null || pricing === null || createdAt === null
      ? null
      : {
          number,
          notes: row.release_notes ?? "",
          createdAt,
          publishedAt: row.release_published_at,
          endpoint: row.release_endpoint,
          pricing,
          artefact: artefactOf(row.release_artefact_sha256, row.release_size_bytes, row.release_media_type),
        };
  return {
    id: row.id,
    orgId: row.org_id,
    version: row.version,
    status: row.status,
    kind: row.kind,
    name: row.name,
    slug: row.slug,
    summary: row.summary,
    description: row.description,
    tags: row.tags,
    categories: row.categories,
    licence: row.licence,
    rejectionReason: row.rejection_reason,
    suspensionReason: row.suspension_reason,
    suspendedFrom: row.suspended_from,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    publishedAt: row.published_at,
    release,
  };
}

export interface KeyRow {
  id: string;
  org_id: string;
  name: string;
  algorithm: "ed25519";
  public_key: string;
  created_at: Date;
  revoked_at: Date | null;
}

export function toKey(row: KeyRow): PublisherKey {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    algorithm: row.algorithm,
    publicKey: row.public_key,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}

export interface ArtefactRow {
  org_id: string;
  sha256: string;
  size_bytes: number;
  media_type: string;
  key_id: string;
  signature: string;
  created_at: Date;
}

export function toArtefact(row: ArtefactRow): Artefact {
  return {
    orgId: row.org_id,
    sha256: row.sha256,
    sizeBytes: row.size_bytes,
    mediaType: row.media_type,
    keyId: row.key_id,
    signature: row.signature,
    createdAt: row.created_at,
  };
}

export interface AuditRow {
  id: number;
  at: Date;
  org_id: string;
  listing_id: string | null;
  actor: string;
  action: string;
  before: unknown;
  after: unknown;
  trace_id: string | null;
}

export function toAuditEntry(row: AuditRow): AuditEntry {
  return {
    id: `${row.id}`,
    at: row.at,
    orgId: row.org_id,
    listingId: row.listing_id,
    actor: row.actor,
    action: row.action,
    before: row.before,
    after: row.after,
    traceId: row.trace_id,
  };
}
