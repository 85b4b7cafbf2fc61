import type { MetricName } from "../src/domain/metrics.ts";
import type { Observation } from "../src/domain/observation.ts";
import { jt808Alias } from "./jt808/meaning.ts";

/** What our side says about one expected key. Both sides are put into the same form before they are compared. */
export type Reader = (observation: Observation, expected: unknown) => unknown;

/** Keys that say nothing about an observation: remarks, echoes of the input, and what the center does not keep. */
export const NOT_COMPARED = new Set([
  ...["crs", "fPort", "bytes", "seq", "gatewayId", "gatewayAt", "messageCreatedAt", "delaySeconds", "application"],
  ...["effect", "dedupNote", "reasons", "nativeTime", "alarmBits", "statusBits", "priority", "io", "image"],
  ...["outOfService", "recorderSpeedKmh", "signalStrength", "overspeedAlarm", "segmentAlarm", "areaAlarm", "gsm"],
  ...["manufacturer", "command", "stateHex", "charging", "activity", "acceleration", "pressureRaw", "validSamples"],
  ...["rejectedEchoes", "encryptedByPlugin", "gnssSpeedKmh", "model", "malformedItem"],
]);

const eventField = (observation: Observation, name: string): unknown =>
  (observation.event as unknown as Record<string, unknown> | undefined)?.[name];
const detail = (observation: Observation, name: string): unknown =>
  (eventField(observation, "details") as Record<string, unknown> | undefined)?.[name];
const metric =
  (name: MetricName, factor = 1): Reader =>
  ({ metrics }) => {
    const value = metrics[name];
    return value === undefined ? null : value * factor;
  };
const flag =
  (name: MetricName): Reader =>
  ({ metrics }) =>
    metrics[name] === undefined ? null : metrics[name] === 1;
const detailed =
  (name: string): Reader =>
  (observation) =>
    detail(observation, name) ?? null;
const input =
  (name: string): Reader =>
  ({ inputs }) =>
    inputs?.[name] ?? null;
const hint =
  (name: string): Reader =>
  ({ hints }, expected) =>
    hints?.[name] === String(expected) ? expected : (hints?.[name] ?? null);
const csq: Reader = ({ metrics }) => (metrics.rssiDbm === undefined ? null : (metrics.rssiDbm + 113) / 2);

/** The shape of an observation that a kind of sample must become. */
const kinds: Readonly<Record<string, (observation: Observation) => boolean>> = {
  position: ({ event }) => event === undefined || event.type === "geofence",
  fill: ({ event }) => event === undefined || event.type === "alarm",
  geofence: ({ event }) => event?.type === "geofence",
  lifecycle: ({ event }) => event?.type === "lifecycle" || event?.type === "presence",
  status: ({ event }) => event?.type === "status",
  heartbeat: ({ event }) => event?.type === "status" && event.code === "heartbeat",
  flag: ({ event }) => event?.type === "attribute",
  alarm: ({ event }) => event?.type === "alarm",
  weighing: ({ event }) => event?.type === "card",
  vision: ({ event }) => event?.type === "detection",
  "vision-review": ({ event }) => event?.type === "attribute" && event.code === "review",
  "vision-attribute": ({ event }) => event?.type === "attribute" && event.code !== "review",
};

/** Whether an alias is that of a device as the recording names it: without our namespace, and without the channel. */
function names(alias: string, expected: string): boolean {
  const native = alias.slice(alias.indexOf(":") + 1).toLowerCase();
  const wanted = expected.toLowerCase().replace(/^owntracks\//, "");
  return native === wanted || native.startsWith(`${wanted}/`) || alias === jt808Alias(expected);
}

const whoseClock = (expected: unknown): string =>
  /^none/.test(String(expected))
    ? "receiveTime"
    : /^network server/.test(String(expected))
      ? "networkServer"
      : "device";

export const readers: Readonly<Record<string, Reader>> = {
  kind: (observation, expected) =>
    kinds[String(expected)]?.(observation) ? expected : (observation.event ?? "reading"),
  device: ({ device }, expected) => (names(device, String(expected)) ? expected : device),
  nativeDeviceId: ({ device, hints }, expected) =>
    device === `traccar:${expected}` || hints?.nativeId === String(expected) || device.startsWith("eui:")
      ? expected
      : device,
  camera: ({ device }) => device.replace(/^\w+:/, ""),
  channel: ({ device }, expected) => (device.split(/[:/]/).at(-1) === String(expected) ? expected : device),
  tid: ({ hints }) => hints?.tid,
  observedAt: ({ at }) => at,
  observedAtSource: ({ atSource }, expected) => (atSource === whoseClock(expected) ? expected : atSource),
  timeRejected: ({ at, quality }, expected) => (at === null && quality?.includes("clockDefault") ? expected : at),
  buffered: ({ buffered }) => buffered ?? false,
  checksumOk: ({ quality }) => !quality?.includes("crcFailed"),
  dedupKey: ({ key }) => key,
  trigger: (observation, expected) => {
    if (expected === "beacon")
      return detail(observation, "trigger") === "b" ? expected : detail(observation, "trigger");
    if (expected === "I") return observation.metrics.acc === 0 ? expected : observation.metrics.acc;
    return observation.key?.split(" ").at(-1);
  },
  state: ({ event }) =>
    event?.type === "presence" ? (event.online ? "online" : "offline") : event && "code" in event && event.code,
  event: (observation) => eventField(observation, "code"),
  valid: ({ metrics, quality }) => metrics.lat !== undefined && !quality?.includes("staleFix"),
  usable: ({ metrics }) => metrics.lat !== undefined,
  alarms: ({ standing = [], event }) => [...new Set([...standing, ...(event?.type === "alarm" ? [event.code] : [])])],
  mock: ({ quality }) => quality?.includes("mock") ?? false,
  sensorPresent: ({ metrics }) => metrics.tempC !== undefined,
  sensorError: ({ quality }, expected) => (quality?.includes("sensorError") ? expected : quality),
  interrupt: (observation) => (eventField(observation, "code") === "interrupt" ? 1 : 0),
  phase: (observation, expected) => {
    const phase = eventField(observation, "phase") ?? detail(observation, "phase");
    return expected === "active" && (phase === "start" || phase === "update") ? expected : phase;
  },
  // An event of a tracker is told by its alarm; that of a camera has an id.
  eventId: (observation, expected) =>
    typeof expected === "number" && observation.event?.type !== "detection"
      ? expected
      : (eventField(observation, "eventId") ?? detail(observation, "eventId")),
  label: (observation) => eventField(observation, "label"),
  score: (observation) => eventField(observation, "confidence") ?? detail(observation, "score"),
  imageUrl: (observation) => eventField(observation, "snapshotUrl"),
  bbox: ({ event }) => {
    if (event?.type !== "detection" || !event.bbox) return null;
    const [x, y, w, h] = event.bbox;
    return { x, y, w, h };
  },
  plate: (observation) => detail(observation, "plate") ?? detail(observation, "value"),
  lat: metric("lat"),
  lon: metric("lon"),
  altM: metric("altM"),
  accuracyM: metric("accuracyM"),
  speedKmh: metric("speedKmh"),
  headingDeg: metric("headingDeg"),
  satellites: metric("satellites"),
  batteryPct: metric("batteryPct"),
  batteryV: metric("batteryV"),
  batteryMv: metric("batteryV", 1_000),
  fillPct: metric("fillPct"),
  distanceMm: metric("distanceMm"),
  temperatureC: metric("tempC"),
  humidityPct: metric("humidityPct"),
  pressureHpa: metric("pressureHpa"),
  steps: metric("steps"),
  tilted: flag("tilted"),
  fireAlarm: flag("smoke"),
  ignition: flag("acc"),
  accOn: flag("acc"),
  moving: ({ inputs }) => inputs?.movement === 1,
  odometerKm: metric("odometerKm"),
  odometerM: metric("odometerKm", 1_000),
  externalPowerMv: metric("externalPowerV", 1_000),
  fuelL: metric("fuelL"),
  engineHours: metric("engineHours"),
  rssi: metric("rssiDbm"),
  snr: metric("snrDb"),
  csq,
  netKg: metric("weightKg"),
  grossKg: metric("grossKg"),
  tareKg: metric("tareKg"),
  loadState: input("load"),
  signalBits: input("signals"),
  ioBits: input("io"),
  ad0: input("ad0"),
  ad1: input("ad1"),
  manualAlarmEventId: input("item04"),
  vendorItems: ({ inputs }, expected) => {
    const items = expected as readonly { readonly id: string; readonly hex: string }[];
    // Longer ones are texts and lists that only the vendor can read.
    const kept = items.filter(({ hex }) => hex.length <= 8);
    const same = kept.every(({ id, hex }) => inputs?.[`item${id.slice(2)}`] === Number.parseInt(hex, 16));
    return same ? expected : inputs;
  },
  imsi: hint("imsi"),
  iccid: hint("iccid"),
  fullAt: ({ hints }) => Date.parse(hints?.fullAt ?? ""),
  ...Object.fromEntries(
    [
      ...["startedAt", "endedAt", "externalPower", "fenceName", "fenceKey", "linkMarginDb", "temperatureAlarm"],
      ...["distanceAlarm", "subLabel", "topScore", "bboxPx", "zones", "stationary", "hasSnapshot", "severity"],
      ...[
        "reviewId",
        "objects",
        "eventIds",
        "attribute",
        "value",
        "detector",
        "scenario",
        "source",
        "rule",
        "objectId",
      ],
      ...["objectType", "regions", "polygon", "count", "sensor", "threshold", "name", "labelText", "gbId", "cardId"],
      ...["binTag", "vehicle", "worker"],
    ].map((name) => [name, detailed(name)]),
  ),
};
