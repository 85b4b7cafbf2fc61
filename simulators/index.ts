import { parseInstant } from "../src/config.ts";
import { help, type Options, readOptions, UsageError } from "./cli.ts";
import { checkScenario, type DistrictRun, plainRun, playOnOwn, playOnTarget, type Target } from "./play.ts";
import { replay } from "./replay/replay.ts";
import { createRest, RestError } from "./rest.ts";
import { localTime } from "./rhythm.ts";
import { formatRows, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/list.ts";
import { startOwnCenter } from "./session.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());

try {
  process.exitCode = await main(readOptions(process.argv.slice(2), process.env));
} catch (error) {
  // A plain Error of ours says what to do; anything else is a bug and needs its stack.
  const meant = error instanceof UsageError || error instanceof RestError || (error as Error).constructor === Error;
  process.stderr.write(`${meant ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(options: Options): Promise<number> {
  if (options.help) {
    say(help);
    return 0;
  }
  if (options.list) {
    for (const { id, title, startAt, durationMinutes } of scenarios) {
      say(`${id.padEnd(16)} ${title.en} · ${title.zh} (${startAt}, ${durationMinutes} min)`);
    }
    return 0;
  }
  const target = targetOf(options);
  if (options.replay !== undefined) return (await replay(options, target, say, stop.signal)) ? 0 : 1;
  const scenario = options.scenario === undefined ? null : scenarioNamed(options.scenario);
  if (scenario && options.check && !target) return check(scenario, options);
  const durationMinutes = options.durationMinutes ?? scenario?.durationMinutes ?? 60;
  const run: DistrictRun = scenario ?? plainRun(options.population, options.seed ?? 1, durationMinutes);
  if (target) {
    const endless = !scenario && options.durationMinutes === undefined && (options.speed ?? 1) === 1;
    const live = endless ? { ...run, durationMinutes: Number.POSITIVE_INFINITY } : run;
    const counts = await playOnTarget(target, live, options.speed ?? 1, say, stop.signal);
    say(`${counts.sent} sent, ${counts.receipted} receipted, ${counts.failed} failed`);
    return counts.receipted === counts.sent || stop.signal.aborted ? 0 : 1;
  }
  const startAt = options.startAt ?? (scenario ? localTime(scenario.startAt) : parseInstant(new Date().toISOString()));
  await using own = await startOwnCenter(startAt);
  say(`own center at ${own.running.http}, its store goes when this ends`);
  const { transport } = await playOnOwn(own, run, startAt, say, options.speed, stop.signal);
  say(`${transport.sent} sent, ${transport.receipted} receipted`);
  return transport.receipted === transport.sent ? 0 : 1;
}

function targetOf({ url, api, token, username, password }: Options): Target | null {
  if (url === undefined) return null;
  if (username !== undefined && password !== undefined) return { url, gateway: { username, password } };
  return { url, rest: createRest(api, token ?? "") };
}

function scenarioNamed(id: string): Scenario {
  const scenario = scenarios.find((each) => each.id === id);
  if (!scenario) {
    throw new UsageError(`there is no scenario ${id}; there are ${scenarios.map((each) => each.id).join(", ")}`);
  }
  return scenario;
}

async function check(scenario: Scenario, options: Options): Promise<number> {
  const seeded = options.seed === undefined ? scenario : { ...scenario, seed: options.seed };
  const result = await checkScenario(seeded, say, options.speed);
  say(formatRows(result.rows));
  const refused = Object.entries(result.refused);
  say(
    `${scenario.id}: ${result.passed ? "passed" : "FAILED"}. ${result.sent} messages, ${result.receipted} receipts, ` +
      `${refused.length === 0 ? "none refused" : refused.map(([reason, n]) => `${n} refused (${reason})`).join(", ")}, ` +
      `${result.seconds.toFixed(1)} s`,
  );
  return result.passed && result.receipted === result.sent ? 0 : 1;
}
