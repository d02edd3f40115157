// Covers the order of creation: needs first, namespaces before what is in them, the same order whatever came first.
import { expect } from "chai";
import fc from "fast-check";
import { allNeeds, creationOrder } from "../../../cli/plan/graph.ts";
import { manifests } from "../../../cli/plan/manifests.ts";
import { planWith } from "../invariants/fixture.ts";

describe("creationOrder", () => {
  const { resources } = planWith();

  it("puts every resource after all that it needs, from any order of registration", () => {
    const expected = creationOrder(resources).map(({ urn }) => urn);
    fc.assert(
      fc.property(fc.shuffledSubarray([...resources], { minLength: resources.length }), (shuffled) => {
        expect(creationOrder(shuffled).map(({ urn }) => urn)).to.deep.equal(expected);
      }),
      { numRuns: 50 },
    );
    const place = new Map(expected.map((urn, index) => [urn, index]));
    for (const [urn, needs] of allNeeds(resources)) {
      for (const need of needs) expect(place.get(need)).to.be.lessThan(place.get(urn) as number);
    }
  });

  it("names the resources of a cycle", () => {
    const plan = planWith((drafts) => {
      const [bucket, block] = [drafts.bucket, drafts["bucket-block"]];
      if (bucket && block) bucket.dependencies = [block.urn];
    });
    expect(() => creationOrder(plan.resources)).to.throw(/^the dependency graph has a cycle among: .*bucket/);
  });

  it("puts a namespace before what is in it even where nothing says so", () => {
    const plan = planWith((drafts) => {
      if (drafts.service) drafts.service.dependencies = [];
    });
    const names = manifests(plan.resources).map(({ name }) => name);
    expect(names).to.deep.equal([
      "001-namespace-data.yaml",
      "002-storageclass-ssd.yaml",
      "003-release-data-cert-manager.yaml",
      "004-statefulset-data-store.yaml",
      "005-certificate-data-store.yaml",
      "006-service-data-store.yaml",
    ]);
  });

  it("gives a chart of an OCI registry by name and repository", () => {
    const release = manifests(planWith().resources).find(({ name }) => name.includes("release"));
    expect(release?.content).to.equal(
      "release: cert-manager\nnamespace: data\nchart: cert-manager\nrepository: oci://quay.io/jetstack/charts\nvalues: {}\n",
    );
  });
});
