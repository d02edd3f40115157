import { z } from "zod";
import { type UsageName, usageFields, usageNames } from "../../cost/assumptions.ts";
import { committable } from "../../cost/types.ts";
import { whole } from "./common.ts";

/** Usage that no resource states: what the cost model multiplies with prices. Per month unless the name says otherwise. */
export const assumptions = z.strictObject(
  Object.fromEntries(
    usageNames.map((name) => {
      const { description, maximum } = usageFields[name];
      return [name, z.number().min(0).max(maximum).describe(description)];
    }),
  ) as Record<UsageName, z.ZodNumber>,
);
export type Assumptions = z.infer<typeof assumptions>;

const usd = z.number().positive();

export const cost = z.strictObject({
  budgetUsdPerMonth: usd.describe("Ceiling of the monthly list price at the minimum node count."),
  optimisedBudgetUsdPerMonth: usd
    .optional()
    .describe("Ceiling of the price with the optimised profile and the commitments below."),
  ceilingUsdPerMonth: usd.describe(
    "What the stack may cost with every pool and volume at its maximum; passing it is a warning.",
  ),
  spotRatio: z.number().min(0.05).max(1).describe("Price of a spot node as a share of on demand."),
  typicalNodeShare: z
    .number()
    .min(0)
    .max(1)
    .describe("How far between minimum and maximum the node count is at typical load."),
  assumptions,
  commitments: z
    .array(
      z.strictObject({
        covers: z.enum(committable),
        count: whole(1, 200),
        termYears: z.literal(1),
        payment: z.literal("no-upfront"),
      }),
    )
    .describe("One-year commitments counted in the optimised price; they are contracts, not resources."),
});
export type CostConfig = z.infer<typeof cost>;

export const guardrails = z.strictObject({
  levels: z
    .record(z.string(), z.enum(["mandatory", "advisory", "disabled"]))
    .describe("Level of single policies that differs from the environment's."),
  exceptions: z.array(
    z.strictObject({
      policy: z.string(),
      resource: z.string().describe("Logical name, or a pattern with *."),
      reason: z.string().min(20),
      expires: z.iso.date("a day such as 2027-06-30").describe("Last day on which the exception holds."),
    }),
  ),
});
