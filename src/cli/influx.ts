import { parseArgs } from "node:util";
import { CommandError, type Environment } from "./command.ts";
import { createRest, type Rest, restHelp, restOptions } from "./rest.ts";
import { withParts } from "./subcommands.ts";

const ASKED_EVERY_MS = 500;

export const influx = withParts(
  "influx",
  {
    summary: "InfluxDB: how far it is, and filling it again from the journal",
    help: `Usage: kerbside influx status
       kerbside influx rebuild [--wait]

rebuild: sends everything that was ever committed again, newest readings first; for a bucket that is new or lost something.
  --wait             ends when InfluxDB has everything

Both speak to a running center that has INFLUX_URL set:
${restHelp}`,
  },
  { status, rebuild },
);

interface Health {
  readonly state: string;
  readonly reason: string | null;
  readonly behindMs: number;
  readonly entries: number;
  readonly rereading: boolean;
  readonly refusedLines: number;
}

async function status(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values } = parseArgs({ args: [...parameters], options: restOptions });
  const health = await healthOf(createRest(values, environment));
  return values.json ? JSON.stringify(health) : shown(health);
}

async function rebuild(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values } = parseArgs({ args: [...parameters], options: { ...restOptions, wait: { type: "boolean" } } });
  const rest = createRest(values, environment);
  let health = await rest.send<Health>("POST", "/influx/rebuild");
  while (values.wait && health.state !== "following") {
    if (health.state === "notAllowed") throw new CommandError(`InfluxDB refuses the center: ${health.reason}.`);
    await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
    health = await healthOf(rest);
    if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${shown(health)}`);
  }
  if (values.wait && process.stderr.isTTY) process.stderr.write("\r\u001B[K");
  return values.json ? JSON.stringify(health) : shown(health);
}

/** The center tells everybody how far InfluxDB is, among its own health. */
async function healthOf(rest: Rest): Promise<Health> {
  const { influx: health } = await rest.health<{ influx?: Health }>();
  if (!health) throw new CommandError("This center writes to no InfluxDB: set INFLUX_URL and start it again.");
  return health;
}

function shown({ state, reason, behindMs, entries, rereading, refusedLines }: Health): string {
  const why = reason === null ? "" : ` (${reason})`;
  const past = rereading ? ", the past is being told again" : "";
  const refused = refusedLines > 0 ? `, ${refusedLines} lines refused (GET /quarantine?reason=influxRefused)` : "";
  return `${state}${why}: ${Math.round(behindMs / 1_000)} s behind, ${entries} entries to go${past}${refused}`;
}
