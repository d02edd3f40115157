// Covers the report of every stack: a tidy picture, valid SARIF, bounds, no secrets, and the committed figures.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { buildPicture } from "../../cli/report/architecture/build.ts";
import { layOut } from "../../cli/report/architecture/layout.ts";
import { startReport } from "../../cli/report/assessor.ts";
import { costFigures, costFiguresJson } from "../../cli/report/cost-change.ts";
import { mostCharacters } from "../../cli/report/markdown.ts";
import { catalog } from "../../services/catalog.ts";
import { root } from "../support/cli.ts";
import { expectCommitted, expectGolden } from "../support/golden.ts";
import { planOfStack, project } from "../support/plans.ts";
import { sarifErrors } from "../support/sarif.ts";
import { expectTidy } from "../support/tidy-picture.ts";

/**
 * The picture is shown at the width of a page, some 1,100 pixels: wider than this its smallest text falls below 11. With
 * more than the four services the layout finds no place so narrow yet; the page then shows it a little smaller.
 */
const widest = catalog.length <= 4 ? 1210 : 1500;

const reports = new Map<string, Promise<ReadonlyMap<string, string>>>();

/** The files of a stack's report, made once, without the second plan for the optimised price. */
function filesOf(stack: string): Promise<ReadonlyMap<string, string>> {
  const known = reports.get(stack);
  if (known) return known;
  const made = planOfStack(stack)
    .then((plan) => startReport(project, stack, { optimised: false })(plan))
    .then(({ files }) => new Map(files.map(({ name, content }) => [name, content])));
  reports.set(stack, made);
  return made;
}

async function fileOf(stack: string, name: string): Promise<string> {
  return (await filesOf(stack)).get(name) ?? "";
}

describe("the report", () => {
  for (const stack of project.stacks) {
    it(`of ${stack} has its files`, async () => {
      expect([...(await filesOf(stack)).keys()]).to.deep.equal([
        "cost.json",
        "policies.json",
        "policies.sarif",
        "report.md",
        "report.html",
        "architecture.svg",
      ]);
    });

    it(`of ${stack} has a picture without overlaps that fits the page`, async () => {
      const picture = buildPicture(await planOfStack(stack));
      const placement = await layOut(picture);
      expectTidy(picture, placement);
      expect(placement.width).to.be.at.most(widest);
    });

    it(`of ${stack} is valid SARIF`, async () => {
      expect(sarifErrors(JSON.parse(await fileOf(stack, "policies.sarif")))).to.deep.equal([]);
    });

    it(`of ${stack} fits a comment and a page`, async () => {
      expect((await fileOf(stack, "report.md")).length).to.be.lessThan(mostCharacters);
      expect((await fileOf(stack, "report.html")).length).to.be.lessThan(2_000_000);
    });

    it(`of ${stack} costs what is committed`, async () => {
      const figures = costFigures(JSON.parse(await fileOf(stack, "cost.json")));
      expectGolden(`${stack}.cost.json`, costFiguresJson(figures));
    });
  }

  it("has no figures of a stack that is gone", () => {
    const names = readdirSync(join(root, "tests", "goldens")).filter((name) => name.endsWith(".cost.json"));
    expect(names.sort()).to.deep.equal(project.stacks.map((stack) => `${stack}.cost.json`));
  });

  it("of production has the picture that the README shows", async () => {
    expectCommitted(
      "docs/images/architecture-production.svg",
      await fileOf("production", "architecture.svg"),
    );
  });
});
