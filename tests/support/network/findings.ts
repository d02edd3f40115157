/** Compares what the objects of a world allow with what the list of edges says, attempt by attempt. */
import { type Edge, edges } from "./edges.ts";
import { attempts, unusedPort, verdictOf } from "./evaluate.ts";
import type { Attempt, Endpoint, Pod, World } from "./model.ts";
import { scrapeEdges } from "./scrapes.ts";

/** Nothing of ours binds these: an add-on of the cloud, or a controller that stands beside it. */
const unboundNamespace = "kube-system";

export interface Findings {
  /** One line for each edge that does not work and each way that nobody asked for. */
  readonly problems: readonly string[];
  /** Edges that something in this world has used. */
  readonly used: ReadonlySet<Edge>;
}

export function findings(world: World, host: string): Findings {
  const here = [...edges, ...scrapeEdges(world)].filter(
    ({ where }) => where === undefined || world.endpoints.some(({ name }) => name === where),
  );
  const problems: string[] = [];
  const used = new Set<Edge>();
  const paths = [
    ...new Set([...here.flatMap((edge) => edge.paths ?? []).map((path) => `${path}/x`), "/internal/x"]),
  ];
  for (const attempt of attempts(world, paths, [host, "other.example"])) {
    if (!isJudged(attempt)) continue;
    const matching = here.filter((edge) => covers(edge, attempt, host));
    for (const edge of matching) used.add(edge);
    const problem = judge(world, attempt, matching);
    if (problem !== undefined) problems.push(problem);
  }
  return { problems, used };
}

/** What must work is judged where ranges do not match pods, what must not where they do. */
function judge(world: World, attempt: Attempt, matching: readonly Edge[]): string | undefined {
  const required = matching.find(({ level }) => level === "must");
  if (required !== undefined) {
    const { allowed, by } = verdictOf(world, attempt, { ipBlocksMatchPods: false });
    return allowed ? undefined : `${describe(attempt)} is denied, but must work (${required.why}): ${by}`;
  }
  if (matching.length > 0) return undefined;
  const { allowed, by } = verdictOf(world, attempt, { ipBlocksMatchPods: true });
  return allowed ? `${describe(attempt)} is allowed by ${by}, and no edge says so` : undefined;
}

function isJudged({ from, to }: Attempt): boolean {
  const isUnbound = (endpoint: Endpoint) =>
    endpoint.kind === "address" || endpoint.namespace === unboundNamespace;
  return !(isUnbound(from) && isUnbound(to));
}

function covers(edge: Edge, attempt: Attempt, host: string): boolean {
  const { from, to, port, protocol, path } = attempt;
  return (
    edge.from.some((pattern) => isMeant(pattern, from)) &&
    edge.to.some((pattern) => isMeant(pattern, to)) &&
    (edge.ports === "any" || edge.ports.includes(port)) &&
    (edge.ports === "any" || (edge.protocols ?? ["TCP"]).includes(protocol)) &&
    (edge.paths === undefined ||
      (path !== undefined && edge.paths.some((start) => path.startsWith(`${start}/`)))) &&
    (edge.ownHost === undefined || attempt.host === undefined || attempt.host === host)
  );
}

function isMeant(pattern: string, endpoint: Endpoint): boolean {
  if (pattern === "*") return endpoint.kind === "pod" && endpoint.namespace !== unboundNamespace;
  if (pattern === "* without a proxy") return isMeant("*", endpoint) && (endpoint as Pod).proxy === "none";
  if (pattern === "@*") return endpoint.kind === "address";
  return pattern.endsWith("/*")
    ? endpoint.kind === "pod" && endpoint.namespace === pattern.slice(0, -2)
    : endpoint.name === pattern;
}

function describe({ from, to, port, protocol, path, host }: Attempt): string {
  const where = port === unusedPort ? "any port" : `${port}/${protocol}`;
  const what = [path, host === undefined ? undefined : `host ${host}`].filter(Boolean).join(", ");
  return `${from.name} → ${to.name} ${where}${what === "" ? "" : ` (${what})`}`;
}
