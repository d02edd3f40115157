import type { Pack } from "../../shared/rule.ts";
import { budgetRules } from "./rules/budget.ts";
import { countRules } from "./rules/gateways.ts";
import { retentionRules } from "./rules/log-retention.ts";
import { typeRules } from "./rules/machine-types.ts";
import { unpricedRule } from "./rules/unpriced.ts";

export const cost: Pack = {
  name: "llm-marketplace-cost",
  folder: "cost",
  description:
    "The monthly price of a stack is within its budgets and free of gaps, machine types are on an allow-list, NAT gateways and log retention within bounds.",
  rules: [...budgetRules, unpricedRule, ...typeRules, ...countRules, ...retentionRules],
};
