/** CPU time and memory of processes, from Linux's /proc. */
import { readdirSync, readFileSync } from "node:fs";

/** Ticks a second of `/proc/<pid>/stat`; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU seconds, user and system, that a process, its children and those of them that ended have used. */
export function cpuSeconds(pid: number): number {
  const own = statFields(pid);
  if (own === undefined) return 0;
  // 11 and 12 are the process's own ticks, 13 and 14 those of children that ended.
  const ticks = own.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), ticks / ticksPerSecond);
}

export function residentMiB(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m);
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

/** The fields of `stat` after the name in parentheses, which may hold spaces; undefined for a process that ended. */
function statFields(pid: number): string[] | undefined {
  return readOrNothing(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
}

function childrenOf(pid: number): number[] {
  return readdirOrNothing(`/proc/${pid}/task`).flatMap((thread) =>
    (readOrNothing(`/proc/${pid}/task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number),
  );
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function readdirOrNothing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
