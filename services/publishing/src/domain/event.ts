import type { Action, Listing } from "./listing.ts";

export type EventType =
  | "listing.created"
  | "listing.updated"
  | "listing.submitted"
  | "listing.published"
  | "listing.rejected"
  | "listing.deprecated"
  | "listing.suspended"
  | "listing.restored";

export const eventOf: Record<Action, EventType> = {
  submit: "listing.submitted",
  approve: "listing.published",
  reject: "listing.rejected",
  deprecate: "listing.deprecated",
  suspend: "listing.suspended",
  restore: "listing.restored",
};

/** The event's value, as `services/contract/listing-event.schema.json` has it: the whole state after the change. */
export function listingEvent(eventId: string, eventType: EventType, listing: Listing) {
  const { release } = listing;
  return {
    eventId,
    eventType,
    occurredAt: listing.updatedAt.toISOString(),
    listing: {
      id: listing.id,
      orgId: listing.orgId,
      version: listing.version,
      status: listing.status,
      kind: listing.kind,
      name: listing.name,
      slug: listing.slug,
      summary: listing.summary,
      description: listing.description,
      tags: listing.tags,
      categories: listing.categories,
      licence: listing.licence,
      createdAt: listing.createdAt.toISOString(),
      updatedAt: listing.updatedAt.toISOString(),
      publishedAt: listing.publishedAt?.toISOString() ?? null,
      release:
        release?.publishedAt == null
          ? null
          : {
              number: release.number,
              publishedAt: release.publishedAt.toISOString(),
              endpoint: release.endpoint,
              pricing: release.pricing,
              artefact: release.artefact,
            },
    },
  };
}

export type ListingEvent = ReturnType<typeof listingEvent>;
