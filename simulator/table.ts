/**
 * The simulator's contract: one table says, for each resource type and function that the project uses, what the
 * provider would compute. It never guesses: what is not in the table is an error that says where to add it.
 */
import { UserError } from "../components/core/errors.ts";

/** What a table entry gets to know of the resource or function call that it answers. */
export interface SimulationRequest {
  /** Pulumi token: `aws:ec2/vpc:Vpc`, or of a function `aws:index/getCallerIdentity:getCallerIdentity`. */
  readonly type: string;
  /** Logical name of the resource; empty for a function. */
  readonly name: string;
  /** URN of the resource; for a function a stable text made of its token and arguments. */
  readonly urn: string;
  /** Arguments as plain values, secrets unwrapped. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Region of the resource's explicit provider (or its own `region` argument); empty where there is none. */
  readonly region: string;
  /** Account of the simulated cloud, twelve digits. */
  readonly accountId: string;
  readonly stack: string;
  readonly project: string;
  /** The id that is looked up, when the program reads a resource (`Vpc.get`) instead of creating it. */
  readonly readId?: string;
}

/** A resource that a remote component makes in its own plugin: never in the plan, but references to it resolve. */
export interface SimulatedChild {
  readonly urn: string;
  readonly id: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the provider would answer. `outputs` are merged over the inputs (for a function they are the result). */
export interface Simulated {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
  readonly children?: readonly SimulatedChild[];
}

export type Simulate = (request: SimulationRequest) => Simulated;

export type SimulationTable = Readonly<Record<string, Simulate>>;

/** The package a token belongs to: `aws` of `aws:ec2/vpc:Vpc`, and of `pulumi:providers:aws` too. */
export function packageOf(token: string): string {
  const parts = token.split(":");
  return token.startsWith("pulumi:providers:") ? (parts[2] ?? "") : (parts[0] ?? "");
}

/** The entry of `request.type`, or an error that names the place where it belongs. */
export function simulate(table: SimulationTable, request: SimulationRequest): Simulated {
  const entry = Object.hasOwn(table, request.type) ? table[request.type] : undefined;
  if (entry) return entry(request);
  const place =
    packageOf(request.type) === "kubernetes"
      ? "simulator/kubernetes.ts"
      : `simulator/${packageOf(request.type)}/ and register it in simulator/index.ts`;
  throw new UserError({
    path: request.urn,
    got: `${request.name === "" ? "function" : "resource type"} ${request.type}, unknown to the simulator`,
    allowed: "types and functions listed in simulator/",
    fix: `add what the provider computes for ${request.type} to ${place}`,
  });
}
