/** Files inside Go modules, at the version and with the checksum that a committed `go.mod` and `go.sum` pin. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { goEnvironment, setsFolder, ToolBuildError } from "./go-tools.ts";

const limitMinutes = 10;

interface Downloaded {
  readonly Dir?: string;
  readonly Error?: string;
}

/**
 * The folder of a module in Go's own cache, downloaded first where it is not there. `set` is a folder of `tools/go`.
 * Throws `ToolBuildError`.
 */
export async function goModuleFolder(set: string, module: string): Promise<string> {
  const { text, complaint } = await download(join(setsFolder, set), module);
  const answer = text.startsWith("{") ? (JSON.parse(text) as Downloaded) : {};
  if (answer.Dir === undefined) {
    throw new ToolBuildError(
      `tools/go/${set}: the module ${module} could not be had: ${answer.Error ?? complaint}`,
    );
  }
  return answer.Dir;
}

function download(cwd: string, module: string): Promise<{ text: string; complaint: string }> {
  const child = spawn("go", ["mod", "download", "-json", module], {
    cwd,
    env: goEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMinutes * 60_000,
  });
  return new Promise((done) => {
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
