import { type Actor, requireProvider } from "../domain/access.ts";
import {
  type Artefact,
  type ArtefactClaim,
  isSignedBy,
  normalisedKey,
  type PublisherKey,
  sameArtefact,
} from "../domain/artefact.ts";
import { notFound, Refusal } from "../domain/refusal.ts";
import type { Store, Surroundings } from "./store.ts";

/** Live keys an organisation may have: enough to rotate and for several build systems. */
export const keyLimit = 20;

export type NewArtefact = Omit<ArtefactClaim, "orgId"> & {
  readonly keyId: string;
  readonly signature: string;
};

/** Publishers' keys, and the artefacts that they vouch for with them. */
export class Artefacts {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  async keys(store: Store, actor: Actor): Promise<PublisherKey[]> {
    requireProvider(actor);
    return store.keys(actor.orgId);
  }

  /** Registers a key; the one that is there where the organisation has registered it before. */
  async registerKey(
    store: Store,
    actor: Actor,
    given: { readonly name: string; readonly algorithm: "ed25519"; readonly publicKey: string },
  ): Promise<{ key: PublisherKey; created: boolean }> {
    requireProvider(actor);
    await store.lockOrganisation(actor.orgId);
    const publicKey = normalisedKey(given.publicKey);
    const keys = await store.keys(actor.orgId);
    const present = keys.find((key) => key.publicKey === publicKey);
    if (present) return { key: present, created: false };
    if (keys.filter((key) => key.revokedAt === null).length >= keyLimit) {
      throw new Refusal(
        "key-limit-reached",
        `an organisation has at most ${keyLimit} live keys; revoke one first`,
      );
    }
    const { newId, now } = this.#surroundings;
    const key = { ...given, id: newId(), orgId: actor.orgId, publicKey, createdAt: now(), revokedAt: null };
    await store.insertKey(key, actor.subject);
    await this.#record(store, actor, "publisher-key.registered", null, key);
    return { key, created: true };
  }

  /** Ends a key for good. What it has signed stays. */
  async revokeKey(store: Store, actor: Actor, id: string): Promise<void> {
    requireProvider(actor);
    await store.lockOrganisation(actor.orgId);
    const key = (await store.keys(actor.orgId)).find((candidate) => candidate.id === id);
    if (!key) throw notFound("publisher key");
    if (key.revokedAt !== null) return;
    const now = this.#surroundings.now();
    await store.revokeKey(id, now);
    await this.#record(store, actor, "publisher-key.revoked", key, { ...key, revokedAt: now });
  }

  async read(store: Store, actor: Actor, sha256: string): Promise<Artefact> {
    requireProvider(actor);
    const artefact = await store.artefact(actor.orgId, sha256);
    if (!artefact) throw notFound("artefact");
    return artefact;
  }

  /** Registers an artefact once: again with the same metadata is no change, with other metadata a conflict. */
  async register(
    store: Store,
    actor: Actor,
    given: NewArtefact,
  ): Promise<{ artefact: Artefact; created: boolean }> {
    requireProvider(actor);
    await store.lockOrganisation(actor.orgId);
    const claim = { ...given, orgId: actor.orgId };
    const key = (await store.keys(actor.orgId)).find(
      ({ id, revokedAt }) => id === given.keyId && revokedAt === null,
    );
    if (!key) throw new Refusal("signature-refused", "keyId is no live key of the organisation");
    if (!isSignedBy(key, claim, given.signature)) {
      throw new Refusal("signature-refused", "the signature is not the key's over this artefact");
    }
    const present = await store.artefact(actor.orgId, given.sha256);
    if (present && !sameArtefact(present, claim)) {
      throw new Refusal("artefact-differs", "this SHA-256 is registered with another size or media type");
    }
    if (present) return { artefact: present, created: false };
    const artefact = { ...claim, createdAt: this.#surroundings.now() };
    await store.insertArtefact(artefact, actor.subject);
    await this.#record(store, actor, "artefact.registered", null, artefact);
    return { artefact, created: true };
  }

  #record(store: Store, actor: Actor, action: string, before: object | null, after: object): Promise<void> {
    return store.appendAudit({
      at: this.#surroundings.now(),
      orgId: actor.orgId,
      listingId: null,
      actor: actor.subject,
      action,
      before,
      after,
      traceId: this.#surroundings.traceId(),
    });
  }
}
