// Covers what must hold in every plan, one titled test per invariant and stack. That each invariant can fail is
// proven by tests/unit/invariants.
import { expect } from "chai";
import { invariants } from "../support/invariants/index.ts";
import { planOfStack, project } from "../support/plans.ts";

for (const invariant of invariants) {
  describe(`in every plan, ${invariant.title}`, () => {
    for (const stack of project.stacks) {
      it(`in ${stack}`, async () => {
        expect(invariant.violations(await planOfStack(stack))).to.deep.equal([]);
      });
    }
  });
}
