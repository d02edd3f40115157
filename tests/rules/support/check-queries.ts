import { pause } from "./processes.ts";
import type { TestPrometheus } from "./prometheus.ts";
import type { AskedQuery } from "./queries.ts";

/** Made by Prometheus itself, and only while an alert fires. */
const ownSeries = /^ALERTS(_FOR_STATE)?\{/;

/** Longest time for series to be scraped twice and recorded. */
const usualPatienceMillis = 60_000;

/** Selectors of queries that find nothing, as sentences: metrics that nobody exports, labels that nobody has. */
export async function emptySelectors(
  prometheus: TestPrometheus,
  queries: readonly AskedQuery[],
  patienceMillis = usualPatienceMillis,
): Promise<string[]> {
  const asked = new Map<string, string>();
  for (const { where, expr } of queries) {
    for (const selector of await prometheus.selectors(expr)) {
      if (!ownSeries.test(selector)) asked.set(selector, asked.get(selector) ?? where);
    }
  }
  return unanswered(
    prometheus,
    [...asked].map(([expr, where]) => ({ where, expr })),
    "nobody exports",
    patienceMillis,
  );
}

/** Queries without an answer, as sentences. */
export function emptyQueries(prometheus: TestPrometheus, queries: readonly AskedQuery[]): Promise<string[]> {
  return unanswered(prometheus, queries, "no series for", usualPatienceMillis);
}

async function unanswered(
  prometheus: TestPrometheus,
  queries: readonly AskedQuery[],
  what: string,
  patienceMillis: number,
): Promise<string[]> {
  let open = [...queries];
  for (const until = Date.now() + patienceMillis; open.length > 0 && Date.now() < until; ) {
    const still: AskedQuery[] = [];
    for (const query of open) {
      if ((await prometheus.query(query.expr)).length === 0) still.push(query);
    }
    open = still;
    if (open.length > 0) await pause(1000);
  }
  return open.map(({ where, expr }) => `${where}: ${what} ${expr}`);
}
