// The footprint against the charts themselves, for every release whose chart can be had; says which could not.
import { expect } from "chai";
import { chartsOf, differencesFromChart, renderChart } from "../support/capacity/charts.ts";
import { matchFootprint, sourcesOf } from "../support/capacity/sources.ts";
import { planOfStack } from "../support/plans.ts";

describe("The footprint's rows of Helm releases", function () {
  this.timeout(10 * 60_000);

  for (const stack of ["production", "in-cluster"]) {
    it(`are the pods that the charts of ${stack} make`, async function () {
      const plan = await planOfStack(stack);
      const sources = sourcesOf(plan);
      const matches = matchFootprint(stack, sources);
      const differences: string[] = [];
      const leftOut: Record<string, string[]> = {};
      let compared = 0;
      for (const chart of chartsOf(plan)) {
        const rendering = await renderChart(chart);
        if ("leftOut" in rendering) {
          leftOut[rendering.leftOut] = [...(leftOut[rendering.leftOut] ?? []), chart.release];
          continue;
        }
        compared += 1;
        differences.push(...differencesFromChart(matches, sources, chart.release, rendering.objects));
      }
      for (const [why, releases] of Object.entries(leftOut)) {
        console.log(`        left out, ${why}: ${releases.join(", ")}`);
      }
      expect(differences).to.deep.equal([]);
      if (compared === 0) this.skip();
    });
  }
});
