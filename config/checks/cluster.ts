import { instanceTypes } from "../../components/core/sizing.ts";
import type { PoolConfig } from "../schema/cluster.ts";
import type { AwsPlatformConfig } from "../schema/platform.ts";
import { either } from "../schema-tree.ts";
import { nearest } from "../suggest.ts";
import versions from "../versions.json" with { type: "json" };
import { type Check, type CheckContext, day, duplicates, type Finding } from "./check.ts";

export const clusterChecks: readonly Check[] = [
  {
    reads: ["cluster"],
    findings: (config) =>
      config.cloud === "aws"
        ? [
            ...pools(config).flatMap(([path, pool]) => [
              ...countFindings(path, pool),
              ...typeFindings(path, pool),
            ]),
            ...emptyFindings(config),
            ...administratorFindings(config),
          ]
        : [],
  },
  {
    reads: ["cluster", "network"],
    findings: (config) => (config.cloud === "aws" ? memoryFindings(config) : []),
  },
  {
    reads: [],
    findings: (config, context) =>
      config.cloud === "aws" ? versionFindings(versions.kubernetes, context) : [],
  },
];

function pools(config: AwsPlatformConfig): [path: string, pool: PoolConfig][] {
  return Object.entries(config.cluster.pools).flatMap(([name, pool]) =>
    pool === undefined ? [] : [[`cluster.pools.${name}`, pool] as [string, PoolConfig]],
  );
}

function countFindings(path: string, pool: PoolConfig): Finding[] {
  return (["onDemand", "spot"] as const).flatMap((kind): Finding[] => {
    const count = pool[kind];
    if (count === undefined || count.minimum <= count.maximum) return [];
    return [
      {
        path: `${path}.${kind}.minimum`,
        got: String(count.minimum),
        allowed: `at most the maximum, ${count.maximum}`,
        fix: `lower ${path}.${kind}.minimum or raise ${path}.${kind}.maximum`,
      },
    ];
  });
}

function typeFindings(path: string, pool: PoolConfig): Finding[] {
  const type = instanceTypes[pool.instanceType];
  if (type === undefined) return [unknownType(`${path}.instanceType`, pool.instanceType)];
  return (pool.spot?.alternativeInstanceTypes ?? []).flatMap((name, index): Finding[] => {
    const place = `${path}.spot.alternativeInstanceTypes.${index}`;
    const other = instanceTypes[name];
    if (other === undefined) return [unknownType(place, name)];
    const same =
      other.vcpu === type.vcpu &&
      other.memoryMiB === type.memoryMiB &&
      other.architecture === type.architecture;
    if (same) return [];
    return [
      {
        path: place,
        got: JSON.stringify(name),
        allowed: `types with ${type.vcpu} vCPU, ${type.memoryMiB / 1024} GiB and ${type.architecture}, as ${pool.instanceType}`,
        fix: `remove ${name}: the autoscaler takes all nodes of a group to be alike`,
      },
    ];
  });
}

function unknownType(path: string, name: string): Finding {
  const known = Object.keys(instanceTypes);
  const meant = nearest(name, known);
  return {
    path,
    got: JSON.stringify(name),
    allowed: either(known),
    fix:
      meant === undefined
        ? "choose one, or add the type to components/core/sizing.ts"
        : `did you mean ${meant}?`,
  };
}

function emptyFindings(config: AwsPlatformConfig): Finding[] {
  const { onDemand, spot } = config.cluster.pools.general;
  if (onDemand.minimum + (spot?.minimum ?? 0) > 0) return [];
  return [
    {
      path: "cluster.pools.general",
      got: "no node at the minimum",
      allowed: "at least one node, on demand or spot",
      fix: "raise cluster.pools.general.onDemand.minimum: the platform's own pods run there, the autoscaler too",
    },
  ];
}

function administratorFindings(config: AwsPlatformConfig): Finding[] {
  return duplicates(config.cluster.administrators).map((arn) => ({
    path: "cluster.administrators",
    got: `${JSON.stringify(arn)} twice`,
    allowed: "each role or user once",
    fix: `remove one ${JSON.stringify(arn)}`,
  }));
}

/** Volumes are zonal, so the memory pool is one node group a zone and its counts are shared out evenly. */
function memoryFindings(config: AwsPlatformConfig): Finding[] {
  const pool = config.cluster.pools.memory;
  const { zones } = config.network;
  if (pool === undefined) return [];
  return (["onDemand", "spot"] as const).flatMap((kind) =>
    (["minimum", "maximum"] as const).flatMap((bound): Finding[] => {
      const count = pool[kind]?.[bound] ?? 0;
      if (count % zones === 0) return [];
      return [
        {
          path: `cluster.pools.memory.${kind}.${bound}`,
          got: String(count),
          allowed: `a multiple of ${zones}, one node group for each of network.zones`,
          fix: `use ${Math.ceil(count / zones) * zones}`,
        },
      ];
    }),
  );
}

/** Whether EKS still gives standard support; afterwards it costs six times as much, or is upgraded unasked. */
export function versionFindings(
  kubernetes: {
    readonly version: string;
    readonly standardSupport: { readonly eks: { readonly until: string } };
  },
  context: CheckContext,
): Finding[] {
  const { until } = kubernetes.standardSupport.eks;
  if (day(context.today) <= until) return [];
  return [
    {
      file: "config/versions.json",
      path: "kubernetes.version",
      got: `${kubernetes.version}, whose standard support on EKS ended on ${until}`,
      allowed: "a minor in standard support",
      fix: "move to the next minor and run the conformance tests",
    },
  ];
}
