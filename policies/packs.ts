import { availability } from "./availability/src/pack.ts";
import { cost } from "./cost/src/pack.ts";
import { encryption } from "./encryption/src/pack.ts";
import type { Pack } from "./shared/rule.ts";

/** Every pack that a stack is held to. */
export const packs: readonly Pack[] = [encryption, availability, cost];
