/** Building tools, with a compiler that is a shell script: what matters here is what happens around it. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { root } from "../../support/cli.ts";
import { waitFor } from "../../support/control-plane/index.ts";

const binaries = 7;

describe("tools that are built from Go modules", () => {
  let folder: string;
  const cache = () => join(folder, "cache", "llm-marketplace", "go-tools");
  const built = () => readFileSync(join(folder, "built"), "utf8").trim().split("\n");

  /** A compiler: `body` is what a build does, with the file to make in $out. */
  const compiler = (body: string) => {
    const script = [
      "#!/bin/sh",
      'if [ "$1" = env ]; then echo go1.26.0; exit; fi',
      'while [ "$1" != -o ]; do shift; done',
      "out=$2",
      `echo "$out" >>${join(folder, "built")}`,
      body,
    ];
    writeFileSync(join(folder, "bin", "go"), `${script.join("\n")}\n`);
    chmodSync(join(folder, "bin", "go"), 0o755);
  };
  const start = () =>
    spawn(process.execPath, [join(root, "tools", "go-tools.ts"), "control-plane"], {
      env: {
        PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
        XDG_CACHE_HOME: join(folder, "cache"),
        HOME: folder,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "go-tools-"));
    mkdirSync(join(folder, "bin"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("are built once and then found", async () => {
    compiler('echo program >"$out"');
    const first = await end(start());
    expect(first.code, first.stderr).to.equal(0);
    const second = await end(start());
    expect(second.stdout).to.equal(first.stdout);
    expect(readdirSync(first.stdout.trim())).to.have.length(binaries);
    expect(built()).to.have.length(binaries);
  });

  it("are not built without a compiler, and the message says what to install", async () => {
    writeFileSync(join(folder, "bin", "go"), "#!/bin/sh\nexit 127\n");
    chmodSync(join(folder, "bin", "go"), 0o755);
    const { code, stderr } = await end(start());
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /^error: tools\/go\/control-plane: no Go compiler answers \(.*\); install Go 1\.26 or later and put it on PATH\n$/,
    );
  });

  it("are built again where one of them is missing or empty", async () => {
    compiler('echo program >"$out"');
    const place = (await end(start())).stdout.trim();
    writeFileSync(join(place, "etcd"), "");
    await end(start());
    expect(readFileSync(join(place, "etcd"), "utf8")).to.equal("program\n");
    expect(built()).to.have.length(2 * binaries);
  });

  it("are built by one of two that want them at once", async () => {
    compiler('sleep 0.1; echo program >"$out"');
    const [one, two] = await Promise.all([end(start()), end(start())]);
    expect(one.stdout).to.equal(two.stdout);
    expect(built()).to.have.length(binaries);
  });

  it("leave nothing half done when one cannot be built, and the message names it", async () => {
    compiler('case $out in */kube-scheduler) echo "no such package" >&2; exit 1;; *) echo x >"$out";; esac');
    const { code, stderr } = await end(start());
    expect(code).to.equal(1);
    expect(stderr).to.contain("error: kube-scheduler could not be built: go ended with 1\nno such package");
    expect(readdirSync(cache())).to.deep.equal([]);
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    it(`leave no process and no half-built folder when ${signal} ends the build, and are built by the next`, async () => {
      compiler(`sleep 60 & echo $! >${join(folder, "compiler")}; wait`);
      const child = start();
      const pid = await waitFor("the compiler runs", () => {
        const file = join(folder, "compiler");
        return existsSync(file) && Number(readFileSync(file, "utf8"));
      });
      child.kill(signal);
      await waitFor("the compiler is gone", () => !lives(pid), { seconds: 10 });
      const unfinished = dirname(built()[0] as string);
      await waitFor("the folder is gone", () => !existsSync(unfinished), { seconds: 10 });
      compiler('echo program >"$out"');
      const next = await end(start());
      expect(next.code, next.stderr).to.equal(0);
    });
  }
});

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function end(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return new Promise((done) => child.once("close", (code) => done({ code, stdout, stderr })));
}
