#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { readFileSync } from "node:fs";
import { backtest } from "./backtest.ts";
import { backup } from "./backup.ts";
import { check } from "./check.ts";
import { type Command, CommandError, UsageError } from "./command.ts";
import { device } from "./device.ts";
import { exporting } from "./export.ts";
import { importing } from "./import.ts";
import { influx } from "./influx.ts";
import { unknownWord } from "./nearest.ts";
import { restore } from "./restore.ts";
import { serve } from "./serve.ts";
import { replay, simulate } from "./simulate.ts";
import { token } from "./token.ts";

const commands: Readonly<Record<string, Command>> = {
  serve,
  check,
  token,
  device,
  backtest,
  influx,
  backup,
  restore,
  export: exporting,
  import: importing,
  simulate,
  replay,
};

const { version: packageVersion } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const width = Math.max(...Object.keys(commands).map((name) => name.length));
const overview = `Usage: kerbside <command> [options]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join("\n")}

kerbside <command> --help tells more, kerbside --version which one this is. Settings come from the environment, as docs/operations.md says.`;

const [given = "help", ...rest] = process.argv.slice(2);
// kerbside help backup is kerbside backup --help.
const [name, ...parameters] = given === "help" && rest[0] !== undefined ? [rest[0], "--help"] : [given, ...rest];
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
try {
  if (name === "--help" || name === "-h" || name === "help") say(overview);
  else if (name === "--version") say(packageVersion);
  else if (!command) throw unknownWord("command", name, Object.keys(commands), "kerbside help lists them.");
  else if (parameters.includes("--help") || parameters.includes("-h")) say(await helpOf(command));
  else say(await command.run(parameters, process.env));
} catch (error) {
  const failure = await asUsage(error);
  // What somebody can mend is told in a sentence; anything else needs to be traced.
  process.stderr.write(`${failure instanceof CommandError ? failure.message : (failure as Error).stack}\n`);
  process.exitCode = failure instanceof UsageError ? 2 : 1;
}

async function helpOf({ help }: Command): Promise<string> {
  return typeof help === "string" ? help : await help();
}

function say(text: string | null): void {
  if (text !== null) process.stdout.write(`${text}\n`);
}

/** What `parseArgs` complains about, in our words; the options of a command are those its help names. */
async function asUsage(error: unknown): Promise<unknown> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith("ERR_PARSE_ARGS")) return error;
  const [option] = /--?[\w-]+/.exec(message) ?? [];
  const known = [...new Set((command ? await helpOf(command) : "").match(/--[a-z][a-z-]*/g))];
  if (code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION" || option === undefined) return new UsageError(message);
  return unknownWord("option", option, known, `kerbside ${name} --help lists them.`);
}
