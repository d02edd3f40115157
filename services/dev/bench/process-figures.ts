/** CPU time and memory of a process with its threads, from Linux's /proc. */
import { readFileSync } from "node:fs";

/** Ticks a second of `/proc/<pid>/stat`; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU seconds, user and system, that a process has used. */
export function cpuSeconds(pid: number): number {
  // The name in parentheses may hold spaces: what counts starts after it.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export function residentMiB(pid: number): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8").match(/^VmRSS:\s+(\d+) kB$/m);
  return Number(line?.[1] ?? Number.NaN) / 1024;
}
