/**
 * `make dev` as a developer meets it: what it prints works, what ends is told, and whatever ends it, nothing of it is
 * left: no process, no folder.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { eventually } from "../../services/dev/client.ts";

const root = resolve(import.meta.dirname, "..", "..");
const readySeconds = 180;

interface Dev {
  readonly child: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals | null>;
  readonly output: () => string;
}

describe("make dev", function () {
  this.timeout((readySeconds + 60) * 1000);
  let folder = "";
  let running: Dev | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "marketplace-dev-"));
    // PostgreSQL runs as another user, who must be able to pass.
    chmodSync(folder, 0o755);
  });
  afterEach(() => {
    running?.child.kill("SIGKILL");
    running = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  function start(...options: string[]): Dev {
    const child = spawn(process.execPath, [join(root, "tools", "dev.ts"), "--no-build", ...options], {
      cwd: root,
      // A group of its own, as a shell makes one for what it runs.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TMPDIR: folder, MOCHA_REPORT: undefined },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const exit = new Promise<number | NodeJS.Signals | null>((done) =>
      child.once("close", (code, signal) => done(code ?? signal)),
    );
    running = { child, exit, output: () => output };
    return running;
  }

  const printed = (dev: Dev, pattern: RegExp) =>
    eventually(
      `${pattern} in what dev prints`,
      async () => {
        if (dev.child.exitCode !== null) throw new Error(`it ended with ${dev.child.exitCode}`);
        const match = pattern.exec(dev.output());
        if (match === null) throw new Error(dev.output().slice(-2000));
        return match;
      },
      readySeconds,
    );

  /** Of processes that were there a moment ago and of the folder of temporary files, nothing is. */
  async function expectNothingLeft(processes: readonly number[]): Promise<void> {
    expect(processes).not.to.deep.equal([]);
    await eventually("everything being gone", async () => {
      const alive = processes.filter(lives);
      const files = readdirSync(folder);
      if (alive.length + files.length > 0) throw new Error(`left: ${[...alive, ...files].join(", ")}`);
      return true;
    });
  }

  it("seeds, says how it is used, tells of a service that ends, and stops everything on Ctrl-C", async () => {
    const dev = start("--free-ports");
    await printed(dev, /ready; Ctrl-C stops everything/);
    expect(dev.output()).to.match(/6 listings are published and searchable/);

    const lines = dev.output().matchAll(/^dev +(curl .*|token=.*)$/gm);
    const answers = [...lines].map(([, line]) => line).join("; echo; ");
    const [search, , organisations] = execFileSync("sh", ["-c", answers], { encoding: "utf8" }).split("\n");
    const names = JSON.parse(search as string).items.map((item: { name: string }) => item.name);
    expect(names).to.include("Harbour Code");
    expect(JSON.parse(organisations as string).items.length).to.be.above(0);

    const processes = descendants(dev.child.pid as number);
    const consumption = processes.find(({ command }) => command.endsWith("/consumption"));
    process.kill((consumption as { pid: number }).pid, "SIGKILL");
    await printed(dev, /^dev +consumption ended by itself \(SIGKILL\); the others go on$/m);

    process.kill(-(dev.child.pid as number), "SIGINT");
    expect(await dev.exit, dev.output().slice(-2000)).to.equal(0);
    expect(dev.output()).to.match(/^dev +stopped$/m);
    // Servers that had heard of Ctrl-C themselves would have gone before the services.
    expect(dev.output()).not.to.match(/ended by itself \((?!SIGKILL)/);
    await expectNothingLeft(processes.map(({ pid }) => pid));
  });

  for (const { signal, exit } of [
    { signal: "SIGTERM", exit: 0 },
    { signal: "SIGKILL", exit: "SIGKILL" },
  ] as const) {
    it(`leaves nothing where ${signal} ends it while it starts`, async () => {
      const dev = start("--free-ports");
      await printed(dev, /postgres is ready/);
      const processes = descendants(dev.child.pid as number);
      dev.child.kill(signal);
      expect(await dev.exit).to.equal(exit);
      await expectNothingLeft(processes.map(({ pid }) => pid));
    });
  }

  it("names the port that somebody else listens on, before it starts anything", async () => {
    const other = createServer();
    const port = 3002;
    // Where another program has it already, it is just as busy.
    await new Promise<void>((done) => other.once("error", () => done()).listen(port, "127.0.0.1", done));
    try {
      const dev = start();
      expect(await dev.exit).to.equal(1);
      expect(dev.output()).to.match(
        /^error: somebody listens on .*3002 \(discovery\).*: end that program, or let the services take any port with --free-ports$/m,
      );
      expect(readdirSync(folder)).to.deep.equal([]);
    } finally {
      other.close();
    }
  });
});

/** Children, their children, and so on. */
function descendants(ancestor: number): { pid: number; command: string }[] {
  const table = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const all = [...table.matchAll(/^ *(\d+) +(\d+) +(\S+)/gm)].map(([, pid, parent, command]) => ({
    pid: Number(pid),
    parent: Number(parent),
    command: command as string,
  }));
  const found = all.filter(({ parent }) => parent === ancestor);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
