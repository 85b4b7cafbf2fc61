import { parseArgs } from "node:util";
import { parseInstant } from "../src/config.ts";
import { fullDistrict, type Population } from "./population.ts";

/** Something the caller can put right; printed without a stack. */
export class UsageError extends Error {}

export const help = `Simulated devices of a district, over real MQTT.

  npm run simulate -- [options]

Without --url a center of its own is started on free ports with an empty store, and time is played as fast as possible.

Where to
  --url URL            MQTT address of a running center or broker, e.g. mqtt://127.0.0.1:1883
  --api URL            HTTP address of the center (default http://127.0.0.1:8080)
  --token TOKEN        administrator token: registers the devices (or set ADMIN_TOKEN)
  --username, --password   login of a gateway that may publish for the devices, instead of --token

What
  --scenario ID        play a scenario (--list shows them)
  --check              compare the alerts with those the scenario must raise; exit code 1 on a difference
  --list               list the scenarios
  --seed N             same seed, same day (default 1, or the scenario's)
  --start TIME         first moment, ISO 8601 or epoch ms (own center only)
  --duration MINUTES   how long (default 60; with --url and speed 1 until Ctrl-C)
  --speed N            1 to 3600 simulated seconds per real second
  --vehicles --bins --people --cameras --toilets --stations N   how many (default ${fullDistrict.vehicles}, ${fullDistrict.bins}, ${fullDistrict.people}, ${fullDistrict.cameras}, ${fullDistrict.toilets}, ${fullDistrict.stations})
  --waste F            how much fuller the bins get than on an ordinary day (default 1)
  --problems F         street problems per camera and day (default ${fullDistrict.problemsPerDay})

Recorded data
  --replay FILE        CSV, GeoJSON, NDJSON, or a folder of sample payloads with an index.json
  --map PAIRS          columns to metrics: kind=vehicle,id=vehicle_id,ts=time_utc,lat=lat,lon=lon,speedKmh=speed_raw*3.6
                       given again, each row makes one more reading
  --devices FILE       CSV of the devices, with --device-map PAIRS (id=…,lat=…,lon=…,name=…,attr.x=…)
  --until-now          with --url: move the recorded times so that the playing ends now (a running center refuses old news)
  --zone ZONE          zone of times without one, e.g. Europe/London (default UTC); a date alone means noon there

Examples
  npm run simulate -- --scenario evening-peak --check
  npm run simulate -- --url mqtt://127.0.0.1:1883 --token kt_… --vehicles 10 --bins 60 --people 20 --cameras 10
  npm run simulate -- --replay positions.csv --map kind=vehicle,id=vehicle_id,ts=time_utc,lat=lat,lon=lon,speedKmh=speed_raw*3.6,dialect=traccar
`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

const options = {
  url: text,
  api: text,
  token: text,
  username: text,
  password: text,
  scenario: text,
  check: flag,
  list: flag,
  seed: text,
  start: text,
  duration: text,
  speed: text,
  vehicles: text,
  bins: text,
  people: text,
  cameras: text,
  toilets: text,
  stations: text,
  waste: text,
  problems: text,
  replay: text,
  map: { type: "string", multiple: true },
  devices: text,
  "device-map": text,
  "until-now": flag,
  zone: text,
  help: { type: "boolean", short: "h" },
} as const;

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nnpm run simulate -- --help shows all options.`);
  }
}

function number(values: Values, name: keyof Values & string, low: number, high: number): number | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const value = Number(given);
  if (typeof given !== "string" || given.trim() === "" || !(value >= low && value <= high)) {
    throw new UsageError(`--${name} ${String(given)} must be a number from ${low} to ${high}`);
  }
  return value;
}

function count(
  values: Values,
  name: "vehicles" | "bins" | "people" | "cameras" | "toilets" | "stations",
  preset: number,
) {
  const value = number(values, name, 0, 1_000_000) ?? preset;
  if (!Number.isInteger(value)) throw new UsageError(`--${name} must be a whole number`);
  return value;
}

/** The options of `npm run simulate`, checked. */
export interface Options {
  readonly url: string | undefined;
  readonly api: string;
  readonly token: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly scenario: string | undefined;
  readonly check: boolean;
  readonly list: boolean;
  readonly help: boolean;
  readonly seed: number | undefined;
  readonly startAt: number | undefined;
  readonly durationMinutes: number | undefined;
  readonly speed: number | undefined;
  readonly population: Population;
  readonly replay: string | undefined;
  readonly map: readonly string[];
  readonly devices: string | undefined;
  readonly deviceMap: string | undefined;
  readonly zone: string;
  readonly untilNow: boolean;
}

/**
 * @param environment for ADMIN_TOKEN, so that the token need not stand in the shell's history
 * @throws UsageError that says what to do
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Options {
  const values = parse(args);
  const startAt = values.start === undefined ? undefined : parseInstant(values.start);
  if (Number.isNaN(startAt)) throw new UsageError(`--start ${values.start} is neither ISO 8601 nor epoch milliseconds`);
  if (values.url !== undefined && !/^(mqtts?|wss?):\/\//.test(values.url)) {
    throw new UsageError(`--url ${values.url} must look like mqtt://127.0.0.1:1883`);
  }
  if (values.check && values.scenario === undefined) {
    throw new UsageError("--check needs --scenario ID; --list shows the scenarios");
  }
  if (values.replay !== undefined && values.scenario !== undefined) {
    throw new UsageError("--replay and --scenario are two different things to play; choose one");
  }
  if (values["until-now"] && (values.url === undefined || values.replay === undefined)) {
    throw new UsageError(
      "--until-now belongs to --replay with --url; a center of its own starts its clock at the data",
    );
  }
  if ((values.username === undefined) !== (values.password === undefined)) {
    throw new UsageError("--username and --password belong together");
  }
  const token = values.token ?? environment.ADMIN_TOKEN;
  if (values.url !== undefined && token === undefined && values.username === undefined) {
    throw new UsageError("--url needs --token (to register the devices) or --username and --password of a gateway");
  }
  return {
    url: values.url,
    api: values.api ?? "http://127.0.0.1:8080",
    token,
    username: values.username,
    password: values.password,
    scenario: values.scenario,
    check: values.check ?? false,
    list: values.list ?? false,
    help: values.help ?? false,
    seed: number(values, "seed", 0, Number.MAX_SAFE_INTEGER),
    startAt,
    durationMinutes: number(values, "duration", 0.01, 10_000_000),
    speed: number(values, "speed", 1, 3_600),
    population: {
      ...fullDistrict,
      vehicles: count(values, "vehicles", fullDistrict.vehicles),
      bins: count(values, "bins", fullDistrict.bins),
      people: count(values, "people", fullDistrict.people),
      cameras: count(values, "cameras", fullDistrict.cameras),
      toilets: count(values, "toilets", fullDistrict.toilets),
      stations: count(values, "stations", fullDistrict.stations),
      wasteFactor: number(values, "waste", 0, 100) ?? fullDistrict.wasteFactor,
      problemsPerDay: number(values, "problems", 0, 1_000) ?? fullDistrict.problemsPerDay,
    },
    replay: values.replay,
    map: values.map ?? [],
    devices: values.devices,
    deviceMap: values["device-map"],
    zone: values.zone ?? "UTC",
    untilNow: values["until-now"] ?? false,
  };
}
