import { parseArgs } from "node:util";
import { pino } from "pino";
import { ConfigError, readConfig } from "../src/config.ts";
import { startCenter } from "../src/server.ts";
import { beginningOf, isNew, playPast } from "./demo-past.ts";
import { fieldFaults } from "./faults.ts";
import { giveReferences, openGallery } from "./gallery.ts";
import { organisationOf, registerOrganisation, summaryLine } from "./organisation.ts";
import { loginsOf } from "./play.ts";
import { createPlayer, type Step } from "./player.ts";
import { createPopulation, fullDistrict } from "./population.ts";
import { registerDevices, registrationOf } from "./register.ts";
import { createRest } from "./rest.ts";
import { playLive, workLive } from "./run.ts";
import { openShift } from "./staff/shift.ts";
import { issueToken } from "./staff/tokens.ts";
import { readTown } from "./town.ts";
import { connectLogins } from "./transport.ts";

/**
 * `npm run demo`: a center with the synthetic district on one machine, nothing else needed. A second start finds the
 * devices of the first and goes on with its history.
 */

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Left to whoever looks at the demo: the others are played. */
const OWN_CREW = "crew-cleaning-tianliao";
const HELP = `npm run demo -- [options]

  --hours N   hours before now that a first start plays, so that figures have a past (default 6, 0 for none; 30 for a
              whole day with its report and forecasts, which takes a minute or two)

Settings of the center (HTTP_PORT, DATA_DIR …) come from the environment, as for npm start.
`;

/** Something to see within the first minute, whatever the time of day. */
const opening: readonly Step[] = [
  { atMinutes: 0.1, device: "bin-0044", fault: { fault: "says", minutes: 8, metrics: { tempC: 68 } } },
  { atMinutes: 0.1, device: "bin-0044", command: { do: "reportEvery", seconds: 20 } },
  {
    atMinutes: 0.2,
    device: "camera-218",
    command: { do: "street", category: "illegalDumping", minutes: 12, confidence: 0.92 },
  },
  { atMinutes: 0.3, device: "person-0007", report: { metrics: { sos: 1 } } },
  { atMinutes: 0.4, device: "vehicle-03", report: { metrics: { speedKmh: 79, acc: 1 } } },
  { atMinutes: 0.6, device: "vehicle-03", report: { metrics: { speedKmh: 81, acc: 1 } } },
  ...["bin-0007", "bin-0105", "bin-0322", "bin-0611", "bin-0840"].flatMap((device, i): Step[] => [
    { atMinutes: 0.5, device, command: { do: "fill", pct: 84 + 4 * i } },
    { atMinutes: 0.5, device, command: { do: "reportEvery", seconds: 15 } },
  ]),
  {
    atMinutes: 1.5,
    device: "camera-032",
    command: { do: "street", category: "exposedGarbage", minutes: 40, confidence: 0.88 },
  },
  {
    atMinutes: 2,
    device: "camera-107",
    command: { do: "street", category: "stackedGoods", minutes: 70, confidence: 0.86 },
  },
];

try {
  const { values } = parseArgs({ options: { hours: { type: "string", default: "6" }, help: { type: "boolean" } } });
  const hours = Number(values.hours);
  if (!(hours >= 0 && hours <= 24 * 14)) throw new ConfigError(["--hours must be a number from 0 to 336"]);
  if (values.help) say(HELP);
  else await demo(hours);
} catch (error) {
  const readable = error instanceof ConfigError || (error as NodeJS.ErrnoException).code !== undefined;
  process.stderr.write(`${readable ? (error as Error).message : (error as Error).stack}\n`);
  process.exit(1);
}

async function demo(hours: number): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  // The demo needs an administrator at each start, and nobody has written down the one of the last time.
  const told = process.env.ADMIN_TOKEN !== undefined || process.env.ADMIN_TOKEN_FILE !== undefined;
  const own = told ? {} : { ADMIN_TOKEN: `demo-${crypto.randomUUID()}` };
  const usual = { LOG_LEVEL: "warn", DATA_DIR: "./data/demo", SNAPSHOT_HOSTS: "127.0.0.1" };
  const config = readConfig({ ...usual, ...process.env, ...own });
  await using gallery = await openGallery();

  const town = readTown();
  const population = { ...fullDistrict, wasteFactor: 1.4, problemsPerDay: 2 };
  const past = hours > 0 && isNew(config.DATA_DIR);
  const from = past ? beginningOf(Date.now(), hours) : Date.now();
  const actors = createPopulation(town, population, 1, from, gallery);
  const player = createPlayer({ actors, seed: 1, startAt: from, faults: fieldFaults });
  const organisation = organisationOf(actors, town);
  const registrations = actors.map((actor) => registrationOf(actor.device));
  say(`Kerbside demo: ${actors.length} simulated devices in ${config.DATA_DIR}`);
  if (past) {
    const settings = { ADMIN_TOKEN: config.ADMIN_TOKEN ?? "", SNAPSHOT_HOSTS: config.SNAPSHOT_HOSTS };
    await playPast({ directory: config.DATA_DIR, settings, town, actors, player, from, say, signal: stop.signal });
  }

  await using running = await startCenter(config, { logger: pino({ level: config.LOG_LEVEL }) });
  if (!running.mqtt) throw new Error("the demo needs the embedded broker: unset MQTT_URL");
  const rest = createRest(running.http, config.ADMIN_TOKEN ?? "");
  const logins = await registerDevices(rest, registrations, loginsOf(actors));
  say(`  ${summaryLine(await registerOrganisation(rest, organisation))}`);
  const ownCrew = String(organisation.crews?.find(({ id }) => id === OWN_CREW)?.name ?? OWN_CREW);
  const wall = await issueToken(rest, "demo wall", "viewer");
  const desk = await issueToken(rest, "demo desk", "dispatcher");
  const crew = await issueToken(rest, ownCrew, "crew", { crewId: OWN_CREW });
  const shift = await openShift({
    rest,
    organisation,
    player,
    actors,
    now: Date.now,
    dispatchers: false,
    left: new Set([OWN_CREW]),
  });
  await using transport = await connectLogins(running.mqtt, logins);

  // The token stands in the fragment: browsers keep that to themselves, so no log of any server ever shows it.
  say(`
  Wall   ${running.http}/#token=${wall}
  Desk   ${running.http}/desk#token=${desk}
  Crew   ${running.http}/crew#token=${crew}
  API    ${running.http}/docs
  MQTT   ${running.mqtt}

  ${actors.length} devices on ${transport.connections} connections. You are the dispatcher, and the crew ${ownCrew}; the
  other crews go where you send them. Ctrl-C ends the demo.
`);
  const startAt = Date.now();
  player.add(startAt, opening);
  const beside = Promise.all([
    giveReferences(rest, stop.signal).catch((error: Error) => say(`  ${error.message}`)),
    workLive(shift, stop.signal),
  ]);
  const endAt = Number.MAX_SAFE_INTEGER;
  await playLive({ player, transport, startAt, endAt, signal: stop.signal }, 1);
  await beside;
}
