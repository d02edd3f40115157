/**
 * Last day of standard support of each release, by the number under which it is maintained. Past it a release gets no
 * fixes, or is billed as extended support (EKS: six times the price). `unannounced` stands where the vendor names no
 * day yet.
 *
 * Source, unless another is named: endoflife.date, commit of 2026-08-22 (it cites the vendors' own pages).
 */
export const unannounced = "unannounced";

export type SupportTable = Readonly<Record<string, string>>;

export const eks: SupportTable = {
  "1.33": "2026-07-29",
  "1.34": "2026-12-02",
  "1.35": "2027-03-27",
  "1.36": "2027-08-02",
};

export const gke: SupportTable = {
  "1.33": "2026-08-03",
  "1.34": "2026-10-01",
  "1.35": "2027-04-11",
  "1.36": "2027-08-09",
};

/** AKS names months; the last day of each. */
export const aks: SupportTable = {
  "1.33": "2026-07-31",
  "1.34": "2026-11-30",
  "1.35": "2027-03-31",
  "1.36": "2027-06-30",
};

export const rdsPostgres: SupportTable = {
  "13": "2026-02-28",
  "14": "2027-02-28",
  "15": "2028-02-29",
  "16": "2029-02-28",
  "17": "2030-02-28",
  "18": "2031-02-28",
};

/** The community's; what runs in the cluster, on Cloud SQL and on Flexible Server gets its fixes from there. */
export const postgres: SupportTable = {
  "13": "2025-11-13",
  "14": "2026-11-12",
  "15": "2027-11-11",
  "16": "2028-11-09",
  "17": "2029-11-08",
  "18": "2030-11-14",
};

/** Redis OSS by its number, Valkey under `valkey`; ElastiCache has named no end for either's newest. */
export const elasticache: SupportTable = {
  "5": "2026-01-31",
  "6": "2027-01-31",
  "7": unannounced,
  "valkey 7": unannounced,
  "valkey 8": unannounced,
  "valkey 9": unannounced,
};

export const redis: SupportTable = {
  "6.2": "2027-04-01",
  "7.0": "2024-07-29",
  "7.2": "2029-12-01",
  "7.4": "2029-12-01",
  "8.0": "2026-12-01",
  "8.2": "2030-09-01",
  "8.8": unannounced,
  "8.10": unannounced,
  "valkey 7.2": "2029-04-16",
  "valkey 8.0": "2027-09-15",
  "valkey 8.1": "2030-03-31",
  "valkey 9.0": "2028-10-21",
  "valkey 9.1": unannounced,
};

export const msk: SupportTable = {
  "3.6": "2026-06-01",
  "3.7": "2026-09-01",
  "3.8": unannounced,
  "3.9": unannounced,
  "4.0": unannounced,
  "4.1": unannounced,
  "4.2": unannounced,
};

/** Those of Strimzi 1.2 (kafka-versions.yaml, 2026-08-18): a release is supported as long as the operator runs it. */
export const kafka: SupportTable = { "4.2": unannounced, "4.3": unannounced };

/** Confluent Platform, standard support: two years from each release. */
export const confluent: SupportTable = {
  "confluent 7.5": "2025-08-25",
  "confluent 7.6": "2026-02-09",
  "confluent 7.7": "2026-07-26",
  "confluent 7.8": "2026-12-02",
  "confluent 7.9": "2027-02-19",
  "confluent 8.0": "2027-06-11",
  "confluent 8.1": "2027-10-15",
  "confluent 8.2": "2028-03-04",
  "confluent 8.3": "2028-06-17",
};

export const elasticsearch: SupportTable = {
  "8.18": "2025-10-21",
  "8.19": "2027-07-15",
  "9.3": "2026-08-04",
  "9.4": unannounced,
  "9.5": unannounced,
};
