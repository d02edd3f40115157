/** The policy packs as options of `pulumi preview`, compiled anew. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildPack, packFolders } from "../../../tools/build-policies.ts";
import { root } from "../cli.ts";
import type { Bag } from "./wire.ts";

export async function buildPacks(): Promise<void> {
  for (const folder of packFolders()) await buildPack(folder);
}

/** Every pack with the levels and exceptions of the stack; `files` names other ones for single packs. */
export function policyPacks(stack: string, files: Readonly<Record<string, string>> = {}): string[] {
  return packFolders().flatMap((folder) => [
    ...["--policy-pack", join(root, "policies", folder)],
    ...["--policy-pack-config", files[folder] ?? configFile(stack, folder)],
  ]);
}

/** What the stack sets for a pack. */
export function policyConfig(stack: string, pack: string): Readonly<Record<string, Bag | string>> {
  return JSON.parse(readFileSync(configFile(stack, pack), "utf8")) as Record<string, Bag | string>;
}

function configFile(stack: string, pack: string): string {
  return join(root, "policies", "config", stack, `${pack}.json`);
}
