/** Nodes and whether the pods fit them, at the minimum and at the maximum. */
import type { CapacityReport } from "../../../config/capacity.ts";
import { plural, type ReportData } from "../model.ts";
import { type Html, html } from "./html.ts";
import { section, table } from "./parts.ts";

export function capacitySection({ capacity }: ReportData): Html | undefined {
  if (capacity.length === 0) return undefined;
  return section("capacity", "Nodes and capacity", capacity.map(one));
}

const percent = (free: number, all: number): string =>
  all === 0 ? "" : `${Math.round((free / all) * 100)} %`;

function one({ scale, pools, unplaced }: CapacityReport): Html {
  const left = Object.entries(unplaced);
  const nodes = pools.reduce((sum, pool) => sum + pool.nodes, 0);
  return html`<h3>At the ${scale}: ${plural(nodes, "node")}</h3>${table(
    `Pools at the ${scale}`,
    [
      { title: "Pool", cell: (row) => row.pool },
      { title: "Nodes", cell: (row) => row.nodes, numeric: true },
      { title: "vCPU", cell: (row) => row.vcpu, numeric: true },
      { title: "Memory GiB", cell: (row) => row.memoryGiB, numeric: true },
      { title: "Pods", cell: (row) => row.pods, numeric: true },
      { title: "CPU free", cell: (row) => percent(row.freeCpuMillis, row.cpuMillis), numeric: true },
      { title: "Memory free", cell: (row) => percent(row.freeMemoryMiB, row.memoryMiB), numeric: true },
    ],
    pools,
  )}<p>${left.length === 0 ? "Every pod has a node." : `No node for ${left.map(([name, count]) => `${count} × ${name}`).join(", ")}.`}</p>`;
}
