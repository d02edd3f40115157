import {
  type Actor,
  isModerator,
  isProvider,
  requireMember,
  requireModerator,
  requireOutsider,
  requireOwner,
  requireProvider,
  requireVisible,
} from "../domain/access.ts";
import { type EventType, eventOf, listingEvent } from "../domain/event.ts";
import {
  type Action,
  changed,
  edit,
  type Kind,
  type Listing,
  type ListingDetails,
  type Status,
  slugOf,
  transition,
} from "../domain/listing.ts";
import { Refusal } from "../domain/refusal.ts";
import { checkRelease, compare, type Endpoint, type Pricing, type Release } from "../domain/release.ts";
import type { Page, Store, Surroundings } from "./store.ts";

export interface NewListing extends Omit<ListingDetails, "slug"> {
  readonly kind: Kind;
  readonly slug?: string;
}

export interface NewRelease {
  readonly number: string;
  readonly notes: string;
  readonly endpoint: Endpoint | null;
  readonly pricing: Pricing;
  readonly artefactSha256: string | null;
}

/** Undefined: whatever the version is. */
type ExpectedVersion = number | undefined;

/** What can be done with listings. Every method runs inside the transaction of the store it is given. */
export class Listings {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async create(store: Store, actor: Actor, given: NewListing): Promise<Listing> {
    requireProvider(actor);
    const [id, now] = [this.#surroundings.newId(), this.#surroundings.now()];
    const listing: Listing = {
      ...given,
      id,
      slug: given.slug ?? slugOf(given.name, id),
      orgId: actor.orgId,
      version: 1,
      status: "draft",
      rejectionReason: null,
      suspensionReason: null,
      suspendedFrom: null,
      createdAt: now,
      updatedAt: now,
      publishedAt: null,
      release: null,
    };
    await store.insertListing(listing, actor.subject);
    await this.#record(store, actor, "listing.created", null, listing);
    return listing;
  }

  async read(store: Store, actor: Actor, id: string): Promise<Listing> {
    requireMember(actor);
    return requireVisible(actor, await store.listing(id));
  }

  async list(
    store: Store,
    actor: Actor,
    filter: { status?: Status; kind?: Kind },
    page: Page,
  ): Promise<Listing[]> {
    requireMember(actor);
    const ownOrgId = isProvider(actor) ? actor.orgId : undefined;
    return store.listings(
      { status: filter.status, kind: filter.kind, ownOrgId, everyone: isModerator(actor) },
      page,
    );
  }

  async edit(
    store: Store,
    actor: Actor,
    id: string,
    expected: ExpectedVersion,
    changes: Partial<ListingDetails>,
  ): Promise<Listing> {
    requireMember(actor);
    const before = requireOwner(actor, await store.lockedListing(id));
    requireVersion(before, expected);
    const after = edit(before, changes, this.#surroundings.now());
    if (after === before) return before;
    await store.updateListing(after);
    await this.#record(store, actor, "listing.updated", before, after);
    return after;
  }

  /** Submission and deprecation by the owner. */
  async advance(
    store: Store,
    actor: Actor,
    id: string,
    expected: ExpectedVersion,
    action: "submit" | "deprecate",
  ): Promise<Listing> {
    requireMember(actor);
    const before = requireOwner(actor, await store.lockedListing(id));
    requireVersion(before, expected);
    if (action === "submit" && before.status === "draft" && (await store.releases(id)).length === 0) {
      throw new Refusal("release-missing", "a listing is submitted with at least one release");
    }
    return this.#transition(store, actor, before, action, null);
  }

  /** Approval, rejection, suspension and restoration by moderation. */
  async moderate(
    store: Store,
    actor: Actor,
    id: string,
    expected: ExpectedVersion,
    action: Exclude<Action, "submit" | "deprecate">,
    reason: string | null,
  ): Promise<Listing> {
    requireMember(actor);
    const before = requireVisible(actor, await store.lockedListing(id));
    requireModerator(actor);
    if (action === "approve" || action === "restore") requireOutsider(actor, before);
    requireVersion(before, expected);
    return this.#transition(store, actor, before, action, reason);
  }

  async releases(store: Store, actor: Actor, id: string): Promise<Release[]> {
    await this.read(store, actor, id);
    return store.releases(id);
  }

  /**
   * Adds a release. A draft's waits for the review; a published listing's is public at once: the review is of the
   * listing, and the host it calls needs its own approval in admin.
   */
  async addRelease(
    store: Store,
    actor: Actor,
    id: string,
    expected: ExpectedVersion,
    given: NewRelease,
  ): Promise<{ listing: Listing; release: Release }> {
    requireMember(actor);
    const before = requireOwner(actor, await store.lockedListing(id));
    requireVersion(before, expected);
    if (before.status !== "draft" && before.status !== "published") {
      throw new Refusal(
        "invalid-transition",
        `releases are added in draft or published; this listing is in ${before.status}`,
      );
    }
    const now = this.#surroundings.now();
    const { artefactSha256, ...rest } = given;
    const artefact = artefactSha256 === null ? null : await store.artefact(before.orgId, artefactSha256);
    if (artefactSha256 !== null && artefact === null) {
      throw new Refusal("artefact-unknown", "the organisation has registered no artefact with this SHA-256");
    }
    const release: Release = {
      ...rest,
      artefact: artefact && {
        sha256: artefact.sha256,
        sizeBytes: artefact.sizeBytes,
        mediaType: artefact.mediaType,
      },
      createdAt: now,
      publishedAt: before.status === "published" ? now : null,
    };
    const numbers = (await store.releases(id)).map(({ number }) => number).sort(compare);
    checkRelease(release, {
      kind: before.kind,
      newest: numbers.at(-1) ?? null,
      echoAllowed: this.#surroundings.echoAllowed,
    });
    await store.insertRelease(before, release, actor.subject);
    const after = {
      ...changed(before, now),
      release: release.publishedAt === null ? before.release : release,
    };
    await store.updateListing(after);
    await this.#record(store, actor, "listing.updated", before, after);
    return { listing: after, release };
  }

  async #transition(
    store: Store,
    actor: Actor,
    before: Listing,
    action: Action,
    reason: string | null,
  ): Promise<Listing> {
    const now = this.#surroundings.now();
    const moved = transition(before, action, now, reason);
    const after =
      action === "approve" ? { ...moved, release: await store.publishReleases(before.id, now) } : moved;
    await store.updateListing(after);
    await this.#record(store, actor, eventOf[action], before, after);
    return after;
  }

  async #record(
    store: Store,
    actor: Actor,
    eventType: EventType,
    before: Listing | null,
    after: Listing,
  ): Promise<void> {
    await store.appendAudit({
      at: after.updatedAt,
      orgId: after.orgId,
      listingId: after.id,
      actor: actor.subject,
      action: eventType,
      before,
      after,
      traceId: this.#surroundings.traceId(),
    });
    await store.appendEvent(listingEvent(this.#surroundings.newId(), eventType, after));
    store.afterCommit(() => this.#surroundings.onChange(before?.status ?? "none", after.status));
  }
}

function requireVersion(listing: Listing, expected: ExpectedVersion): void {
  if (expected !== undefined && expected !== listing.version) {
    throw new Refusal("precondition-failed", `the listing is at version ${listing.version}, not ${expected}`);
  }
}
