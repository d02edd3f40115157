import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { businessMetrics } from "./business-metrics.ts";
import { cacheMetrics } from "./cache-metrics.ts";
import type { DashboardFacts } from "./dashboard.ts";
import { databasePerformance } from "./database-performance.ts";
import { infrastructureHealth } from "./infrastructure-health.ts";
import { messageQueue } from "./message-queue.ts";
import type { DashboardName } from "./names.ts";
import { serviceOverview } from "./service-overview.ts";

/** The six dashboards of a stack. */
export function dashboards(facts: DashboardFacts): Readonly<Record<DashboardName, Dashboard>> {
  return {
    "service-overview": serviceOverview(facts),
    "infrastructure-health": infrastructureHealth(facts),
    "database-performance": databasePerformance(facts),
    "cache-metrics": cacheMetrics(facts),
    "message-queue": messageQueue(facts),
    "business-metrics": businessMetrics(facts),
  };
}
