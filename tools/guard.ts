/**
 * Sees to it that no process and no folder outlives the process that made them, however that ends: by itself, by a
 * signal that it handles, or by one that it cannot (SIGKILL). A small shell waits on a pipe for that moment.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export class Guard {
  /** Removed with the guard. */
  readonly folder: string;
  readonly #shell: ChildProcess;

  constructor(folder: string) {
    this.folder = folder;
    // A session of its own: Ctrl-C reaches the others, not the guard.
    this.#shell = spawn("sh", [join(import.meta.dirname, "guard.sh"), this.folder], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Without this a program that forgot to release would never end by itself.
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref?(): void }).unref?.();
    this.#shell.stdin?.on("error", () => undefined);
  }

  /** The process, and all of its group, which it must lead (`detached`), must not outlive this one. */
  watch(pid: number): void {
    this.#shell.stdin?.write(`started ${pid}\n`);
  }

  /** The process is gone; its number may soon be another's. */
  forget(pid: number): void {
    this.#shell.stdin?.write(`ended ${pid}\n`);
  }

  /** Kills what is still watched and removes the folder. */
  release(): Promise<void> {
    return new Promise((done) => {
      if (this.#shell.exitCode !== null) return done();
      this.#shell.ref();
      this.#shell.once("close", () => done());
      this.#shell.stdin?.end();
    });
  }
}
