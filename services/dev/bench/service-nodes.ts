/** How many nodes the services' pods fill, and what they cost a month on AWS when they work all the time. */
import { allocatable, instanceTypes } from "../../../components/core/sizing.ts";
import { daemonSets } from "../../../config/capacity.ts";
import { resolvedSettings } from "../../../config/resolve.ts";
import { priceTable } from "../../../cost/price-table.ts";
import { monthly } from "./list-price.ts";

export interface ServiceNodes {
  readonly type: string;
  readonly count: number;
  readonly monthlyUsd: number;
  /** vCPU burned beyond what the nodes earn in CPU credits; billed in unlimited mode. */
  readonly surplusVcpu: number;
  readonly surplusMonthlyUsd: number;
}

export function serviceNodes(requestedVcpu: number, burnedVcpu: number): ServiceNodes {
  const { nodeType, roomVcpu } = generalNode();
  const shape = priceTable.instanceTypes[nodeType];
  if (shape?.baselineCpuPercent === undefined)
    throw new Error(`${nodeType}: no baseline in cost/prices.json`);
  const count = Math.ceil(requestedVcpu / roomVcpu);
  const surplusVcpu = Math.max(0, burnedVcpu - (count * shape.vcpu * shape.baselineCpuPercent) / 100);
  return {
    type: nodeType,
    count,
    monthlyUsd: count * monthly(`aws.ec2.${nodeType}.hour`),
    surplusVcpu,
    surplusMonthlyUsd: surplusVcpu * monthly("aws.ec2.t3.cpuSurplusCredit.vcpuHour"),
  };
}

/** A node of production's general pool, and the vCPU that its DaemonSets leave for pods to ask for. */
function generalNode(): { nodeType: string; roomVcpu: number } {
  const settings = resolvedSettings("production");
  const nodeType = settings.cluster.pools.find(({ name }) => name === "general")?.instanceType ?? "";
  const type = instanceTypes[nodeType];
  if (type === undefined) throw new Error(`${nodeType}: no size is known of this type of node`);
  const taken = daemonSets(settings).reduce((sum, { cpuMillis }) => sum + cpuMillis, 0);
  return { nodeType, roomVcpu: (allocatable(type).cpuMillis - taken) / 1000 };
}
