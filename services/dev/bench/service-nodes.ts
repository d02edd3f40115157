/** How many nodes the services' pods fill, and what they cost a month on AWS when they work all the time. */
import { priceTable } from "../../../cost/price-table.ts";
import { hoursPerMonth } from "../../../cost/quantities.ts";
import { listPrice, monthly } from "./list-price.ts";

/** The general pool's type (config/defaults.ts). */
const nodeType = "t3.xlarge";
/** vCPU of a node that pods may ask for (3.92) less what its seven DaemonSets ask for (config/footprint.json). */
const roomVcpu = 3.92 - 0.36;

export interface ServiceNodes {
  readonly type: string;
  readonly count: number;
  readonly monthlyUsd: number;
  /** vCPU burned beyond what the nodes earn in CPU credits; billed in unlimited mode. */
  readonly surplusVcpu: number;
  readonly surplusMonthlyUsd: number;
}

export function serviceNodes(requestedVcpu: number, burnedVcpu: number): ServiceNodes {
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
    surplusMonthlyUsd: surplusVcpu * listPrice("aws.ec2.t3.cpuSurplusCredit.vcpuHour") * hoursPerMonth,
  };
}
