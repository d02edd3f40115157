/** Three members of Redis and three Sentinels as processes on loopback, from the files that the library renders. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { primaryName, quorum, redisFiles } from "../../../components/kubernetes/redis/config.ts";
import { accessLine, type RedisAccess } from "../../../components/kubernetes/redis/users.ts";
import { Authority } from "../../../services/dev/engines/authority.ts";
import { freePorts } from "../../../services/dev/engines/ports.ts";

type Role = "redis" | "sentinel";

interface Process {
  readonly role: Role;
  readonly port: number;
  readonly folder: string;
  child: ChildProcess | undefined;
  output: string;
}

/** The name that members and Sentinels announce, and that their certificate is for. */
export const host = "localhost";

/** Programs that the set needs; the set-up of the project installs them as Debian packages. */
export function missingPrograms(): string[] {
  return ["redis-server", "redis-cli", "openssl"].filter((program) => {
    try {
      execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
      return false;
    } catch {
      return true;
    }
  });
}

export class RedisSet {
  readonly #root = mkdtempSync(join(tmpdir(), "redis-set-"));
  readonly #passwords = new Map<string, string>();
  readonly #processes: Process[] = [];
  readonly #access: readonly RedisAccess[];

  constructor(access: readonly RedisAccess[]) {
    this.#access = access;
  }

  get #config(): string {
    return join(this.#root, "config");
  }
  get #secrets(): string {
    return join(this.#root, "users");
  }
  get #tls(): string {
    return join(this.#root, "tls");
  }

  /** Writes files, secrets and a certificate, and starts everything at once, as the StatefulSets do. */
  async start(members: number): Promise<void> {
    for (const folder of [this.#config, this.#secrets, this.#tls]) mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(redisFiles(members)))
      writeFileSync(join(this.#config, file), text);
    for (const access of this.#access) this.#writeUser(access);
    this.issueCertificate();
    const ports = await freePorts(members * 2);
    ports.forEach((port, index) => {
      const role: Role = index < members ? "redis" : "sentinel";
      const folder = join(this.#root, `${role}-${port}`);
      this.#processes.push({ role, port, folder, child: undefined, output: "" });
    });
    for (const { port } of this.#processes) this.run(port);
  }

  /** A new certificate under the same authority, written over the last one. */
  issueCertificate(): string {
    this.#authority ??= new Authority(this.#tls);
    this.#certificates += 1;
    const name = `redis-${this.#certificates}`;
    this.#authority.issue(name, [host], "tls");
    return name;
  }
  #authority: Authority | undefined;
  #certificates = 0;

  /** The name in the certificate that a member shows. */
  async servedCertificate(port: number): Promise<string> {
    const args = ["s_client", "-connect", `${host}:${port}`, "-CAfile", this.caFile];
    const text = await output("openssl", args, {});
    return /subject=.*CN ?= ?(\S+)/.exec(text)?.[1] ?? text;
  }

  #writeUser(access: RedisAccess): void {
    const password = randomBytes(16).toString("hex");
    const hash = createHash("sha256").update(password).digest("hex");
    const folder = join(this.#secrets, access.name);
    mkdirSync(folder, { recursive: true });
    this.#passwords.set(access.name, password);
    writeFileSync(join(folder, "password"), password);
    for (const place of ["redis", "sentinel"] as const) {
      const rules = access[place];
      if (rules !== undefined)
        writeFileSync(join(folder, `${place}.acl`), accessLine(access.name, rules, hash));
    }
  }

  get caFile(): string {
    return join(this.#tls, "ca.crt");
  }

  /** A user's password. Throws where there is no such user. */
  password(user: string): string {
    const password = this.#passwords.get(user);
    if (password === undefined) throw new Error(`Redis has no user ${user}`);
    return password;
  }

  /** Ports of a role, in the order of the ordinals. */
  ports(role: Role): number[] {
    return this.#processes.filter((process) => process.role === role).map(({ port }) => port);
  }

  #process(port: number): Process {
    const found = this.#processes.find((process) => process.port === port);
    if (found === undefined) throw new Error(`no process on port ${port}`);
    return found;
  }

  #environment({ folder, port }: Process): NodeJS.ProcessEnv {
    const addresses = (role: Role) =>
      this.ports(role)
        .map((member) => `${host}:${member}`)
        .join(" ");
    return {
      PATH: process.env.PATH,
      SELF_HOST: host,
      SELF_PORT: String(port),
      MEMBERS: addresses("redis"),
      SENTINELS: addresses("sentinel"),
      PRIMARY_NAME: primaryName,
      QUORUM: String(quorum(this.ports("redis").length)),
      WATCH_SECONDS: "1",
      CONFIG_DIR: this.#config,
      SECRETS_DIR: this.#secrets,
      TLS_DIR: this.#tls,
      RUN_DIR: join(folder, "run"),
      DATA_DIR: join(folder, "data"),
    };
  }

  /** Starts the process of a port with the pod's own script. */
  run(port: number): void {
    const started = this.#process(port);
    for (const folder of ["run", "data"]) mkdirSync(join(started.folder, folder), { recursive: true });
    // A group of its own, so that a kill takes the script, the server and the watcher, as the end of a pod does.
    const child = spawn("sh", [join(this.#config, `start-${started.role}.sh`)], {
      env: this.#environment(started),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer) => {
      started.output = (started.output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    started.child = child;
  }

  /** Runs a probe or hook of a pod; true when it says yes. */
  async script(port: number, file: string): Promise<boolean> {
    const env = this.#environment(this.#process(port));
    return new Promise((resolve) => {
      execFile("sh", [join(this.#config, file)], { env, timeout: 40_000 }, (error) =>
        resolve(error === null),
      );
    });
  }

  /** Ends a process: `SIGKILL` as the loss of a node does, `SIGTERM` as the kubelet does. */
  async end(port: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ended = this.#process(port);
    const { child } = ended;
    if (child?.pid === undefined) return;
    ended.child = undefined;
    const gone =
      child.exitCode !== null || child.signalCode !== null
        ? Promise.resolve()
        : new Promise((resolve) => child.once("exit", resolve));
    if (signal === "SIGTERM") child.kill(signal);
    else killGroup(child.pid);
    await gone;
    killGroup(child.pid);
  }

  /** Empties the volume of a process that does not run. */
  loseVolume(port: number): void {
    rmSync(join(this.#process(port).folder, "data"), { recursive: true, force: true });
  }

  /** The answer of `redis-cli`, or the error text; never throws. */
  async command(port: number, user: string, ...args: string[]): Promise<string> {
    return this.#cli(port, user, args, "");
  }

  /** The answers, line by line, to commands that one connection gives one after the other. */
  async session(port: number, user: string, commands: readonly string[]): Promise<string[]> {
    return (await this.#cli(port, user, [], `${commands.join("\n")}\n`)).split("\n");
  }

  async #cli(port: number, user: string, args: readonly string[], input: string): Promise<string> {
    const options = ["--no-auth-warning", "--user", user, "--tls", "--cacert", this.caFile];
    const env = { REDISCLI_AUTH: this.#passwords.get(user) ?? "" };
    return (
      await output("redis-cli", [...options, "-h", host, "-p", String(port), ...args], env, input)
    ).trim();
  }

  /** Port of the primary as most Sentinels see it. */
  async primary(user: string): Promise<number | undefined> {
    const answers = await Promise.all(
      this.ports("sentinel").map((port) =>
        this.command(port, user, "sentinel", "get-master-addr-by-name", primaryName),
      ),
    );
    const ports = answers.map((answer) => Number(answer.split("\n")[1])).filter((port) => port > 0);
    return ports.find((port) => ports.filter((other) => other === port).length >= quorum(answers.length));
  }

  /** What the processes last said, for the message of a failed test. */
  logs(): string {
    return this.#processes
      .map(({ role, port, output: text }) => `--- ${role} ${port}\n${text.slice(-3000)}`)
      .join("\n");
  }

  /** Ends what was started and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map(({ port }) => this.end(port, "SIGKILL")));
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone already.
  }
}

function output(program: string, args: string[], env: NodeJS.ProcessEnv, input = ""): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env: { PATH: process.env.PATH, ...env }, timeout: 5_000 },
      (error, stdout, stderr) => resolve(stdout === "" && error !== null ? stderr || error.message : stdout),
    );
    // A program that ends before it reads is no fault of the test: its answer says what it was.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** Waits until `look` gives a value, and says how long it took; fails after `seconds` with `what` and the logs. */
export async function until<T>(
  what: string,
  seconds: number,
  look: () => Promise<T | undefined | false>,
  logs: () => string,
): Promise<{ value: T; seconds: number }> {
  const began = Date.now();
  for (;;) {
    const value = await look();
    const passed = (Date.now() - began) / 1000;
    if (value !== undefined && value !== false) return { value, seconds: passed };
    if (passed > seconds) throw new Error(`${what}: not within ${seconds} s\n${logs()}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
