// Covers what users meet on the real engine beside a stack that works: the verbs preview and up, wrong input,
// guardrails, a change that replaces. It also shows that the tests of the stacks can fail.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { marketplace } from "../support/cli.ts";
import { buildPacks, policyConfig, policyPacks } from "../support/engine/guardrails.ts";
import { type SimulatedProviders, serveProviders } from "../support/engine/providers.ts";
import { Workspace } from "../support/engine/workspace.ts";
import { project } from "../support/plans.ts";

describe("on the real engine", function () {
  this.timeout(200_000);
  this.slow(30_000);
  let providers: SimulatedProviders;
  let workspace: Workspace;

  async function start(stack: string): Promise<void> {
    providers = await serveProviders();
    workspace = new Workspace({ projectRoot: project.root, stack, attachment: providers.attachment });
  }
  afterEach(() => {
    providers?.stop();
    workspace?.remove();
  });

  it("marketplace preview asks for a stack that was never made, shows one that was, and reports wrong input", async () => {
    await start("local");
    const preview = () =>
      marketplace(["--project", workspace.project, "preview", "local", "--", "--non-interactive"], {
        environment: workspace.environment(),
      });
    const absent = await preview();
    expect(absent.stderr).to.equal(
      "error: cannot preview local: no stack local in the Pulumi backend; create it once with `pulumi stack init local` (the docs say which secrets provider) (`make plan STACK=local` works without it).\n",
    );
    expect(absent.code).to.equal(1);
    await workspace.initialise();
    const shown = await preview();
    expect(shown.stdout).to.match(/\+ \d{3} to create/);
    expect(shown.code, shown.stderr).to.equal(0);
    workspace.configure({ [`${project.name}:backup`]: { retentionDays: 99 } });
    const wrong = await preview();
    expect(wrong.code).to.equal(1);
    expect(wrong.stdout).to.contain(
      "error: Pulumi.local.yaml › backup.retentionDays: got 99\n      allowed: a whole number from 1 to 35\n      fix: change backup.retentionDays",
    );
    expect(wrong.stdout).not.to.match(/^\s+at .+:\d+:\d+/m);
  });

  it("the policy packs pass dev but for a budget that is too small", async () => {
    await buildPacks();
    await start("dev");
    await workspace.initialise();
    const config = policyConfig("dev", "cost");
    const rule = "stack-cost-minimum-budget";
    const settings = join(workspace.folder, "cost.json");
    writeFileSync(
      settings,
      JSON.stringify({ ...config, [rule]: { ...(config[rule] as object), budgetUsdPerMonth: 100 } }),
    );
    const { code, output } = await workspace.pulumi(["preview", ...policyPacks("dev", { cost: settings })]);
    expect(code).not.to.equal(0);
    expect(output).to.match(/✅ llm-marketplace-availability@.*\n.*❌ llm-marketplace-cost@/);
    expect(output).to.contain("✅ llm-marketplace-encryption@");
    expect(output).to.contain(`${rule}  (pulumi:pulumi:Stack: llm-marketplace-dev)`);
    expect(output).to.match(/monthly cost at the minimum is \d+\.\d\d USD, required at most 100\.00 USD/);
  });

  it("another address range replaces the network and nothing that holds data", async () => {
    await start("dev");
    await workspace.initialise();
    const up = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
    expect(up.code, up.output.slice(-6000)).to.equal(0);
    workspace.configure({ [`${project.name}:network`]: { cidr: "10.99.0.0/16" } });
    const { code, output } = await workspace.pulumi(["preview", "--json"]);
    expect(code, output.slice(-6000)).to.equal(0);
    const { steps } = JSON.parse(output.slice(output.indexOf("{"))) as {
      readonly steps: readonly { readonly op: string; readonly urn: string }[];
    };
    const replaced = steps.filter(({ op }) => op === "replace").map(({ urn }) => urn.split("::").at(-1));
    expect(replaced).to.include("network-vpc");
    expect(replaced.filter((name) => !name?.startsWith("network-"))).to.deep.equal([]);
  });
});
