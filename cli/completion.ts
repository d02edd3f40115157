/** Completion scripts of the shells. They ask the command for words, so they never go out of date. */
import type { Command } from "commander";
import { UserError } from "../components/core/errors.ts";

export const shells = ["bash", "zsh", "fish"] as const;

const scripts: Record<(typeof shells)[number], string> = {
  bash: `_marketplace() {
  local IFS=$'\\n'
  COMPREPLY=($("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _marketplace marketplace bin/marketplace ./bin/marketplace
`,
  zsh: `#compdef marketplace
_marketplace() {
  local -a words_found
  words_found=(\${(f)"$(\${words[1]} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a words_found
}
compdef _marketplace marketplace
`,
  fish: `complete -c marketplace -f -a '((commandline -opc)[1] complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};

/** The script to source, for example \`source <(marketplace completion bash)\`. */
export function completionScript(shell: string): string {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell as keyof typeof scripts] : undefined;
  if (script !== undefined) return script;
  throw new UserError({
    path: "marketplace completion",
    got: JSON.stringify(shell),
    allowed: shells.join(", "),
    fix: "name one of these shells",
  });
}

/** Words that can stand where the cursor is, given the words of the line; the last one may be unfinished. */
export function complete(program: Command, stacks: readonly string[], words: readonly string[]): string[] {
  const last = words.at(-1) ?? "";
  let command = program;
  let positional = 0;
  for (const word of words.slice(0, -1)) {
    const below = command.commands.find((candidate) => candidate.name() === word);
    if (below) command = below;
    else if (!word.startsWith("-")) positional += 1;
  }
  const options = command.options.map((option) => option.long).filter((name) => name !== undefined);
  const visible = command.commands.filter((candidate) => candidate.name() !== "complete");
  const argument = command.registeredArguments[positional]?.name();
  const found = last.startsWith("-")
    ? [...options, "--help"]
    : command.commands.length > 0
      ? visible.map((candidate) => candidate.name())
      : argument === "stack"
        ? [...stacks, ...(command.name() === "plan" ? ["all"] : [])]
        : argument === "shell"
          ? [...shells]
          : [];
  return found.filter((word) => word.startsWith(last));
}
