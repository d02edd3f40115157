import { type Actor, isAdministrator, owns, requireProvider, requireVisible } from "../domain/access.ts";
import { Refusal } from "../domain/refusal.ts";
import type { AuditEntry, Page, Store } from "./store.ts";

/** A listing's history, for its owner and the platform's administrators. */
export async function listingAudit(
  store: Store,
  actor: Actor,
  id: string,
  page: Page,
): Promise<AuditEntry[]> {
  const listing = await store.listing(id);
  // An administrator reads the history of drafts too: those that a review has sent back have one.
  if (!isAdministrator(actor) || listing === null) requireVisible(actor, listing);
  if (listing !== null && !owns(actor, listing) && !isAdministrator(actor)) {
    throw new Refusal("forbidden", "a listing's history is for its owner and the role platform-admin");
  }
  return store.audit({ listingId: id, orgId: undefined }, page);
}

/** All that happened in the caller's organisation; every organisation's for the platform's administrators. */
export async function organisationAudit(store: Store, actor: Actor, page: Page): Promise<AuditEntry[]> {
  if (!isAdministrator(actor)) requireProvider(actor);
  return store.audit({ listingId: undefined, orgId: isAdministrator(actor) ? undefined : actor.orgId }, page);
}
