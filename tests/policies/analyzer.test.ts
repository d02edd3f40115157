// The compiled packs over the engine's own protocol: on every fixture and on every stack's plan they find what the same
// rules find in this process, they say what they cannot know yet, and they publish their settings.
import { expect } from "chai";
import { resolvedConfig } from "../../config/resolve.ts";
import { packs } from "../../policies/index.ts";
import { evaluate, type Outcome, type PackConfig } from "../../policies/shared/evaluate.ts";
import { graphOf, type PlannedResource } from "../../policies/shared/graph.ts";
import type { Pack } from "../../policies/shared/rule.ts";
import { packConfigs } from "../../policies/shared/stack-config.ts";
import { buildPack } from "../../tools/build-policies.ts";
import { Analyzer, type Diagnostic } from "../support/analyzer.ts";
import { planOfStack, project } from "../support/plans.ts";
import { fixtures } from "../unit/policies/fixtures/index.ts";
import { breakOne, planned } from "../unit/policies/fixtures/types.ts";

const today = new Date().toISOString().slice(0, 10);

/** What the engine would show of what was found in this process. Of several unknown values it shows the first. */
function expected(outcomes: readonly Outcome[]): string[] {
  const shown = outcomes.flatMap(({ rule, level, status, finding, message }) => {
    const place = `${rule.name} ${status === "undetermined" ? "advisory" : level}`;
    if (status === "excepted") return [];
    if (status === "violation") return [`${place} ${finding.resource.urn} ${message}`];
    return [rule.kind === "stack" ? `${place} unknown` : `${place} ${finding.resource.urn} unknown`];
  });
  return [...new Set(shown)].sort();
}

function found(diagnostics: readonly Diagnostic[], pack: Pack): string[] {
  const shown = diagnostics.map(({ policy, level, urn, message }) => {
    if (!message.startsWith(`can't run policy '${policy}'`)) return `${policy} ${level} ${urn} ${message}`;
    const isStack = pack.rules.some(({ name, kind }) => name === policy && kind === "stack");
    return `${policy} ${level}${isStack ? "" : ` ${urn}`} unknown`;
  });
  return [...new Set(shown)].sort();
}

for (const pack of packs) {
  describe(`the pack ${pack.name} over the analyzer protocol`, () => {
    let analyzer: Analyzer;
    before(async () => {
      await buildPack(pack.folder);
      analyzer = await Analyzer.start(pack.folder);
    });
    after(() => analyzer.stop());

    async function bothWays(
      resources: readonly PlannedResource[],
      config: PackConfig = {},
    ): Promise<[string[], string[]]> {
      await analyzer.configure(config);
      const diagnostics = await analyzer.analyze(resources);
      return [found(diagnostics, pack), expected(evaluate(pack, graphOf(resources), config, today))];
    }

    it("publishes every rule with its severity, frameworks, remediation and settings", async () => {
      const published = await analyzer.policies();
      expect(published.map(({ name }) => name)).to.deep.equal(pack.rules.map(({ name }) => name));
      for (const [index, policy] of published.entries()) {
        const rule = pack.rules[index];
        expect(policy.description).to.equal(rule?.description);
        expect(policy.remediationSteps).to.equal(rule?.remediation);
        expect(policy.severity).to.equal(
          ["", "low", "medium", "high", "critical"].indexOf(rule?.severity ?? ""),
        );
        expect(policy.framework).to.equal(rule?.frameworks[0]?.control ?? "");
        expect(policy.tags).to.deep.equal(rule?.frameworks.map(({ name, control }) => `${name} ${control}`));
        expect(Object.keys(policy.settings).sort()).to.deep.equal(
          [...Object.keys(rule?.settings ?? {}), "exceptions"].sort(),
        );
      }
    });

    const ownTables = fixtures.filter(({ rule }) => pack.rules.some(({ name }) => name === rule));
    it("finds on every fixture what the rules find in this process", async () => {
      let findings = 0;
      for (const table of ownTables) {
        for (const broken of table.broken) {
          const own = { ...table.config?.[table.rule], ...broken.settings };
          const config: PackConfig = {
            ...table.config,
            ...(Object.keys(own).length > 0 && { [table.rule]: own }),
          };
          const [overProtocol, inProcess] = await bothWays(
            planned(breakOne(table.compliant[0] ?? [], broken)),
            config,
          );
          expect(overProtocol, `${table.rule}: ${broken.title}`).to.deep.equal(inProcess);
          expect(inProcess.length, `${table.rule}: ${broken.title}`).to.be.greaterThan(0);
          findings += inProcess.length;
        }
      }
      expect(findings).to.be.greaterThan(ownTables.length);
    });

    for (const stack of project.stacks) {
      it(`finds on the plan of ${stack} what the rules find in this process, with the stack's own levels`, async () => {
        const { resources } = await planOfStack(stack);
        const config = packConfigs(stack, resolvedConfig(stack))[pack.folder] ?? {};
        const [overProtocol, inProcess] = await bothWays(resources, config);
        expect(overProtocol).to.deep.equal(inProcess);
        expect(inProcess.filter((line) => line.includes(" mandatory "))).to.deep.equal([]);
      });
    }
  });
}
