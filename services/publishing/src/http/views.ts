import type { AuditEntry } from "../application/store.ts";
import type { Artefact, PublisherKey } from "../domain/artefact.ts";
import type { Listing } from "../domain/listing.ts";
import type { Release } from "../domain/release.ts";

/** What the API shows of the domain's objects: chosen field by field, so that a new one is not public by accident. */
export function listingView(listing: Listing) {
  const { id, orgId, version, status, kind, name, slug, summary, description, tags, categories, licence } =
    listing;
  return {
    ...{ id, orgId, version, status, kind, name, slug, summary, description, tags, categories, licence },
    rejectionReason: listing.rejectionReason,
    suspensionReason: listing.suspensionReason,
    createdAt: listing.createdAt.toISOString(),
    updatedAt: listing.updatedAt.toISOString(),
    publishedAt: listing.publishedAt?.toISOString() ?? null,
    release: listing.release && releaseView(listing.release),
  };
}

export function releaseView({ number, notes, createdAt, publishedAt, endpoint, pricing, artefact }: Release) {
  return {
    ...{ number, notes, endpoint, pricing, artefact },
    createdAt: createdAt.toISOString(),
    publishedAt: publishedAt?.toISOString() ?? null,
  };
}

export function keyView({ id, name, algorithm, publicKey, createdAt, revokedAt }: PublisherKey) {
  return {
    ...{ id, name, algorithm, publicKey },
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}

export function artefactView({ sha256, sizeBytes, mediaType, keyId, signature, createdAt }: Artefact) {
  return { sha256, sizeBytes, mediaType, keyId, signature, createdAt: createdAt.toISOString() };
}

export function auditView({ at, ...entry }: AuditEntry) {
  return { ...entry, at: at.toISOString() };
}
