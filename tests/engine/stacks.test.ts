// Covers every stack on the real Pulumi engine with simulated providers: preview, up, a second preview, a changed
// value, refresh, destroy. What the program registers there is what the plan shows, so the plan can be believed.
// Needs `pulumi` on PATH; needs no account, no login and no network.
import { expect } from "chai";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { splitUrn } from "../../simulator/values.ts";
import { describeDifferences, differences } from "../support/engine/compare.ts";
import { type SimulatedProviders, serveProviders } from "../support/engine/providers.ts";
import { jsonText, secretTexts } from "../support/engine/secrets.ts";
import { type CommandResult, Workspace } from "../support/engine/workspace.ts";
import { planOfStack, project } from "../support/plans.ts";

/** Days that no stack has; a change that the stores must take in place. */
const otherRetentionDays = 21;

/** Resources, by logical name, that the change of the retention updates, and those that cannot but be replaced. */
const retained: Readonly<Record<string, { readonly updated: string[]; readonly replaced?: string[] }>> = {
  local: { updated: ["backup-velero-release", "data-postgres-object-store"] },
  dev: { updated: ["backup-cluster-backups", "backup-velero-release", "data-postgres-object-store"] },
  "in-cluster": {
    updated: ["backup-cluster-backups", "backup-velero-release", "data-postgres-object-store"],
  },
  staging: {
    updated: [
      "backup-cluster-backups",
      "backup-stores-postgres-plan",
      "backup-velero-release",
      "data-postgres-instance",
    ],
  },
  zookeeper: {
    updated: [
      "backup-cluster-backups",
      "backup-stores-postgres-plan",
      "backup-velero-release",
      "data-postgres-instance",
    ],
  },
  production: {
    updated: [
      "backup-cluster-backups",
      "backup-cluster-backups-recovery",
      "backup-stores-postgres-plan",
      "backup-velero-release",
      "data-postgres-instance",
    ],
    // AWS has no call that changes it; it holds no data that the new one lacks.
    replaced: ["data-postgres-backup-replication"],
  },
};

describe("on the real engine", function () {
  // A step of the largest stack takes 15 s on two busy cores.
  this.timeout(200_000);
  this.slow(30_000);

  for (const stack of project.stacks) {
    describe(stack, () => {
      let providers: SimulatedProviders;
      let workspace: Workspace;
      let plan: readonly RecordedResource[];
      /** Each step needs the state that the one before has left. */
      let broken = false;

      before(async () => {
        plan = (await planOfStack(stack)).resources;
        providers = await serveProviders();
        workspace = new Workspace({
          projectRoot: project.root,
          stack,
          attachment: providers.attachment,
        });
        ends(await workspace.initialise());
      });
      after(() => {
        providers?.stop();
        workspace?.remove();
      });
      beforeEach(function () {
        if (broken) this.skip();
      });
      afterEach(function () {
        broken ||= this.currentTest?.state === "failed";
      });

      it("previews the resources of the plan", async () => {
        const { graph, ...result } = await workspace.pulumiWithGraph(["preview"]);
        ends(result);
        equals(differences(plan, graph));
        expect(warnings(result)).to.deep.equal([]);
        expect(providers.world.live).to.deep.equal([]);
      });

      it("creates them in an order that the clouds accept", async () => {
        const { graph, ...result } = await workspace.pulumiWithGraph(["up", "--yes", "--skip-preview"]);
        ends(result);
        equals(differences(plan, graph));
        const made = plan.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
        const created = new Set(providers.world.takeChanges().created);
        expect(made.filter(({ urn }) => !created.has(urn))).to.deep.equal([]);
        // The kubeconfig of EKS is treated as a secret, and holds none: it has the AWS CLI fetch a token at every use.
        const open = plan.find(({ type }) => type === "eks:index:Cluster")?.outputs.kubeconfigJson;
        const texts = secretTexts(plan).filter((text) => text !== jsonText(open));
        const state = await workspace.state();
        for (const { urn } of made) expect(state).to.contain(JSON.stringify(urn));
        expect(texts.filter((text) => state.includes(text) || result.output.includes(text))).to.deep.equal(
          [],
        );
      });

      it("finds nothing to change in a second preview", async () => {
        ends(await workspace.pulumi(["preview", "--expect-no-changes"]));
      });

      it("finds nothing to change in the clouds", async () => {
        ends(await workspace.pulumi(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]));
      });

      it("changes the retention of backups in place", async () => {
        workspace.configure({ [`${project.name}:backup`]: { retentionDays: otherRetentionDays } });
        ends(await workspace.pulumi(["up", "--yes", "--skip-preview"]));
        const { created, updated, deleted } = providers.world.takeChanges();
        const expected = retained[stack];
        expect(names(updated)).to.deep.equal(expected?.updated);
        expect(names(created)).to.deep.equal(expected?.replaced ?? []);
        expect(names(deleted)).to.deep.equal(expected?.replaced ?? []);
      });

      it("destroys everything once nothing is protected any more", async () => {
        ends(await workspace.pulumi(["state", "unprotect", "--all", "--yes"]));
        ends(await workspace.pulumi(["destroy", "--yes", "--skip-preview"]));
        expect(providers.world.live).to.deep.equal([]);
        const state = JSON.parse(await workspace.state()) as { deployment: { resources?: unknown[] | null } };
        expect(state.deployment.resources ?? []).to.deep.equal([]);
      });
    });
  }
});

function ends(result: CommandResult): void {
  expect(result.code, result.output.slice(-6000)).to.equal(0);
}

function equals(lines: readonly string[]): void {
  expect(lines.length, describeDifferences(lines)).to.equal(0);
}

function warnings({ output }: CommandResult): string[] {
  return output.split("\n").filter((line) => /\bwarning\b/i.test(line));
}

function names(urns: readonly string[]): string[] {
  return urns.map((urn) => splitUrn(urn)[2]).sort();
}
