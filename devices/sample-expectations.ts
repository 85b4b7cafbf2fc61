import type { Metrics } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import type { Decoded } from "./index.ts";

/** What a recorded payload must decode to, in the words of the recording. */
export type Expected = { readonly [key: string]: unknown };

export interface Comparison {
  readonly compared: number;
  readonly differences: readonly string[];
  /** Keys that say nothing about an observation: remarks, echoes of the input, and what the center does not keep. */
  readonly notCompared: readonly string[];
}

/** What our side says about one expected key. Both sides are put into the same form before they are compared. */
type Reader = (observation: Observation, expected: unknown) => unknown;

const NOT_COMPARED = new Set([
  ...["crs", "fPort", "bytes", "seq", "gatewayId", "gatewayAt", "messageCreatedAt", "delaySeconds"],
  ...["effect", "dedupNote", "reasons"],
]);
const TOLERANCE_MS = 1;
/** A whole number in a recording still means that number and not its neighbourhood. */
const MOST_ROUNDING = 0.001;

const eventField = (observation: Observation, name: string): unknown =>
  (observation.event as unknown as Record<string, unknown> | undefined)?.[name];
const detail = (observation: Observation, name: string): unknown =>
  (eventField(observation, "details") as Record<string, unknown> | undefined)?.[name];
const metric =
  (name: keyof Metrics): Reader =>
  ({ metrics }) =>
    metrics[name] ?? null;
const flag =
  (name: keyof Metrics): Reader =>
  ({ metrics }) =>
    metrics[name] === undefined ? null : metrics[name] === 1;
const detailed =
  (name: string): Reader =>
  (observation) =>
    detail(observation, name) ?? null;

/** The shape of an observation that a kind of sample must become. */
const kinds: Readonly<Record<string, (observation: Observation) => boolean>> = {
  position: ({ event }) => event === undefined,
  fill: ({ event }) => event === undefined || event.type === "alarm",
  geofence: ({ event }) => event?.type === "geofence",
  lifecycle: ({ event }) => event?.type === "lifecycle",
  status: ({ event }) => event?.type === "status",
  vision: ({ event }) => event?.type === "detection",
  "vision-review": ({ event }) => event?.type === "attribute" && event.code === "review",
  "vision-attribute": ({ event }) => event?.type === "attribute" && event.code !== "review",
};

const NAMESPACES: readonly [RegExp, string][] = [
  [/^owntracks\//, "ot:"],
  [/^(?=[0-9a-f]{16}$)/, "eui:"],
  [/^(?=\d{15}$)/, "imei:"],
];
const aliasOf = (native: string): string => {
  const [pattern, namespace] = NAMESPACES.find(([candidate]) => candidate.test(native)) ?? [/^/, ""];
  return native.replace(pattern, namespace);
};

const readers: Readonly<Record<string, Reader>> = {
  kind: (observation, expected) =>
    kinds[String(expected)]?.(observation) ? expected : (observation.event ?? "reading"),
  device: ({ device }, expected) => (device === aliasOf(String(expected)) ? expected : device),
  nativeDeviceId: ({ device }, expected) => (device === `traccar:${expected}` ? expected : device),
  camera: ({ device }) => device.replace("frigate:", ""),
  tid: ({ hints }) => hints?.tid,
  observedAt: ({ at }) => at,
  observedAtSource: ({ atSource }, expected) =>
    atSource === "networkServer" && String(expected).startsWith("network server") ? expected : atSource,
  timeRejected: ({ at, quality }, expected) => (at === null && quality?.includes("clockDefault") ? expected : at),
  buffered: ({ buffered }) => buffered ?? false,
  dedupKey: ({ key }) => key,
  trigger: (observation, expected) => {
    if (expected === "beacon")
      return detail(observation, "trigger") === "b" ? expected : detail(observation, "trigger");
    if (expected === "I") return observation.metrics.acc === 0 ? expected : observation.metrics.acc;
    return observation.key?.split(" ").at(-1);
  },
  state: (observation) => eventField(observation, "code"),
  event: (observation) => eventField(observation, "code"),
  valid: ({ metrics, quality }) => metrics.lat !== undefined && !quality?.includes("staleFix"),
  sensorPresent: ({ metrics }) => metrics.tempC !== undefined,
  sensorError: ({ quality }, expected) => (quality?.includes("sensorError") ? expected : quality),
  interrupt: (observation) => (eventField(observation, "code") === "interrupt" ? 1 : 0),
  phase: (observation) => eventField(observation, "phase") ?? detail(observation, "phase"),
  eventId: (observation) => eventField(observation, "eventId") ?? detail(observation, "eventId"),
  label: (observation) => eventField(observation, "label"),
  score: (observation) => eventField(observation, "confidence") ?? detail(observation, "score"),
  plate: (observation) => detail(observation, "plate") ?? detail(observation, "value"),
  startedAt: detailed("startedAt"),
  endedAt: detailed("endedAt"),
  lat: metric("lat"),
  lon: metric("lon"),
  altM: metric("altM"),
  accuracyM: metric("accuracyM"),
  speedKmh: metric("speedKmh"),
  headingDeg: metric("headingDeg"),
  batteryPct: metric("batteryPct"),
  batteryV: metric("batteryV"),
  distanceMm: metric("distanceMm"),
  temperatureC: metric("tempC"),
  tilted: flag("tilted"),
  ignition: flag("acc"),
  odometerKm: metric("odometerKm"),
  engineHours: metric("engineHours"),
  rssi: metric("rssiDbm"),
  snr: metric("snrDb"),
  externalPower: detailed("externalPower"),
  ...Object.fromEntries(
    [
      "fenceName",
      "fenceKey",
      "linkMarginDb",
      "temperatureAlarm",
      "distanceAlarm",
      "subLabel",
      "topScore",
      "bboxPx",
    ].map((name) => [name, detailed(name)]),
  ),
  ...Object.fromEntries(
    ["zones", "stationary", "hasSnapshot", "severity", "reviewId", "objects", "eventIds", "attribute", "value"].map(
      (name) => [name, detailed(name)],
    ),
  ),
};

/** Parts of an expectation that only group their keys. */
const GROUPS = new Set(["fill", "link", "vehicle"]);

/** Compares what a payload should mean with what was decoded. A key nobody can map is a difference, never skipped silently. */
export function compare(expected: Expected | readonly Expected[], decoded: Decoded): Comparison {
  const differences: string[] = [];
  const notCompared = new Set<string>();
  let compared = 0;
  const differ = (key: string, wanted: unknown, found: unknown): void => {
    compared++;
    if (!same(wanted, found))
      differences.push(`${key}: ${JSON.stringify(wanted)} expected, ${JSON.stringify(found)} decoded`);
  };

  const compareOne = (wanted: Expected, observation: Observation, path: string): void => {
    for (const [key, value] of Object.entries(wanted)) {
      const name = path + key;
      if (NOT_COMPARED.has(key)) notCompared.add(key);
      else if (GROUPS.has(key)) compareOne(value as Expected, observation, `${name}.`);
      else if (key === "position" && value !== null) compareOne(value as Expected, observation, `${name}.`);
      else if (key === "position") differ(name, null, observation.metrics.lat ?? observation.metrics.lon ?? null);
      // The recording does not know under which name its device is registered.
      else if (key === "device" && value === null) notCompared.add(`${key} (where null)`);
      else if (readers[key]) differ(name, value, readers[key](observation, value));
      else differences.push(`${name}: nothing here knows what it means`);
    }
  };

  const list: readonly Expected[] = Array.isArray(expected) ? expected : expand(expected as Expected);
  const [first] = list;
  if (first?.accepted === false) {
    differ("accepted", false, !("refused" in decoded));
    for (const key of Object.keys(first)) if (key !== "accepted") notCompared.add(`${key} (of a refused payload)`);
  } else if ("refused" in decoded) {
    differences.push(`refused: ${decoded.refused.reason}, ${decoded.refused.detail}`);
  } else {
    differ("observations", list.length, decoded.observations.length);
    for (const [index, wanted] of list.entries()) {
      const observation = decoded.observations[index];
      if (observation) compareOne(wanted, observation, list.length > 1 ? `[${index}].` : "");
    }
  }
  return { compared, differences, notCompared: [...notCompared] };
}

/** A log of kept readings is several observations. */
const expand = ({ history, ...rest }: Expected): Expected[] =>
  Array.isArray(history) ? history.map((record: Expected) => ({ ...rest, ...record })) : [rest];

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function same(wanted: unknown, found: unknown): boolean {
  if (typeof wanted === "string" && ISO_TIME.test(wanted)) {
    return typeof found === "number" && Math.abs(Date.parse(wanted) - found) <= TOLERANCE_MS;
  }
  // A recording gives as many digits as it stands for.
  if (typeof wanted === "number" && typeof found === "number") {
    const digits = String(wanted).split(".")[1]?.length ?? 0;
    return Math.abs(wanted - found) <= Math.min(MOST_ROUNDING, 0.5001 * 10 ** -digits);
  }
  return JSON.stringify(wanted) === JSON.stringify(found ?? null);
}
