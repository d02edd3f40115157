/** Goldens: one file per stack, small enough to review, renewed by `make goldens`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./cli.ts";

export { goldenText } from "../../cli/report/golden.ts";

/** Compares with the committed golden, or writes it when goldens are being renewed. */
export function expectGolden(name: string, text: string): void {
  expectCommitted(`tests/goldens/${name}`, text);
}

/** The same for a generated file anywhere in the repository, named by its path. */
export function expectCommitted(file: string, text: string): void {
  const path = join(root, file);
  if (process.env.RENEW_GOLDENS) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  if (!existsSync(path)) throw new Error(`${file} is missing; write it with \`make goldens\``);
  const difference = diffLines(readFileSync(path, "utf8"), text);
  if (difference === "") return;
  throw new Error(
    `${file} differs from the plan (- golden, + plan); if this is meant, run \`make goldens\` and commit\n${difference}`,
  );
}

/** Lines that differ, each with the nearest lines around it; empty when the texts are equal. */
export function diffLines(before: string, after: string, context = 2): string {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const longest: Uint32Array[] = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const cell = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i] as Uint32Array;
      row[j] = a[i] === b[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const all: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      all.push(`  ${a[i++]}`);
      j += 1;
    } else if (j >= b.length || (i < a.length && cell(i + 1, j) >= cell(i, j + 1))) all.push(`- ${a[i++]}`);
    else all.push(`+ ${b[j++]}`);
  }
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - context), index + context + 1).some((text) => !text.startsWith("  ")),
  );
  return all
    .flatMap((text, index) => (near[index] ? [text] : near[index - 1] ? ["…"] : []))
    .join("\n")
    .replace(/\n…$/, "");
}
