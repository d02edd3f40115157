import type { AlertCase } from "./alert-case.ts";
import { platformCases } from "./platform.ts";
import { serviceCases } from "./services.ts";
import { storeCases } from "./stores.ts";
import { workCases } from "./work.ts";

/** A case for every alert of every stack; a rule without one fails its test. */
export const alertCases: readonly AlertCase[] = [
  ...serviceCases,
  ...workCases,
  ...storeCases,
  ...platformCases,
];
