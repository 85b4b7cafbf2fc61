#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { backup } from "./backup.ts";
import { type Command, CommandError, UsageError } from "./command.ts";
import { exporting } from "./export.ts";
import { importing } from "./import.ts";
import { nearest } from "./nearest.ts";
import { restore } from "./restore.ts";
import { serve } from "./serve.ts";

const commands: Readonly<Record<string, Command>> = { serve, backup, restore, export: exporting, import: importing };

const width = Math.max(...Object.keys(commands).map((name) => name.length));
const overview = `Usage: kerbside <command> [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join("\n")}

kerbside <command> --help tells more. Settings come from the environment, as docs/operations.md says.`;

const [given = "help", ...rest] = process.argv.slice(2);
// kerbside help backup is kerbside backup --help.
const [name, ...parameters] = given === "help" && rest[0] !== undefined ? [rest[0], "--help"] : [given, ...rest];
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
try {
  if (name === "--help" || name === "-h" || name === "help") say(overview);
  else if (!command) throw unknown("command", name, Object.keys(commands), "kerbside help lists them.");
  else if (parameters.includes("--help") || parameters.includes("-h")) say(command.help);
  else say(await command.run(parameters, process.env));
} catch (error) {
  const failure = asUsage(error);
  // What somebody can mend is told in a sentence; anything else needs to be traced.
  process.stderr.write(`${failure instanceof CommandError ? failure.message : (failure as Error).stack}\n`);
  process.exitCode = failure instanceof UsageError ? 2 : 1;
}

function say(text: string | null): void {
  if (text !== null) process.stdout.write(`${text}\n`);
}

function unknown(what: string, given: string, known: readonly string[], otherwise: string): UsageError {
  const near = nearest(given, known);
  return new UsageError(`There is no ${what} "${given}". ${near ? `Did you mean ${near}?` : otherwise}`);
}

/** What `parseArgs` complains about, in our words; the options of a command are those its help names. */
function asUsage(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith("ERR_PARSE_ARGS")) return error;
  const [option] = /--?[\w-]+/.exec(message) ?? [];
  const known = [...new Set(command?.help.match(/--[a-z][a-z-]*/g) ?? [])];
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || option === undefined) return new UsageError(message);
  return unknown("option", option, known, `kerbside ${name} --help lists them.`);
}
