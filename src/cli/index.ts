#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { backup } from "./backup.ts";
import { type Command, CommandError } from "./command.ts";
import { restore } from "./restore.ts";
import { serve } from "./serve.ts";

const commands: Readonly<Record<string, Command>> = { serve, backup, restore };

const width = Math.max(...Object.keys(commands).map((name) => name.length));
const overview = `Usage: kerbside <command> [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join("\n")}

kerbside <command> --help tells more. Settings come from the environment, as docs/operations.md says.`;

const [name, ...parameters] = process.argv.slice(2);
const command = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
try {
  if (name === undefined || name === "--help" || name === "help") say(overview);
  else if (!command) throw new CommandError(`There is no command "${name}".\n\n${overview}`);
  else if (parameters.includes("--help")) say(command.help);
  else say(await command.run(parameters, process.env));
} catch (error) {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  // What somebody can mend is told in a sentence; anything else needs to be traced.
  const plain = error instanceof CommandError || code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`${plain ? message : stack}\n`);
  process.exitCode = code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
}

function say(text: string | null): void {
  if (text !== null) process.stdout.write(`${text}\n`);
}
