/** Guardrails, cost and report of every plan: what `marketplace plan` adds to a stack's folder. */
import { capacity } from "../../config/capacity.ts";
import { parse } from "../../config/parse.ts";
import type { PlatformConfig } from "../../config/schema/platform.ts";
import { toSettings } from "../../config/settings.ts";
import type { Assessment, Assessor } from "../assess.ts";
import { costDocument, costJson } from "../cost/document.ts";
import { dayOf } from "../cost/settings.ts";
import { startCost } from "../cost/stack-cost.ts";
import { formatSummary } from "../cost/text.ts";
import type { Plan } from "../plan/plan.ts";
import { type Project, stackConfig } from "../project.ts";
import { coloursAllowed } from "../terminal.ts";
import { buildPicture } from "./architecture/build.ts";
import { layOut } from "./architecture/layout.ts";
import { drawPicture } from "./architecture/svg.ts";
import { type Baseline, readBaseline } from "./baseline.ts";
import { changesBetween } from "./changes.ts";
import { costChange, costFigures } from "./cost-change.ts";
import { goldenText } from "./golden.ts";
import { judgePlan } from "./guardrails.ts";
import { reportHtml } from "./html/page.ts";
import { reportMarkdown } from "./markdown.ts";
import { type ReportData, verdictOf } from "./model.ts";
import { policiesJson } from "./policies-json.ts";
import { policiesSarif } from "./sarif.ts";
import { formatGuardrails, formatViolations } from "./terminal.ts";

export interface ReportOptions {
  /** Day on which exceptions and prices are judged; now, unless given. */
  readonly today?: Date;
  /** Whether the stack is planned a second time for its optimised price; true, unless given. */
  readonly optimised?: boolean;
}

const nothing: Assessment = { text: "", last: "", files: [], mandatoryViolations: 0 };

/**
 * Begins the second plan and reads what to compare with beside the first plan. A project whose configuration is not this one's is neither judged nor priced.
 */
export function startReport(project: Project, stack: string, options: ReportOptions = {}): Assessor {
  const { today = new Date(), optimised = true } = options;
  const day = dayOf(today);
  const { config } = parse(stackConfig(project, stack), { project: project.name, stack, today });
  if (config === undefined) return async () => nothing;
  const price = startCost(project, stack, { optimised }, today);
  const baseline = readBaseline(project.root, stack);
  return async (plan) => {
    // The second plan is a process of its own: what this one can do is done before it is waited for.
    const picture = buildPicture(plan);
    const [guardrails, placement] = [judgePlan(plan, config, day), await layOut(picture)];
    const priced = await price(plan);
    const cost = priced && costDocument(priced);
    return assessmentOf({
      plan,
      today: day,
      stackFile: `Pulumi.${plan.stack}.yaml`,
      guardrails,
      cost,
      ...compared(plan, cost, await baseline),
      capacity: capacityOf(plan, config),
      picture,
      architecture: drawPicture(picture, placement, { prefix: "architecture" }),
    });
  };
}

function compared(
  plan: Plan,
  cost: ReportData["cost"],
  baseline: Baseline | undefined,
): Pick<ReportData, "changes" | "costChange"> {
  const { from = "", resources, cost: figures } = baseline ?? {};
  return {
    changes: resources === undefined ? undefined : changesBetween(resources, goldenText(plan), from),
    costChange: cost && figures && costChange(figures, costFigures(cost), from),
  };
}

/** Whether the pods fit the nodes; nothing for a cluster whose nodes are not ours. */
function capacityOf(plan: Plan, config: PlatformConfig): ReportData["capacity"] {
  const settings = toSettings(config, { project: plan.project, stack: plan.stack });
  if (settings.cluster.pools.length === 0 || settings.target.cloud === "local") return [];
  return [capacity(settings, "minimum"), capacity(settings, "maximum")];
}

function assessmentOf(data: ReportData): Assessment {
  const style = { colours: coloursAllowed(process.stdout) };
  const { reasons } = verdictOf(data);
  const summaries = [data.cost && formatSummary(data.cost, style), formatGuardrails(data.guardrails, style)];
  return {
    text: summaries.filter((text) => text !== undefined).join("\n\n"),
    last: formatViolations(data.guardrails, reasons, data.plan.stack, style),
    files: [
      ...(data.cost ? [{ name: "cost.json", content: costJson(data.cost) }] : []),
      { name: "policies.json", content: policiesJson(data) },
      { name: "policies.sarif", content: policiesSarif(data) },
      { name: "report.md", content: reportMarkdown(data) },
      { name: "report.html", content: reportHtml(data) },
      { name: "architecture.svg", content: data.architecture },
    ],
    mandatoryViolations: reasons.length === 0 ? 0 : Math.max(1, broken(data)),
  };
}

function broken({ guardrails }: ReportData): number {
  return guardrails.findings.filter((one) => one.status === "violation" && one.level === "mandatory").length;
}
