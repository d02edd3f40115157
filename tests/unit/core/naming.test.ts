// Names: whole where they fit, never cut, never the same for two things; tags, labels and errors built on them.
import { expect } from "chai";
import fc from "fast-check";
import type { PlatformContext } from "../../../components/core/context.ts";
import { UserError } from "../../../components/core/errors.ts";
import { labels, selector, tags } from "../../../components/core/labels.ts";
import { fitName, physicalName } from "../../../components/core/naming.ts";

const context: PlatformContext = {
  project: "llm-marketplace",
  stack: "production",
  environment: "production",
  owner: "platform",
  costCentre: "market",
  domain: "market.example.com",
  protectData: true,
};

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,120}$/);
const limit = fc.integer({ min: 16, max: 100 });

describe("Physical names", () => {
  it("carry project, stack and name", () => {
    expect(physicalName(context, "redis", 40)).to.equal("llm-marketplace-production-redis");
  });

  it("keep their head and get eight digits of their hash where they are too long", () => {
    expect(physicalName(context, "postgres-automated-backups", 40)).to.equal(
      "llm-marketplace-production-post-473db23d",
    );
  });

  it("never pass their limit, and are left alone within it", () => {
    fc.assert(
      fc.property(name, limit, (full, most) => {
        const fitted = fitName(full, most);
        expect(fitted.length).to.be.at.most(most);
        expect(fitted === full).to.equal(full.length <= most);
      }),
    );
  });

  it("never become one where they were two", () => {
    fc.assert(
      fc.property(name, name, limit, (one, other, most) => {
        fc.pre(one !== other);
        expect(fitName(one, most)).not.to.equal(fitName(other, most));
      }),
    );
  });

  it("never end their head in two hyphens", () => {
    fc.assert(
      fc.property(
        name,
        limit,
        (full, most) => full.length <= most || !/--[0-9a-f]{8}$/.test(fitName(full, most)),
      ),
    );
  });

  it("are refused where there is no room for a hash", () => {
    expect(() => fitName("a-name-that-is-too-long", 15)).to.throw(
      UserError,
      "name a-name-that-is-too-long: got 23 characters\n" +
        "  allowed: at most 15\n" +
        "  fix: choose a shorter name: a hash suffix needs at least 16 characters",
    );
  });
});

describe("Tags and labels", () => {
  it("say to which stack, component, owner and cost centre a resource belongs", () => {
    expect(tags(context, "network", "vpc")).to.deep.equal({
      Name: "llm-marketplace-production-vpc",
      Project: "llm-marketplace",
      Stack: "production",
      Environment: "production",
      Component: "network",
      Owner: "platform",
      CostCentre: "market",
      ManagedBy: "pulumi",
    });
  });

  it("contain the selector, which never changes", () => {
    const all = labels(context, "marketplace-service", "publishing");
    expect(all).to.include(selector("publishing"));
    expect(selector("publishing")).to.deep.equal({ "app.kubernetes.io/name": "publishing" });
  });
});

describe("A user's error", () => {
  const problem = { path: "a", got: "1", allowed: "2", fix: "3" };

  it("holds all problems, in its text too", () => {
    const error = new UserError([problem, { ...problem, path: "b" }]);
    expect(error.problems).to.have.lengthOf(2);
    expect(error.message).to.equal("a: got 1\n  allowed: 2\n  fix: 3\nb: got 1\n  allowed: 2\n  fix: 3");
  });

  it("takes one problem too", () => {
    expect(new UserError(problem).problems).to.deep.equal([problem]);
  });
});
