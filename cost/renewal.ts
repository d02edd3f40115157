/**
 * Renewing prices from AWS's public price lists (Bulk API, CSV offer files). Which row of which list a key comes from is
 * data here; reading a list is a pure function of its lines.
 */
import type { PriceTable } from "./types.ts";

/** Where a price is in the lists: a service's file, and what columns of its row must say. */
export interface Recipe {
  readonly service: string;
  readonly where: Readonly<Record<string, string>>;
  /** Price list units for one of ours: 1,000,000 requests are one million. */
  readonly times?: number;
}

interface Pattern {
  readonly key: RegExp;
  readonly recipe: (...parts: readonly string[]) => Recipe;
}

const usage = (
  service: string,
  usageType: string,
  more: Readonly<Record<string, string>> = {},
  times = 1,
): Recipe => ({
  service,
  where: { usageType, ...more },
  times,
});

/** Recipes by the form of the key. Usage types of us-east-1 have no prefix; other regions' have one (`USW2-`). */
const patterns: readonly Pattern[] = [
  {
    key: /^aws\.ec2\.([a-z0-9-]+\.[a-z0-9]+)\.hour$/,
    recipe: (type) =>
      usage("AmazonEC2", `BoxUsage:${type}`, { operation: "RunInstances", Tenancy: "Shared" }),
  },
  {
    key: /^aws\.ebs\.(gp3|st1|sc1)\.storage\.gbMonth$/,
    recipe: (type) => usage("AmazonEC2", `EBS:VolumeUsage.${type}`),
  },
  { key: /^aws\.ebs\.snapshot\.gbMonth$/, recipe: () => usage("AmazonEC2", "EBS:SnapshotUsage") },
  { key: /^aws\.vpc\.natGateway\.hour$/, recipe: () => usage("AmazonEC2", "NatGateway-Hours") },
  { key: /^aws\.vpc\.natGateway\.dataProcessed\.gb$/, recipe: () => usage("AmazonEC2", "NatGateway-Bytes") },
  {
    key: /^aws\.eks\.cluster\.(standard|extended)\.hour$/,
    recipe: (kind) =>
      usage(
        "AmazonEKS",
        kind === "standard" ? "AmazonEKS-Hours:perCluster" : "AmazonEKS-Hours:extendedSupport",
      ),
  },
  {
    key: /^aws\.rds\.postgresql\.(db\.[a-z0-9]+\.[a-z0-9]+)\.(singleAz|multiAz)\.hour$/,
    recipe: (type, zones) =>
      usage("AmazonRDS", `${zones === "multiAz" ? "Multi-AZUsage" : "InstanceUsage"}:${type}`, {
        "Database Engine": "PostgreSQL",
      }),
  },
  {
    key: /^aws\.elasticache\.(redis|valkey)\.(cache\.[a-z0-9]+\.[a-z0-9]+)\.hour$/,
    recipe: (engine, type) =>
      usage("AmazonElastiCache", engine === "redis" ? `NodeUsage:${type}` : `NodeUsage:${type}.${engine}`, {
        "Cache Engine": engine === "redis" ? "Redis" : "Valkey",
      }),
  },
  { key: /^aws\.s3\.standard\.storage\.gbMonth$/, recipe: () => usage("AmazonS3", "TimedStorage-ByteHrs") },
  {
    key: /^aws\.s3\.standardIa\.storage\.gbMonth$/,
    recipe: () => usage("AmazonS3", "TimedStorage-SIA-ByteHrs"),
  },
  { key: /^aws\.s3\.requests\.put\.million$/, recipe: () => usage("AmazonS3", "Requests-Tier1", {}, 1e6) },
  { key: /^aws\.s3\.requests\.get\.million$/, recipe: () => usage("AmazonS3", "Requests-Tier2", {}, 1e6) },
  { key: /^aws\.ecr\.storage\.gbMonth$/, recipe: () => usage("AmazonECR", "TimedStorage-ByteHrs") },
  {
    key: /^aws\.secretsManager\.secret\.month$/,
    recipe: () => usage("AWSSecretsManager", "USE1-AWSSecretsManager-Secrets"),
  },
];

const prefixes: Readonly<Record<string, string>> = { "us-west-2": "USW2-" };

/** The recipe of a key of the price table, with or without a region; undefined where there is none. */
export function recipeOf(key: string): (Recipe & { readonly region: string | undefined }) | undefined {
  const [name = "", region] = key.split("@");
  for (const { key: form, recipe } of patterns) {
    const match = form.exec(name);
    if (!match) continue;
    const found = recipe(...match.slice(1));
    if (region === undefined) return { ...found, region };
    const prefix = prefixes[region];
    if (prefix === undefined) return undefined;
    return { ...found, region, where: { ...found.where, usageType: prefix + found.where.usageType } };
  }
  return undefined;
}

/** Address of the offer file of a service in a region. */
export function offerUrl(service: string, region: string): string {
  return `https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/${service}/current/${region}/index.csv`;
}

/** A price as a list has it. */
export interface ListPrice {
  readonly usd: number;
  /** `YYYY-MM-DD`, publication of the list. */
  readonly date: string;
}

/**
 * Reads an offer file: five lines about the file, a line of column names, then a row a price. Gives the first tier of
 * each wanted key's on-demand price. Throws where the file is of another form, or two rows fit one recipe with
 * different prices.
 */
export async function readOffer(
  lines: AsyncIterable<string> | Iterable<string>,
  wanted: ReadonlyMap<string, Recipe>,
): Promise<Map<string, ListPrice>> {
  const found = new Map<string, ListPrice>();
  let date = "";
  let columns: readonly string[] | undefined;
  for await (const line of lines) {
    const cells = csvCells(line);
    if (columns === undefined) {
      if (cells[0] === "Publication Date") date = (cells[1] ?? "").slice(0, 10);
      if (cells[0] === "SKU") columns = cells;
      continue;
    }
    const row = Object.fromEntries(columns.map((name, index) => [name, cells[index] ?? ""]));
    if (row.TermType !== "OnDemand" || (row.StartingRange !== "0" && row.StartingRange !== "")) continue;
    for (const [key, { where, times = 1 }] of wanted) {
      if (!Object.entries(where).every(([column, value]) => row[column] === value)) continue;
      const usd = Math.round(Number(row.PricePerUnit) * times * 1e6) / 1e6;
      if (usd === 0) continue;
      const before = found.get(key);
      if (before && before.usd !== usd) throw new Error(`two prices fit ${key}: ${before.usd} and ${usd}`);
      found.set(key, { usd, date });
    }
  }
  if (columns === undefined || date === "") throw new Error("this is no offer file of AWS's price list");
  return found;
}

/** Cells of a line in which every cell is quoted, a quote inside doubled; plain cells are taken as they are. */
function csvCells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

/** A price that the lists have changed. */
export interface PriceChange {
  readonly key: string;
  readonly before: number;
  readonly after: number;
}

/** The table with the prices of the lists, and what is different. Prices without a recipe stay as they are. */
export function renewed(
  table: PriceTable,
  found: ReadonlyMap<string, ListPrice>,
): { readonly table: PriceTable; readonly changes: readonly PriceChange[] } {
  const changes: PriceChange[] = [];
  const prices = Object.entries(table.prices).map(([key, price]) => {
    const fresh = found.get(key);
    if (!fresh) return [key, price] as const;
    if (fresh.usd !== price.usd) changes.push({ key, before: price.usd, after: fresh.usd });
    const service = recipeOf(key)?.service ?? "";
    const source = `AWS Price List, ${service}, published ${fresh.date}`;
    return [
      key,
      { ...price, usd: fresh.usd, date: fresh.date, source, confidence: "high" as const },
    ] as const;
  });
  return { table: { ...table, prices: Object.fromEntries(prices) }, changes };
}
