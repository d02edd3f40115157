/** The six dashboards: name of the ConfigMap and of the page in Grafana → title. */
export const dashboardTitles = {
  "service-overview": "Service Overview",
  "infrastructure-health": "Infrastructure Health",
  "database-performance": "Database Performance",
  "cache-metrics": "Cache Metrics",
  "message-queue": "Message Queue",
  "business-metrics": "Business Metrics",
} as const;

export type DashboardName = keyof typeof dashboardTitles;

export const dashboardNames = Object.keys(dashboardTitles) as DashboardName[];
