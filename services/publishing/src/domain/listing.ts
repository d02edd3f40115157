import { Refusal } from "./refusal.ts";
import type { Release } from "./release.ts";

export const statuses = ["draft", "review", "published", "deprecated", "suspended"] as const;
export type Status = (typeof statuses)[number];
export const kinds = ["model", "prompt"] as const;
export type Kind = (typeof kinds)[number];
export const categories = [
  "chat",
  "completion",
  "embedding",
  "image",
  "audio",
  "code",
  "agent",
  "evaluation",
  "other",
] as const;
export type Category = (typeof categories)[number];

/** What a provider says of a listing. */
export interface ListingDetails {
  readonly name: string;
  readonly slug: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly categories: readonly Category[];
  readonly licence: string;
}

export interface Listing extends ListingDetails {
  readonly id: string;
  readonly orgId: string;
  /** Grows by one with every change. */
  readonly version: number;
  readonly status: Status;
  readonly kind: Kind;
  /** Why the last review sent it back; null after the next submission. */
  readonly rejectionReason: string | null;
  readonly suspensionReason: string | null;
  /** The status that a restoration brings back. */
  readonly suspendedFrom: Status | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When it first went public. */
  readonly publishedAt: Date | null;
  /** The newest published release: what callers get. */
  readonly release: Release | null;
}

export type Action = "submit" | "approve" | "reject" | "deprecate" | "suspend" | "restore";

/** From which status each action leads, and where to; `restore` leads back. */
const rules: Record<Action, { readonly from: readonly Status[]; readonly to: Status | "suspendedFrom" }> = {
  submit: { from: ["draft"], to: "review" },
  approve: { from: ["review"], to: "published" },
  reject: { from: ["review"], to: "draft" },
  deprecate: { from: ["published"], to: "deprecated" },
  suspend: { from: ["published", "deprecated"], to: "suspended" },
  restore: { from: ["suspended"], to: "suspendedFrom" },
};

/**
 * The listing after an action.
 * @throws Refusal `invalid-transition` where its status does not allow the action.
 */
export function transition(
  listing: Listing,
  action: Action,
  now: Date,
  reason: string | null = null,
): Listing {
  const { from, to } = rules[action];
  if (!from.includes(listing.status)) {
    throw new Refusal(
      "invalid-transition",
      `${action} needs a listing in ${from.join(" or ")}; this one is in ${listing.status}`,
    );
  }
  const status = to === "suspendedFrom" ? (listing.suspendedFrom ?? "published") : to;
  return {
    ...changed(listing, now),
    status,
    rejectionReason: action === "reject" ? reason : action === "submit" ? null : listing.rejectionReason,
    suspensionReason: action === "suspend" ? reason : null,
    suspendedFrom: action === "suspend" ? listing.status : null,
    publishedAt: action === "approve" ? (listing.publishedAt ?? now) : listing.publishedAt,
  };
}

/** Fields that stay as reviewed: links, bills and licences of callers hang on them. */
const frozenAfterReview = ["name", "slug", "licence"] as const;

/**
 * The listing with other details; the same object where nothing differs, so that no event says otherwise.
 * @throws Refusal where its status does not allow the change.
 */
export function edit(listing: Listing, changes: Partial<ListingDetails>, now: Date): Listing {
  if (listing.status !== "draft" && listing.status !== "published") {
    throw new Refusal(
      "invalid-transition",
      `details are changed in draft or published; this listing is in ${listing.status}`,
    );
  }
  const edited = { ...listing, ...changes };
  const differs = (field: keyof ListingDetails) =>
    JSON.stringify(edited[field]) !== JSON.stringify(listing[field]);
  const frozen = listing.status === "published" ? frozenAfterReview.filter(differs) : [];
  if (frozen.length > 0) {
    throw new Refusal("field-frozen", `${frozen.join(", ")}: not changed once a listing has been published`);
  }
  if (!(Object.keys(changes) as (keyof ListingDetails)[]).some(differs)) return listing;
  return { ...edited, version: listing.version + 1, updatedAt: now };
}

/** The listing after a change elsewhere, of its releases for one. */
export function changed(listing: Listing, now: Date): Listing {
  return { ...listing, version: listing.version + 1, updatedAt: now };
}

/** A slug of a name; names without a Latin letter or digit get one of the listing's id. */
export function slugOf(name: string, id: string): string {
  const latin = name.normalize("NFKD").replace(/\p{Mark}/gu, "");
  const slug = latin
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 100)
    .replace(/-+$/, "");
  return slug === "" ? `listing-${id.slice(-12)}` : slug;
}
