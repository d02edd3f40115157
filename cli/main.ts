/** The `marketplace` command. Loads as little as each verb needs, since a plan should start at once. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, CommanderError } from "commander";
import { complete, completionScript, shells } from "./completion.ts";
import { exitCode } from "./exit-codes.ts";
import { describeFailure } from "./failure.ts";
import { readProject } from "./project.ts";

const projectRoot = resolve(import.meta.dirname, "..");

const exitCodeHelp = `
Exit codes:
  0  clean
  1  a problem in the input: arguments, configuration, or a type that the simulator does not know
  2  a mandatory guardrail is violated
  3  an internal error`;

/** Builds the command line; `end` receives the exit code of the verb that ran. */
function buildProgram(end: (code: number) => void): Command {
  const version = (JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as { version: string })
    .version;
  const program = new Command("marketplace")
    .description("Plans and deploys the infrastructure of the LLM marketplace.")
    .version(version, "-V, --version", "print the version")
    .option("--project <dir>", "folder of Pulumi.yaml", projectRoot)
    .showHelpAfterError("(marketplace --help shows what there is)")
    .exitOverride()
    .addHelpText("after", exitCodeHelp);
  const project = () => readProject(resolve(program.opts<{ project: string }>().project));

  program
    .command("plan")
    .description("show everything a stack would create, with no cloud account and no Pulumi CLI")
    .argument("[stack]", "name of a stack, or `all`", "dev")
    .option("-o, --out <dir>", "folder for all that a plan writes, one folder a stack below it", "out")
    .option("--json", "print the plan as JSON instead of the tree", false)
    .option("-q, --quiet", "print only where the plan was written", false)
    .addHelpText(
      "after",
      `
Examples:
  marketplace plan                      plan dev
  marketplace plan production           plan production, write out/production/
  marketplace plan all --quiet          plan every stack
  marketplace plan dev --json | jq .outputs
${exitCodeHelp}`,
    )
    .action(async (stack: string, options: { out: string; json: boolean; quiet: boolean }) => {
      const { planAll, planStack } = await import("./plan/command.ts");
      const settings = { ...options, out: resolve(options.out) };
      end(await (stack === "all" ? planAll(project(), settings) : planStack(project(), stack, settings)));
    });

  program
    .command("cost")
    .description("show what a stack costs a month, line by line, and what changed")
    .argument("<stack>", "name of a stack")
    .option("--compare <other>", "another stack, or a git ref of this repository: show the difference only")
    .option("--json", "print cost.json instead of the table", false)
    .option("--no-optimised", "do not plan the stack a second time with the optimised profile")
    .addHelpText(
      "after",
      `
Examples:
  marketplace cost production
  marketplace cost dev --compare main       what the working tree changes against main
  marketplace cost production --compare staging
  marketplace cost dev --json | jq .minimumUsdPerMonth
${exitCodeHelp}`,
    )
    .action(async (stack: string, options: { compare?: string; json: boolean; optimised: boolean }) => {
      const { costStack } = await import("./cost/command.ts");
      end(await costStack(project(), stack, options));
    });

  for (const [verb, description] of [
    [
      "preview",
      "compare a stack with what is deployed (pulumi preview); needs the Pulumi CLI and credentials",
    ],
    ["up", "deploy a stack (pulumi up); needs the Pulumi CLI and credentials"],
  ] as const) {
    program
      .command(verb)
      .description(description)
      .argument("<stack>", "name of a stack")
      .argument("[arguments...]", "arguments for pulumi, after `--`")
      .addHelpText(
        "after",
        `\nExamples:\n  marketplace ${verb} dev\n  marketplace ${verb} production -- --diff`,
      )
      .action(async (stack: string, extra: string[]) => {
        const { deploy } = await import("./deploy/command.ts");
        end(await deploy(project(), verb, stack, extra));
      });
  }

  addConfigCommands(program, project);
  program
    .command("completion")
    .description("print the completion script of a shell")
    .argument("<shell>", shells.join(", "))
    .addHelpText("after", "\nExample:\n  source <(marketplace completion bash)")
    .action((shell: string) => void process.stdout.write(completionScript(shell)));
  program
    .command("complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .action((words: string[]) => {
      const found = complete(program, project().stacks, words);
      process.stdout.write(found.map((word) => `${word}\n`).join(""));
    });
  return program;
}

function addConfigCommands(program: Command, project: () => ReturnType<typeof readProject>): void {
  const config = program.command("config").description("the configuration of stacks");
  config
    .command("schema")
    .description("print the JSON schema of stack files (config/stack.schema.json)")
    .action(async () => {
      const { schemaFile } = await import("./generate.ts");
      process.stdout.write(schemaFile().content);
    });
  config
    .command("resolve")
    .description("print the whole configuration of a stack after defaults")
    .argument("<stack>", "name of a stack")
    .addHelpText("after", "\nExample:\n  marketplace config resolve production")
    .action(async (stack: string) => {
      const { requireStack } = await import("./project.ts");
      requireStack(project(), stack);
      const { resolvedFile } = await import("./generate.ts");
      process.stdout.write(resolvedFile(stack).content);
    });
  config
    .command("generate")
    .description("renew config/stack.schema.json and config/resolved/")
    .option("--check", "change nothing; fail if a file is stale", false)
    .action(async (options: { check: boolean }) => {
      const { generateConfig } = await import("./generate-command.ts");
      generateConfig(project(), options.check);
    });
}

/** Runs the command line and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  let code: number = exitCode.clean;
  try {
    await buildProgram((result) => {
      code = result;
    }).parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed its own message; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.clean : exitCode.input;
    const failure = describeFailure(error);
    process.stderr.write(`${failure.text}\n`);
    return failure.code;
  }
}

// The reader has gone (`| head`): nothing is wrong, and the files are still wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// What nobody awaits after a verb has ended is still an error, unless it is the echo of one that was reported.
for (const event of ["unhandledRejection", "uncaughtException"] as const) {
  process.on(event, (error: unknown) => {
    if (process.exitCode !== exitCode.clean) return;
    process.stderr.write(`${describeFailure(error).text}\n`);
    process.exitCode = exitCode.internal;
  });
}

// A promise that never ends would let the process end with 0; until the verb is done this is a fault of ours.
process.exitCode = exitCode.internal;
process.exitCode = await main(process.argv.slice(2));
