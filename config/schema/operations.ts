import { z } from "zod";
import { imageTag, whole } from "./common.ts";

export const observability = z.strictObject({
  replicas: whole(1, 3).describe("Copies of Prometheus, Alertmanager and Loki."),
  prometheusStorageGiB: whole(5, 2000),
  prometheusRetentionDays: whole(1, 90),
  lokiStorageGiB: whole(5, 2000),
  logRetentionDays: whole(1, 400).describe("Days that logs are kept in object storage."),
  traceSamplingPercent: z.number().min(0).max(100),
  cloudTraces: z.boolean().describe("Whether traces also go to the cloud's own tracing (X-Ray)."),
  cloudLogRetentionDays: whole(1, 3653).describe(
    "Days that logs of managed services are kept in the cloud's log store.",
  ),
});

export const backup = z.strictObject({
  retentionDays: whole(1, 35).describe(
    "Days that backups are kept and back to which PostgreSQL can be restored.",
  ),
  hourlyRetentionHours: whole(0, 168).describe(
    "Hours that hourly PostgreSQL snapshots are kept; 0 turns them off.",
  ),
  crossRegionCopies: z.boolean().describe("Copies in the recovery region, under that region's key."),
});

const serviceOverride = z.strictObject({
  version: imageTag.optional(),
  minReplicas: whole(1, 500).optional(),
  maxReplicas: whole(1, 1000).optional(),
  requestsPerSecond: whole(1, 100_000)
    .optional()
    .describe("Requests per second and pod at which replicas are added beside CPU and memory; brings KEDA."),
});
export const services = z.strictObject({
  version: imageTag.describe("Image tag of every service that names none of its own."),
  others: z
    .strictObject({ minReplicas: whole(1, 500), maxReplicas: whole(1, 1000) })
    .optional()
    .describe("Replicas of a service that has no override here; absent: the catalogue's own numbers."),
  overrides: z
    .record(z.string(), serviceOverride)
    .describe("What differs for one service, by its name in services/catalog.ts."),
});
