/**
 * Compiles every policy pack into one file that starts in a second: the engine would compile TypeScript at every run.
 * A pack is a folder under policies/ with a PulumiPolicy.yaml; nothing else needs to be said about a new one.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const policies = resolve(import.meta.dirname, "..", "policies");

/** Names of the folders that hold a pack. */
export function packFolders(): string[] {
  return readdirSync(policies)
    .filter((name) => existsSync(join(policies, name, "PulumiPolicy.yaml")))
    .sort();
}

/** Compiles one pack to where its package.json says that it is. */
export async function buildPack(folder: string): Promise<string> {
  const root = join(policies, folder);
  const { main } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { main: string };
  const outfile = join(root, main);
  await build({
    entryPoints: [join(root, "src", "index.ts")],
    outfile,
    bundle: true,
    platform: "node",
    // The oldest Node that the Pulumi CLI supports.
    target: "node20",
    format: "cjs",
    // The pack and the SDK's server must share one copy of them.
    external: ["@pulumi/*"],
    legalComments: "none",
    logLevel: "warning",
  });
  return outfile;
}

if (process.argv[1] === import.meta.filename) {
  for (const folder of packFolders()) console.log(await buildPack(folder));
}
