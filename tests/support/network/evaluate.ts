/** NetworkPolicy and mesh together, and every attempt that a world makes thinkable. */
import { meshVerdict } from "./mesh.ts";
import type { Attempt, Endpoint, Verdict, World } from "./model.ts";
import { networkVerdict, type PolicyOptions } from "./network-policy.ts";

export function verdictOf(world: World, attempt: Attempt, options: PolicyOptions): Verdict {
  const network = networkVerdict(world, attempt, options);
  if (!network.allowed) return network;
  const mesh = meshVerdict(world, attempt);
  if (!mesh.allowed) return mesh;
  return { allowed: true, by: [network.by, mesh.by].filter((by) => by !== "").join(" and ") };
}

/** A port on which nothing listens: whoever may dial it may dial any. */
export const unusedPort = 54_321;

/** Every source with every destination, each of its ports and one more, and paths where HTTP is judged by path. */
export function* attempts(
  world: World,
  paths: readonly string[],
  hosts: readonly string[],
): Generator<Attempt> {
  for (const from of world.endpoints) {
    for (const to of world.endpoints) {
      // Between two addresses outside the cluster nothing of ours decides.
      if (from.kind === "address" && to.kind === "address") continue;
      for (const { port, protocol } of portsOf(to))
        yield* requests({ from, to, port, protocol }, paths, hosts);
    }
  }
}

function portsOf(to: Endpoint): Pick<Attempt, "port" | "protocol">[] {
  return [
    ...to.ports.map(({ number, protocol = "TCP" as const }) => ({ port: number, protocol })),
    { port: unusedPort, protocol: "TCP" as const },
    ...(to.kind === "address" && to.ports.some(({ number }) => number === 53)
      ? [{ port: 53, protocol: "UDP" as const }]
      : []),
  ];
}

function requests(attempt: Attempt, paths: readonly string[], hosts: readonly string[]): Attempt[] {
  const { to, port } = attempt;
  if (to.kind !== "pod" || port > 15_000) return [attempt];
  if (to.proxy === "gateway") return hosts.map((host) => ({ ...attempt, host }));
  return to.proxy === "sidecar" ? paths.map((path) => ({ ...attempt, path })) : [attempt];
}
