import {
  formatRange,
  type Ipv4Range,
  overlap,
  parseRange,
  privateAddressesPerZone,
  serviceCidr,
} from "../../components/core/cidr.ts";
import { addressesPerNode, type InstanceType, instanceTypes } from "../../components/core/sizing.ts";
import { regions } from "../regions.ts";
import type { PoolConfig } from "../schema/cluster.ts";
import type { AwsPlatformConfig } from "../schema/platform.ts";
import { either } from "../schema-tree.ts";
import { nearest } from "../suggest.ts";
import { type Check, duplicates, type Finding } from "./check.ts";

/** Prefixes that AWS takes for a VPC are 16 to 28; under 20 there is no room for pods. */
const longestNetworkPrefix = 20;
const shortestNetworkPrefix = 16;
/** Ranges wider than a /8 are the world in pieces. */
const widestApiPrefix = 8;

export const networkChecks: readonly Check[] = [
  { reads: ["aws"], findings: (config) => (config.cloud === "aws" ? regionFindings(config) : []) },
  { reads: ["aws", "network"], findings: (config) => (config.cloud === "aws" ? zoneFindings(config) : []) },
  {
    reads: ["network", "cluster"],
    findings: (config) => (config.cloud === "aws" ? rangeFindings(config) : []),
  },
  { reads: ["network"], findings: (config) => (config.cloud === "aws" ? endpointFindings(config) : []) },
  { reads: ["cluster"], findings: (config) => (config.cloud === "aws" ? apiFindings(config) : []) },
];

function regionFindings(config: AwsPlatformConfig): Finding[] {
  const { region, drRegion } = config.aws;
  const unknown = Object.entries({ region, drRegion }).flatMap(([key, value]): Finding[] => {
    if (Object.hasOwn(regions, value)) return [];
    const meant = nearest(value, Object.keys(regions));
    return [
      {
        path: `aws.${key}`,
        got: JSON.stringify(value),
        allowed: either(Object.keys(regions)),
        fix:
          meant === undefined
            ? "choose one, or add the region's zones to config/regions.ts"
            : `did you mean ${meant}?`,
      },
    ];
  });
  if (region !== drRegion) return unknown;
  const same: Finding = {
    path: "aws.drRegion",
    got: JSON.stringify(drRegion),
    allowed: "another region than aws.region",
    fix: `choose a recovery region other than ${region}: its loss must not take the copies with it`,
  };
  return [...unknown, same];
}

function zoneFindings(config: AwsPlatformConfig): Finding[] {
  const available = regions[config.aws.region]?.length;
  if (available === undefined || config.network.zones <= available) return [];
  return [
    {
      path: "network.zones",
      got: String(config.network.zones),
      allowed: `at most ${available}, the zones of ${config.aws.region} in which EKS stands`,
      fix: `set network.zones to ${available} or choose another region`,
    },
  ];
}

function rangeFindings(config: AwsPlatformConfig): Finding[] {
  const { cidr } = config.network;
  const range = parseRange(cidr);
  const path = "network.cidr";
  if (typeof range === "string") {
    return [
      {
        path,
        got: JSON.stringify(cidr),
        allowed: "an IPv4 range such as 10.20.0.0/16",
        fix: `correct it: ${range}`,
      },
    ];
  }
  if (range.prefix < shortestNetworkPrefix || range.prefix > longestNetworkPrefix) {
    const { first } = range;
    const prefix = range.prefix < shortestNetworkPrefix ? shortestNetworkPrefix : longestNetworkPrefix;
    const widened = formatRange({ first: first - (first % 2 ** (32 - prefix)), prefix });
    return [
      {
        path,
        got: JSON.stringify(cidr),
        allowed: `a prefix of ${shortestNetworkPrefix} to ${longestNetworkPrefix} bits`,
        fix: `use ${widened}`,
      },
    ];
  }
  return [...overlapFindings(range, cidr), ...roomFindings(range, config)];
}

function overlapFindings(range: Ipv4Range, cidr: string): Finding[] {
  const services = parseRange(serviceCidr);
  if (typeof services === "string" || !overlap(range, services)) return [];
  return [
    {
      path: "network.cidr",
      got: JSON.stringify(cidr),
      allowed: `a range that does not overlap ${serviceCidr}, the addresses of Kubernetes Services`,
      fix: "use a range such as 10.20.0.0/16",
    },
  ];
}

/** Every node holds all its interfaces' addresses once it is full, so the private subnets must hold all nodes. */
function roomFindings(range: Ipv4Range, config: AwsPlatformConfig): Finding[] {
  const { zones, cidr } = config.network;
  const needed = Math.ceil(addressesOfAllNodes(Object.values(config.cluster.pools)) / zones);
  const available = privateAddressesPerZone(range, zones);
  if (needed <= available) return [];
  return [
    {
      path: "network.cidr",
      got: `${JSON.stringify(cidr)}, ${available} addresses for nodes and pods in each of ${zones} zones`,
      allowed: `at least ${needed} a zone, for the pools' maximum of nodes`,
      fix: "use a shorter prefix, or lower the pools' maximums",
    },
  ];
}

function addressesOfAllNodes(pools: readonly (PoolConfig | undefined)[]): number {
  return pools.reduce((sum, pool) => {
    const type: InstanceType | undefined = pool && instanceTypes[pool.instanceType];
    if (pool === undefined || type === undefined) return sum;
    return sum + (pool.onDemand.maximum + (pool.spot?.maximum ?? 0)) * addressesPerNode(type);
  }, 0);
}

function endpointFindings(config: AwsPlatformConfig): Finding[] {
  return duplicates(config.network.interfaceEndpoints).map((name) => ({
    path: "network.interfaceEndpoints",
    got: `${JSON.stringify(name)} twice`,
    allowed: "each service once",
    fix: `remove one ${JSON.stringify(name)}`,
  }));
}

function apiFindings(config: AwsPlatformConfig): Finding[] {
  const { apiAccess } = config.cluster;
  if (apiAccess.mode !== "restricted") return [];
  return apiAccess.allowedCidrs.flatMap((cidr, index): Finding[] => {
    const path = `cluster.apiAccess.allowedCidrs.${index}`;
    const got = JSON.stringify(cidr);
    const range = parseRange(cidr);
    if (typeof range === "string") {
      return [{ path, got, allowed: "an IPv4 range such as 198.51.100.0/24", fix: `correct it: ${range}` }];
    }
    if (range.prefix >= widestApiPrefix) return [];
    return [
      {
        path,
        got,
        allowed: `a prefix of ${widestApiPrefix} to 32 bits: never the world`,
        fix: "list the ranges of your offices and runners, or use mode private",
      },
    ];
  });
}
