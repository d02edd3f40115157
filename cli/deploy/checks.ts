/**
 * What a deployment needs and a plan does not, checked before Pulumi starts: each thing that is missing gives one
 * sentence that names it. The order is that in which a deployment would stumble over them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { type Project, stackConfig } from "../project.ts";
import { MissingError } from "./missing.ts";
import { onPath, type Tool } from "./pulumi.ts";
import { type RunResult, runQuietly } from "./run.ts";

export interface CheckOptions {
  readonly project: Project;
  readonly stack: string;
  /** `preview` or `up`, for the sentences. */
  readonly verb: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Time that a single check may take. */
  readonly timeoutSeconds: number;
}

/** Throws the first thing that is missing for a deployment of the stack with this Pulumi CLI. */
export async function checkDeployment(pulumi: Tool | undefined, options: CheckOptions): Promise<Tool> {
  const cli = await checkPulumi(pulumi, options);
  if (stackConfig(options.project, options.stack)[`${options.project.name}:cloud`] === "aws") {
    await checkAws(options);
  }
  await checkBackend(cli, options);
  await checkKey(options);
  return cli;
}

function missing(options: CheckOptions, what: string, remedy: string): MissingError {
  return new MissingError(options, what, remedy);
}

function run(command: string, args: readonly string[], options: CheckOptions, timeoutSeconds: number) {
  return runQuietly(command, args, {
    cwd: options.project.root,
    environment: options.environment,
    timeoutSeconds,
  });
}

async function checkPulumi(pulumi: Tool | undefined, options: CheckOptions): Promise<Tool> {
  if (pulumi === undefined) {
    throw missing(
      options,
      "no Pulumi CLI: neither `pulumi` nor `npx` is on PATH",
      "install the Pulumi CLI (https://www.pulumi.com/docs/install)",
    );
  }
  // The first run of the npm package fetches the CLI, some 100 MB.
  const version = await run(
    pulumi.command,
    [...pulumi.prefix, "version"],
    options,
    pulumi.downloads ? 60 * options.timeoutSeconds : options.timeoutSeconds,
  );
  if (version.code === 0) return pulumi;
  throw pulumi.downloads
    ? missing(
        options,
        `no Pulumi CLI on PATH, and it could not be downloaded: ${lastLine(version)}`,
        "install the Pulumi CLI (https://www.pulumi.com/docs/install), or connect to the network for its download",
      )
    : missing(
        options,
        `a Pulumi CLI (${pulumi.command}) that does not run: ${lastLine(version)}`,
        "reinstall the Pulumi CLI (https://www.pulumi.com/docs/install)",
      );
}

async function checkAws(options: CheckOptions): Promise<void> {
  const aws = onPath("aws", options.environment);
  if (aws === undefined) {
    throw missing(
      options,
      "no AWS CLI: `aws` is not on PATH, and the EKS plugin uses it to reach the cluster",
      "install the AWS CLI version 2",
    );
  }
  const identity = await run(
    aws,
    ["sts", "get-caller-identity", "--output", "json"],
    options,
    options.timeoutSeconds,
  );
  if (identity.code === 0) return;
  throw missing(
    options,
    `no usable AWS credentials: ${lastLine(identity)}`,
    "log in (`aws sso login`, or AWS_PROFILE or access keys in the environment) and check with `aws sts get-caller-identity`",
  );
}

async function checkBackend(pulumi: Tool, options: CheckOptions): Promise<void> {
  const execute = (args: readonly string[]) =>
    run(pulumi.command, [...pulumi.prefix, ...args, "--non-interactive"], options, options.timeoutSeconds);
  const login = await execute(["whoami"]);
  if (login.code !== 0) {
    throw missing(
      options,
      `no login to a Pulumi backend: ${lastLine(login)}`,
      "log in with `pulumi login` (s3://<bucket> for a backend of your own)",
    );
  }
  const stacks = await execute(["stack", "ls", "--json"]);
  if (stacks.code !== 0) {
    throw missing(
      options,
      `no list of stacks from the Pulumi backend: ${lastLine(stacks)}`,
      "check with `pulumi stack ls` that the backend can be reached",
    );
  }
  if (!stackNames(stacks.output).includes(options.stack)) {
    throw missing(
      options,
      `no stack ${options.stack} in the Pulumi backend`,
      `create it once with \`pulumi stack init ${options.stack}\` (the docs say which secrets provider)`,
    );
  }
}

/** Names of `pulumi stack ls --json`, without the organisation that some backends put before them. */
function stackNames(output: string): string[] {
  const start = output.indexOf("[");
  if (start === -1) return [];
  const list = JSON.parse(output.slice(start, output.lastIndexOf("]") + 1)) as { readonly name: string }[];
  return list.map(({ name }) => name.split("/").at(-1) ?? name);
}

/** The key that encrypts the stack's secrets must answer; here for AWS, whose key the stack file names. */
async function checkKey(options: CheckOptions): Promise<void> {
  const file = `Pulumi.${options.stack}.yaml`;
  const settings = parse(readFileSync(join(options.project.root, file), "utf8")) as Record<
    string,
    unknown
  > | null;
  const provider = settings?.secretsprovider;
  if (typeof provider !== "string" || !provider.startsWith("awskms://")) return;
  const [key = "", query = ""] = provider.slice("awskms://".length).split("?");
  const region = new URLSearchParams(query).get("region");
  const aws = onPath("aws", options.environment) ?? "aws";
  const id = decodeURIComponent(key.replace(/^\/+/, ""));
  const args = ["kms", "describe-key", "--key-id", id, ...(region ? ["--region", region] : [])];
  const answer = await run(aws, args, options, options.timeoutSeconds);
  if (answer.code === 0) return;
  throw missing(
    options,
    `no answer from the key service for ${id}: ${lastLine(answer)}`,
    `check the network, and that you may use the key that ${file} names as \`secretsprovider\``,
  );
}

/** The last thing a failed command said, as the reason in a sentence. */
function lastLine(result: RunResult): string {
  if (result.timedOut) return "it did not answer in time";
  const lines = result.output.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").at(-1) ?? `it ended with exit code ${result.code ?? "none"}`;
}
