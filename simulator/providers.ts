/** The explicit providers of the stacks: each gets an id and keeps its settings as they are. */
import type { Simulate, SimulationTable } from "./table.ts";
import { uuid } from "./values.ts";

const provider: Simulate = (request) => ({ id: uuid(request.urn), outputs: {} });

export const providers: SimulationTable = {
  "pulumi:providers:aws": provider,
  "pulumi:providers:eks": provider,
  "pulumi:providers:kubernetes": provider,
  "pulumi:providers:random": provider,
};
