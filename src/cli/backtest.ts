import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { BacktestResult } from "../alerts/backtest.ts";
import { parseInstant } from "../config.ts";
import { DAY } from "../domain/time.ts";
import { asCommandError, type Command, CommandError, UsageError } from "./command.ts";
import { createRest, restHelp, restOptions } from "./rest.ts";
import { theOne } from "./subcommands.ts";
import { moment, table } from "./table.ts";

const ASKED_EVERY_MS = 500;
/** Alerts in the table; --json has as many as the center shows. */
const SHOWN = 30;

interface Job {
  readonly id: string;
  readonly share: number;
  readonly state: "running" | "done" | "failed";
  readonly result: BacktestResult | null;
  readonly problem: string | null;
}

export const backtest: Command = {
  summary: "what a rule, or a draft of it, would have raised in the past",
  help: `Usage: kerbside backtest RULE [--from TIME] [--until TIME] [--rule FILE]

  RULE               id of a rule, for example bin.overflow
  --from TIME        ISO 8601 with zone, or epoch ms; else seven days before --until
  --until TIME       else now
  --rule FILE        a draft of the rule as JSON, instead of the one in force
${restHelp}

Runs in the center, beside its work, and touches nothing that lives.`,

  async run(parameters, environment) {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      options: { ...restOptions, from: { type: "string" }, until: { type: "string" }, rule: { type: "string" } },
      allowPositionals: true,
    });
    const rule = theOne(positionals, "one rule: kerbside backtest bin.overflow");
    const instant = (option: "from" | "until", otherwise: number): number => {
      const at = values[option] === undefined ? otherwise : parseInstant(values[option]);
      if (Number.isNaN(at)) throw new UsageError(`--${option}: ${values[option]} is neither ISO 8601 nor epoch ms.`);
      return at;
    };
    const to = instant("until", Date.now());
    const from = instant("from", to - 7 * DAY);
    const rest = createRest(values, environment);
    const draft = values.rule === undefined ? {} : { rule: readDraft(values.rule) };
    let job = await rest.send<Job>("POST", `/rules/${encodeURIComponent(rule)}/backtest`, { from, to, ...draft });
    while (job.state === "running") {
      await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
      job = await rest.get<Job>(`/backtests/${job.id}`);
      if (process.stderr.isTTY) process.stderr.write(`\r\u001B[Kback-test: ${Math.round(job.share * 100)} %`);
    }
    if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
    if (!job.result) throw new CommandError(`The back-test of ${rule} failed: ${job.problem}.`);
    return values.json ? JSON.stringify(job.result) : shown(job.result);
  },
};

/** What `GET /rules/{id}` answers may be edited and given back: who changed it when is no part of a rule. */
function readDraft(file: string): unknown {
  try {
    const { version: _version, changedAt: _at, changedBy: _by, ...draft } = JSON.parse(readFileSync(file, "utf8"));
    return draft;
  } catch (error) {
    if (error instanceof SyntaxError) throw new CommandError(`${file} is no JSON: ${error.message}.`);
    throw asCommandError(error, `${file} cannot be read`);
  }
}

function shown({ alerts, raised, perDay, subjects, flapping, observations }: BacktestResult): string {
  const said = `${raised} alerts (${perDay} a day) about ${subjects} subjects, ${flapping} flapping, from ${observations} observations.`;
  if (alerts.length === 0) return said;
  const rows = alerts.slice(0, SHOWN).map(({ subjectId, subtype, level, openedAt, clearedAt, count }) => {
    return [moment(openedAt), moment(clearedAt), String(level), subjectId, subtype, String(count)];
  });
  const more = raised > SHOWN ? `\n… ${raised - SHOWN} more` : "";
  return `${said}\n\n${table(["OPENED", "CLEARED", "LEVEL", "SUBJECT", "SUBTYPE", "SEEN"], rows)}${more}`;
}
