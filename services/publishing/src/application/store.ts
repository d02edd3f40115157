import type { Artefact, PublisherKey } from "../domain/artefact.ts";
import type { ListingEvent } from "../domain/event.ts";
import type { Kind, Listing, Status } from "../domain/listing.ts";
import type { Release } from "../domain/release.ts";

export interface Page {
  readonly limit: number;
  /** What the last page ended with; undefined for the first. */
  readonly after: string | undefined;
}

export interface ListingFilter {
  readonly status: Status | undefined;
  readonly kind: Kind | undefined;
  /** Whose listings, drafts included. */
  readonly ownOrgId: string | undefined;
  /** Every tenant's that are no drafts. */
  readonly everyone: boolean;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly orgId: string;
  readonly listingId: string | null;
  readonly actor: string;
  readonly action: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly traceId: string | null;
}

export interface AuditFilter {
  readonly orgId: string | undefined;
  readonly listingId: string | undefined;
}

/** The answer that was given under an idempotency key. */
export interface StoredAnswer {
  readonly requestHash: string;
  readonly status: number;
  readonly etag: string | null;
  readonly body: unknown;
}

export interface AnswerKey {
  readonly orgId: string;
  readonly actor: string;
  readonly key: string;
}

/** What the use cases need of storage; every call belongs to one transaction. */
export interface Store {
  listing(id: string): Promise<Listing | null>;
  /** As `listing`, and nobody else changes it until the transaction ends. */
  lockedListing(id: string): Promise<Listing | null>;
  /** Newest first. */
  listings(filter: ListingFilter, page: Page): Promise<Listing[]>;
  /** @throws Refusal `slug-taken` */
  insertListing(listing: Listing, createdBy: string): Promise<void>;
  /** @throws Refusal `slug-taken` */
  updateListing(listing: Listing): Promise<void>;

  releases(listingId: string): Promise<Release[]>;
  insertRelease(listing: Listing, release: Release, createdBy: string): Promise<void>;
  /** Publishes what is not yet, and answers the newest published release. */
  publishReleases(listingId: string, now: Date): Promise<Release | null>;

  keys(orgId: string): Promise<PublisherKey[]>;
  insertKey(key: PublisherKey, createdBy: string): Promise<void>;
  revokeKey(id: string, now: Date): Promise<void>;
  /** Serialises what one organisation does with its keys and artefacts until the transaction ends. */
  lockOrganisation(orgId: string): Promise<void>;

  artefact(orgId: string, sha256: string): Promise<Artefact | null>;
  insertArtefact(artefact: Artefact, createdBy: string): Promise<void>;

  audit(filter: AuditFilter, page: Page): Promise<AuditEntry[]>;
  appendAudit(entry: Omit<AuditEntry, "id">): Promise<void>;
  /** Puts the event into the outbox: it reaches Kafka if, and only if, the transaction commits. */
  appendEvent(event: ListingEvent): Promise<void>;

  /** Takes the key for this transaction, or waits for whoever has it and answers what was said then. */
  claimAnswer(key: AnswerKey, requestHash: string): Promise<StoredAnswer | null>;
  storeAnswer(key: AnswerKey, answer: StoredAnswer): Promise<void>;

  /** Runs once the transaction has committed; not at all where it does not. */
  afterCommit(run: () => void): void;
}

export interface UnitOfWork {
  /** All of `work` or none of it. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
}

/** What the use cases take from their surroundings. */
export interface Surroundings {
  readonly now: () => Date;
  readonly newId: () => string;
  /** The trace that the current work belongs to. */
  readonly traceId: () => string | null;
  readonly echoAllowed: boolean;
  /** A listing has changed, and the change is committed. */
  readonly onChange: (from: Status | "none", to: Status) => void;
}
