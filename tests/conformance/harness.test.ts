/** The harness itself: faults are named, and nothing is left behind whatever ends a run. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { freePorts, loopback } from "../../services/dev/engines/ports.ts";
import { root } from "../support/cli.ts";
import {
  ControlPlaneError,
  PortTakenError,
  startControlPlane,
  waitFor,
} from "../support/control-plane/index.ts";

const minute = 60_000;

function lives(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function failure(action: () => Promise<unknown>): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

describe("the control plane's harness", function () {
  this.timeout(5 * minute);

  it("runs two at once, each with objects of its own, and leaves nothing when stopped", async () => {
    const planes = await Promise.all([startControlPlane(), startControlPlane()]);
    const [one, two] = planes;
    const pids = planes.flatMap((plane) => [plane.pid("etcd"), plane.pid("kube-apiserver")]);
    try {
      await one.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: "only-one" } }]);
      const names = (await two.list("v1", "Namespace")).map(({ metadata }) => metadata.name);
      expect(names).to.include("default").and.to.not.include("only-one");
      expect(pids.every(lives)).to.equal(true);
    } finally {
      await Promise.all(planes.map((plane) => plane.stop()));
    }
    expect(pids.filter(lives)).to.deep.equal([]);
    expect(planes.map(({ folder }) => existsSync(folder))).to.deep.equal([false, false]);
  });

  it("names a component that crashed, with the end of its log, in whatever is asked next", async () => {
    const plane = await startControlPlane();
    try {
      process.kill(plane.pid("kube-apiserver") as number, "SIGKILL");
      const error = await failure(() => waitForever(plane));
      expect(error).to.be.instanceOf(ControlPlaneError);
      expect(error.message).to.match(
        /^kube-apiserver: ended by SIGKILL without being asked to\nlast lines of its log:\n\S/,
      );
      expect((await failure(() => plane.request("GET", "/version"))).message).to.equal(error.message);
    } finally {
      await plane.stop();
    }
  });

  it("names a component that does not take its flags, and cleans up", async () => {
    const error = await failure(() =>
      startControlPlane({ extraArgs: { "kube-apiserver": ["--no-such-flag"] } }),
    );
    expect(error.message).to.match(/^kube-apiserver: ended with exit code 1 without being asked to/);
    expect(error.message).to.contain("unknown flag: --no-such-flag");
  });

  it("names a port that is taken, and the component that wanted it", async () => {
    const [port] = (await freePorts(1)) as [number];
    const server = createServer();
    await new Promise<void>((done) => server.listen(port, loopback, done));
    try {
      const error = await failure(() => startControlPlane({ ports: { apiServer: port } }));
      expect(error).to.be.instanceOf(PortTakenError);
      expect(error.message).to.contain(
        `kube-apiserver: port ${port} on ${loopback} is taken by another process; leave the port out`,
      );
    } finally {
      server.close();
    }
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    it(`leaves no process and no folder when ${signal} ends the test`, async () => {
      const held = spawn(process.execPath, [join(root, "tests", "support", "control-plane", "hold.ts")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let said = "";
      held.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
      const { folder, pids } = await waitFor(
        "the control plane runs",
        () => said.includes("\n") && (JSON.parse(said) as { folder: string; pids: number[] }),
        { seconds: 180 },
      );
      expect(pids.every(lives)).to.equal(true);
      held.kill(signal);
      await waitFor("everything is gone", () => pids.every((pid) => !lives(pid)) && !existsSync(folder), {
        seconds: 10,
      });
    });
  }
});

/** Waits for what never comes, so that only a crash ends it. */
function waitForever(plane: { waitFor(what: string, probe: () => undefined): Promise<unknown> }) {
  return plane.waitFor("something", () => undefined);
}
