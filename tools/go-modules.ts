/** Files inside Go modules, of which a committed checksum says that they are the ones that were meant. */
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goEnvironment, setsFolder, ToolBuildError } from "./go-tools.ts";

const limitMinutes = 10;

export interface PinnedModule {
  readonly module: string;
  readonly version: string;
  /** Go's own hash of the module's files, as in a `go.sum`. */
  readonly sum: string;
}

interface Downloaded {
  readonly Dir?: string;
  readonly Sum?: string;
  readonly Error?: string;
}

/** The folder of a module that a set of `tools/go` builds from, at that set's version. Throws `ToolBuildError`. */
export async function folderOfToolModule(set: string, module: string): Promise<string> {
  return (await download(join(setsFolder, set), module, {})).folder;
}

/** The folder of a module in Go's own cache, downloaded first where it is not there. Throws `ToolBuildError`. */
export async function folderOfModule({ module, version, sum }: PinnedModule): Promise<string> {
  // The committed checksum takes the place of the public one, so that a warm cache needs no network.
  const found = await download(tmpdir(), `${module}@${version}`, { GOSUMDB: "off" });
  if (found.sum !== sum) {
    throw new ToolBuildError(`${module}@${version}: its checksum is ${found.sum}, and ${sum} was expected`);
  }
  return found.folder;
}

async function download(cwd: string, what: string, more: NodeJS.ProcessEnv) {
  const { text, complaint } = await runGo(cwd, what, more);
  const answer = text.startsWith("{") ? (JSON.parse(text) as Downloaded) : {};
  if (answer.Dir === undefined) {
    throw new ToolBuildError(`the Go module ${what} could not be had: ${answer.Error ?? complaint}`);
  }
  return { folder: answer.Dir, sum: answer.Sum };
}

function runGo(cwd: string, what: string, more: NodeJS.ProcessEnv) {
  const child = spawn("go", ["mod", "download", "-json", what], {
    cwd,
    env: { ...goEnvironment(), ...more },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMinutes * 60_000,
  });
  return new Promise<{ text: string; complaint: string }>((done) => {
    let [text, complaint] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      complaint += chunk;
    });
    child.once("error", (error) => done({ text: "", complaint: error.message }));
    child.once("close", () => done({ text, complaint: complaint.trim() }));
  });
}
