import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSignedBy, type PublisherKey } from "../../src/domain/artefact.ts";
import {
  type Action,
  edit,
  type Listing,
  type Status,
  slugOf,
  statuses,
  transition,
} from "../../src/domain/listing.ts";
import { checkRelease, compare } from "../../src/domain/release.ts";
import { publisher } from "../support/keys.ts";

const then = new Date("2026-01-01T00:00:00Z");
const now = new Date("2026-02-01T00:00:00Z");

const listing = (status: Status): Listing => ({
  id: "01980000-0000-7000-8000-000000000001",
  orgId: "01980000-0000-7000-8000-00000000000a",
  version: 3,
  status,
  kind: "model",
  name: "Small Talk",
  slug: "small-talk",
  summary: "Chats.",
  description: "",
  tags: [],
  categories: [],
  licence: "MIT",
  rejectionReason: null,
  suspensionReason: null,
  suspendedFrom: status === "suspended" ? "deprecated" : null,
  createdAt: then,
  updatedAt: then,
  publishedAt: null,
  release: null,
});

describe("a transition", () => {
  const allowed: Record<Action, Partial<Record<Status, Status>>> = {
    submit: { draft: "review" },
    approve: { review: "published" },
    reject: { review: "draft" },
    deprecate: { published: "deprecated" },
    suspend: { published: "suspended", deprecated: "suspended" },
    restore: { suspended: "deprecated" },
  };

  it("leads where its action says from the statuses that allow it, and is refused from every other", () => {
    for (const action of Object.keys(allowed) as Action[]) {
      for (const status of statuses) {
        const to = allowed[action][status];
        if (to === undefined) {
          assert.throws(() => transition(listing(status), action, now), { code: "invalid-transition" });
        } else {
          const after = transition(listing(status), action, now);
          assert.deepEqual([after.status, after.version, after.updatedAt], [to, 4, now]);
        }
      }
    }
  });

  it("keeps the first publication's date", () => {
    const again = { ...listing("review"), publishedAt: then };
    assert.equal(transition(again, "approve", now).publishedAt, then);
    assert.equal(transition(listing("review"), "approve", now).publishedAt, now);
  });

  it("says what it needs", () => {
    assert.throws(() => transition(listing("draft"), "suspend", now), {
      message: "suspend needs a listing in published or deprecated; this one is in draft",
    });
  });
});

describe("an edit", () => {
  it("is refused in review, deprecated and suspended", () => {
    for (const status of ["review", "deprecated", "suspended"] as const) {
      assert.throws(() => edit(listing(status), { summary: "Other." }, now), { code: "invalid-transition" });
    }
  });

  it("that changes nothing gives the listing itself back", () => {
    const before = listing("published");
    assert.equal(edit(before, { name: before.name, tags: [] }, now), before);
  });
});

describe("a slug", () => {
  it("is made of the name's Latin letters and digits, and of the id where there are none", () => {
    const id = "01980000-0000-7000-8000-0123456789ab";
    assert.equal(slugOf("  Crème Brûlée 7B!  ", id), "creme-brulee-7b");
    assert.equal(slugOf("模型", id), "listing-0123456789ab");
    assert.match(slugOf("a ".repeat(100), id), /^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});

describe("a release", () => {
  const endpoint = { url: "echo:", protocol: "echo", model: "m", timeoutSeconds: 1 } as const;
  const artefact = { sha256: "0".repeat(64), sizeBytes: 1, mediaType: "a/b" };
  const rules = { kind: "model", newest: "1.9.0", echoAllowed: true } as const;

  it("must be newer than all before, as numbers and not as text", () => {
    assert.ok(compare("1.10.0", "1.9.0") > 0);
    checkRelease({ number: "1.10.0", endpoint, artefact: null }, rules);
    for (const number of ["1.9.0", "1.8.99"]) {
      assert.throws(() => checkRelease({ number, endpoint, artefact: null }, rules), {
        code: "release-not-newer",
      });
    }
  });

  it("of a model has an endpoint, of a prompt an artefact and none", () => {
    const number = "2.0.0";
    assert.throws(() => checkRelease({ number, endpoint: null, artefact }, rules), {
      code: "release-not-fitting",
    });
    const prompt = { ...rules, kind: "prompt" } as const;
    checkRelease({ number, endpoint: null, artefact }, prompt);
    assert.throws(() => checkRelease({ number, endpoint, artefact }, prompt), {
      code: "release-not-fitting",
    });
    assert.throws(() => checkRelease({ number, endpoint: null, artefact: null }, prompt), {
      code: "release-not-fitting",
    });
  });

  it("names the echo provider outside production only", () => {
    const given = { number: "2.0.0", endpoint, artefact: null };
    assert.throws(() => checkRelease(given, { ...rules, echoAllowed: false }), {
      code: "endpoint-not-allowed",
    });
  });
});

describe("a publisher's signature", () => {
  const claim = {
    orgId: listing("draft").orgId,
    sha256: "a".repeat(64),
    sizeBytes: 10,
    mediaType: "text/plain",
  };
  const keyOf = (publicKey: string): PublisherKey => ({
    ...{ id: "k", orgId: claim.orgId, name: "n", algorithm: "ed25519", publicKey },
    createdAt: then,
    revokedAt: null,
  });

  it("holds for exactly what was signed, by exactly that key", () => {
    const [own, other] = [publisher(), publisher()];
    const signature = own.sign(claim);
    assert.equal(isSignedBy(keyOf(own.publicKey), claim, signature), true);
    assert.equal(isSignedBy(keyOf(other.publicKey), claim, signature), false);
    for (const changed of [
      { sizeBytes: 11 },
      { mediaType: "text/html" },
      { sha256: "b".repeat(64) },
      { orgId: "x" },
    ]) {
      assert.equal(isSignedBy(keyOf(own.publicKey), { ...claim, ...changed }, signature), false);
    }
  });

  it("is false, not a failure, for nonsense of the right length", () => {
    assert.equal(isSignedBy(keyOf("_".repeat(43)), claim, "_".repeat(86)), false);
    assert.equal(isSignedBy(keyOf("short"), claim, "short"), false);
  });
});
