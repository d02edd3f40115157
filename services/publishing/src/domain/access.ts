import type { Listing } from "./listing.ts";
import { notFound, Refusal } from "./refusal.ts";

export const roles = ["provider", "consumer", "reviewer", "platform-admin"] as const;
export type Role = (typeof roles)[number];

/** Who calls: the claims of a verified token. */
export interface Actor {
  readonly subject: string;
  readonly orgId: string;
  readonly roles: readonly Role[];
}

export const isProvider = (actor: Actor) => actor.roles.includes("provider");
export const isAdministrator = (actor: Actor) => actor.roles.includes("platform-admin");
/** May see and judge what any tenant has handed in. */
export const isModerator = (actor: Actor) => actor.roles.includes("reviewer") || isAdministrator(actor);

export const owns = (actor: Actor, listing: Pick<Listing, "orgId">) =>
  isProvider(actor) && actor.orgId === listing.orgId;

/** Drafts are their owner's alone. */
export function canSee(actor: Actor, listing: Listing): boolean {
  return owns(actor, listing) || (isModerator(actor) && listing.status !== "draft");
}

export function requireProvider(actor: Actor): void {
  if (!isProvider(actor)) throw new Refusal("forbidden", "this needs the role provider");
}

export function requireMember(actor: Actor): void {
  if (!isProvider(actor) && !isModerator(actor)) {
    throw new Refusal("forbidden", "this needs the role provider, reviewer or platform-admin");
  }
}

export function requireModerator(actor: Actor): void {
  if (!isModerator(actor)) throw new Refusal("forbidden", "this needs the role reviewer or platform-admin");
}

/** Four eyes: who judges in a listing's favour belongs to another organisation, administrators not excepted. */
export function requireOutsider(actor: Actor, listing: Pick<Listing, "orgId">): void {
  if (actor.orgId === listing.orgId) {
    throw new Refusal(
      "own-listing",
      "a listing is approved and restored by another organisation than its own",
    );
  }
}

/** @throws Refusal `not-found` for everyone who may not know that the listing exists. */
export function requireVisible(actor: Actor, listing: Listing | null): Listing {
  if (listing === null || !canSee(actor, listing)) throw notFound("listing");
  return listing;
}

export function requireOwner(actor: Actor, listing: Listing | null): Listing {
  const visible = requireVisible(actor, listing);
  if (!owns(actor, visible))
    throw new Refusal("forbidden", "only the listing's own organisation may do this");
  return visible;
}
