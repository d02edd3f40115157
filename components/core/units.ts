/** Kubernetes quantities. Inside the program CPU is in millicores and memory in MiB; text is only at the edges. */

/** `500` → `500m`, `2000` → `2`. */
export function cpuQuantity(millis: number): string {
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** `512` → `512Mi`, `2048` → `2Gi`. */
export function memoryQuantity(mebibytes: number): string {
  return mebibytes % 1024 === 0 && mebibytes > 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}

/** `100` → `100Gi`. */
export function storageQuantity(gibibytes: number): string {
  return `${gibibytes}Gi`;
}

/** Millicores of a quantity: `1`, `0.5`, `250m`. Throws a `RangeError` on anything else. */
export function parseCpu(quantity: string): number {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(quantity);
  if (!match) throw new RangeError(`${quantity} is no CPU quantity such as 500m or 2`);
  return Number(match[1]) * (match[2] === "m" ? 1 : 1000);
}

const mebibytesPerUnit: Readonly<Record<string, number>> = {
  "": 1 / 1024 ** 2,
  Ki: 1 / 1024,
  Mi: 1,
  Gi: 1024,
  Ti: 1024 ** 2,
  k: 1e3 / 1024 ** 2,
  M: 1e6 / 1024 ** 2,
  G: 1e9 / 1024 ** 2,
  T: 1e12 / 1024 ** 2,
};

/** MiB of a quantity: `512Mi`, `2Gi`, `1G`, bytes. Throws a `RangeError` on anything else. */
export function parseMemory(quantity: string): number {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T|)$/.exec(quantity);
  if (!match) throw new RangeError(`${quantity} is no memory quantity such as 512Mi or 2Gi`);
  return Number(match[1]) * (mebibytesPerUnit[match[2] ?? ""] ?? 1);
}
