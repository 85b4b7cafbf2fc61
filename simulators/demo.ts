import { pino } from "pino";
import { ConfigError, readConfig } from "../src/config.ts";
import { startCenter } from "../src/server.ts";
import { fieldFaults } from "./faults.ts";
import { giveReferences, openGallery } from "./gallery.ts";
import { organisationOf, registerOrganisation, summaryLine } from "./organisation.ts";
import { loginsOf } from "./play.ts";
import { createPlayer, type Step } from "./player.ts";
import { createPopulation, fullDistrict } from "./population.ts";
import { registerDevices, registrationOf } from "./register.ts";
import { createRest } from "./rest.ts";
import { playLive } from "./run.ts";
import { readTown } from "./town.ts";
import { connectLogins } from "./transport.ts";

/**
 * `npm run demo`: a center with the synthetic district on one machine, nothing else needed. A second start finds the
 * devices of the first and goes on with its history.
 */

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** Bookmarked links work for a month. */
const TOKEN_LIFE_MS = 30 * 86_400_000;

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

interface IssuedToken {
  readonly token: string;
}

try {
  await demo();
} catch (error) {
  const readable = error instanceof ConfigError || (error as NodeJS.ErrnoException).code !== undefined;
  process.stderr.write(`${readable ? (error as Error).message : (error as Error).stack}\n`);
  process.exit(1);
}

async function demo(): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  // The demo needs an administrator at each start, and nobody has written down the one of the last time.
  const told = process.env.ADMIN_TOKEN !== undefined || process.env.ADMIN_TOKEN_FILE !== undefined;
  const own = told ? {} : { ADMIN_TOKEN: `demo-${crypto.randomUUID()}` };
  const usual = { LOG_LEVEL: "warn", DATA_DIR: "./data/demo", SNAPSHOT_HOSTS: "127.0.0.1" };
  const config = readConfig({ ...usual, ...process.env, ...own });
  await using gallery = await openGallery();
  await using running = await startCenter(config, { logger: pino({ level: config.LOG_LEVEL }) });
  if (!running.mqtt) throw new Error("the demo needs the embedded broker: unset MQTT_URL");
  const rest = createRest(running.http, config.ADMIN_TOKEN ?? "");

  const town = readTown();
  const population = { ...fullDistrict, wasteFactor: 1.4, problemsPerDay: 2 };
  const registered = createPopulation(town, population, 1, Date.now(), gallery);
  say(`Kerbside demo: registering ${registered.length} simulated devices …`);
  const logins = await registerDevices(
    rest,
    registered.map((actor) => registrationOf(actor.device)),
    loginsOf(registered),
  );
  say(summaryLine(await registerOrganisation(rest, organisationOf(registered, town))));
  const wall = await issue("demo wall", "viewer");
  const desk = await issue("demo desk", "dispatcher");
  await using transport = await connectLogins(running.mqtt, logins);

  // The token stands in the fragment: browsers keep that to themselves, so no log of any server ever shows it.
  say(`
  Wall   ${running.http}/#token=${wall}
  Desk   ${running.http}/desk#token=${desk}
  API    ${running.http}/docs
  MQTT   ${running.mqtt}

  ${registered.length} devices on ${transport.connections} connections. Data in ${config.DATA_DIR}. Ctrl-C ends the demo.
`);
  // The same devices again, with a day that begins now: registering and connecting took a while.
  const startAt = Date.now();
  const actors = createPopulation(town, population, 1, startAt, gallery);
  const player = createPlayer({ actors, seed: 1, startAt, faults: fieldFaults, script: opening });
  const endAt = Number.MAX_SAFE_INTEGER;
  const referencesGiven = giveReferences(rest, stop.signal).catch((error: Error) => say(`  ${error.message}`));
  await playLive({ player, transport, startAt, endAt, signal: stop.signal }, 1);
  await referencesGiven;

  async function issue(name: string, role: string): Promise<string> {
    const expiresAt = Date.now() + TOKEN_LIFE_MS;
    return (await rest.send<IssuedToken>("POST", "/tokens", { name, role, expiresAt })).token;
  }
}
