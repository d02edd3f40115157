// Covers the shape of every stack's plan: a committed file per stack shows what changed when something changes.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../support/cli.ts";
import { expectGolden, goldenText } from "../support/golden.ts";
import { planOfStack, project } from "../support/plans.ts";

describe("goldens", () => {
  for (const stack of project.stacks) {
    it(`the plan of ${stack} is the committed one`, async () => {
      expectGolden(`${stack}.txt`, goldenText(await planOfStack(stack)));
    });
  }

  it("there is no golden of a stack that is gone", () => {
    const names = readdirSync(join(root, "tests", "goldens")).filter((name) => name.endsWith(".txt"));
    expect(names.sort()).to.deep.equal(project.stacks.map((stack) => `${stack}.txt`));
  });
});
