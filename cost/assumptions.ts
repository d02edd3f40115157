/** Usage that no resource states: what the cost model multiplies with prices. One table for the schema, the pack and the report. */

interface UsageField {
  /** What is counted, with its unit. A month's amount unless it says otherwise. */
  readonly description: string;
  readonly maximum: number;
}

const amount = (description: string): UsageField => ({ description, maximum: 1e9 });
const percent = (description: string): UsageField => ({ description, maximum: 100 });

/** Every assumption. GiB are billed as GB, which is how AWS counts them. */
export const usageFields = {
  requestsMillions: amount("Requests at the gateway at typical load, in millions."),
  natGiB: amount("GiB through NAT gateways."),
  interfaceEndpointGiB: amount("GiB through interface endpoints."),
  internetEgressGiB: amount("GiB out to the internet; the account's free 100 GB are not deducted."),
  crossZoneGiB: amount("GiB between zones, counted once per GiB (both directions are billed)."),
  crossRegionGiB: amount("GiB sent to the recovery region: replicated objects and database backups."),
  loadBalancerCapacityUnits: amount("Average capacity units of the gateway's load balancer."),
  logIngestGiB: amount("GiB of logs of managed stores, operating system figures of RDS included."),
  controlPlaneLogGiB: amount("GiB of control-plane logs of the cluster."),
  flowLogGiB: amount("GiB of network flow logs."),
  objectStorageGiB: amount("GiB in all buckets together, old versions included, recovery copies excluded."),
  objectWritesMillions: amount("Writes and listings of all buckets in millions; recovery copies follow."),
  objectReadsMillions: amount("Reads of all buckets, in millions."),
  backupGiB: amount("GiB of database backups beyond the free allowance, hourly snapshots included."),
  recoveryBackupGiB: amount("GiB of database backups in the recovery region, from the first GiB."),
  cacheBackupGiB: amount("GiB of cache snapshots beyond the newest of each cluster."),
  volumeSnapshotGiB: amount("GiB of changed blocks in volume snapshots."),
  registryGiB: amount("GiB of container images."),
  traceSpanGiB: amount("GiB of spans sent to X-Ray over OTLP."),
  metricReadsMillions: amount("Metrics read from CloudWatch by exporters, in millions."),
  keyRequestsMillions: amount("Requests to customer keys, in millions."),
  secretReadsMillions: amount("Reads of secrets, in millions."),
  dnsQueriesMillions: amount("DNS queries that are not for load balancers' aliases, in millions."),
  nodeCpuPercent: percent(
    "Average CPU of the nodes at typical load; above its baseline a burstable node pays.",
  ),
  nodeCpuPercentAtMaximum: percent("The same at the maximum node count."),
} as const satisfies Record<string, UsageField>;

export type UsageName = keyof typeof usageFields;
export type UsageAssumptions = Readonly<Record<UsageName, number>>;

export const usageNames = Object.keys(usageFields) as readonly UsageName[];

/** Nothing is used: the base of every statement of usage. */
export const noUsage = Object.fromEntries(usageNames.map((name) => [name, 0])) as UsageAssumptions;
