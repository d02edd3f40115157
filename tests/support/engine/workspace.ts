/** A stack of the project in a temporary folder with a state of its own, and the real Pulumi CLI on it. */
import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { type RegisteredGraph, readGraph } from "./request-log.ts";
import type { Bag } from "./wire.ts";

export interface CommandResult {
  readonly code: number | null;
  /** What it printed, on both streams. */
  readonly output: string;
  readonly seconds: number;
}

export interface WorkspaceOptions {
  /** Folder of Pulumi.yaml. */
  readonly projectRoot: string;
  readonly stack: string;
  /** Value of PULUMI_DEBUG_PROVIDERS. */
  readonly attachment: string;
}

/** A command that takes longer hangs. */
const commandTimeoutSeconds = 180;

const passphrase = "of the engine tests";

export class Workspace {
  readonly folder: string;
  readonly #options: WorkspaceOptions;
  readonly #settings: string;

  /** The program is linked, the settings are copied: the CLI writes into them. */
  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), "marketplace-engine-"));
    for (const folder of ["home", "state", "project"]) mkdirSync(join(this.folder, folder));
    for (const entry of readdirSync(options.projectRoot)) {
      if (entry === "out" || entry.startsWith(".") || /^Pulumi\..*yaml$/.test(entry)) continue;
      symlinkSync(join(options.projectRoot, entry), join(this.project, entry));
    }
    copyFileSync(join(options.projectRoot, "Pulumi.yaml"), join(this.project, "Pulumi.yaml"));
    this.#settings = readFileSync(join(options.projectRoot, this.#stackFile), "utf8");
    this.configure({});
  }

  get project(): string {
    return join(this.folder, "project");
  }

  get #stackFile(): string {
    return `Pulumi.${this.#options.stack}.yaml`;
  }

  /**
   * Writes the stack's settings with other values for some keys. What needs an account is left out: the key service
   * that encrypts secrets, and environments of Pulumi Cloud.
   */
  configure(changes: Readonly<Bag>): void {
    const target = join(this.project, this.#stackFile);
    // Edited as a document: written anew, quotes would go that the CLI needs.
    const settings = parseDocument(this.#settings);
    for (const key of ["secretsprovider", "encryptedkey", "encryptionsalt", "environment"])
      settings.delete(key);
    const salt = existsSync(target)
      ? parseDocument(readFileSync(target, "utf8")).get("encryptionsalt")
      : undefined;
    if (salt !== undefined) settings.set("encryptionsalt", salt);
    for (const [key, value] of Object.entries(changes)) settings.setIn(["config", key], value);
    writeFileSync(target, String(settings));
  }

  /** Makes the stack in the state folder. */
  initialise(): Promise<CommandResult> {
    return this.pulumi(["stack", "init", this.#options.stack, "--secrets-provider", "passphrase"]);
  }

  /** Runs `pulumi` without a terminal. */
  pulumi(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
    const started = performance.now();
    const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.project,
      env: { ...this.environment(), ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), commandTimeoutSeconds * 1000);
    return new Promise((resolve, reject) => {
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text) => {
          output += text;
        });
      }
      child.on("error", reject);
      child.on("close", (code) => {
        clearTimeout(timer);
        resolve({ code, output, seconds: (performance.now() - started) / 1000 });
      });
    });
  }

  /** Runs `pulumi` and reads from its log of requests which resources the program registered. */
  async pulumiWithGraph(
    args: readonly string[],
  ): Promise<CommandResult & { readonly graph: RegisteredGraph }> {
    const log = join(this.folder, "requests.jsonl");
    const result = await this.pulumi(args, { PULUMI_DEBUG_GRPC: log });
    const graph = existsSync(log) ? readGraph(readFileSync(log, "utf8")) : { resources: [], children: [] };
    rmSync(log, { force: true });
    return { ...result, graph };
  }

  /** The state as it is on disk, secrets encrypted. */
  async state(): Promise<string> {
    return (await this.pulumi(["stack", "export"])).output;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Nothing of the user's own login or account reaches the CLI, and nothing is downloaded. */
  environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(PULUMI|AWS)_/.test(name));
    return {
      ...Object.fromEntries(inherited),
      // The language host starts `node`: it must be the one of the tests.
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      PULUMI_HOME: join(this.folder, "home"),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: passphrase,
      PULUMI_DEBUG_PROVIDERS: this.#options.attachment,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // The state is written once at the end; with hundreds of resources writing it each time takes most of the time.
      PULUMI_EXPERIMENTAL: "1",
      PULUMI_SKIP_CHECKPOINTS: "1",
    };
  }
}
