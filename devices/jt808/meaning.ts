import type { MetricName } from "../../src/domain/metrics.ts";
import type { DeviceEvent, Observation, QualityFlag } from "../../src/domain/observation.ts";
import type { DecodeProblem } from "../driver.ts";
import { localTime } from "../local-time.ts";
import { checkMetrics, withFlag } from "../readings.ts";
import type { Jt808Location } from "./location.ts";
import type { DriverCard } from "./session.ts";

/** The standard says GMT+8. A terminal sold elsewhere says otherwise by its device's attribute `utcOffsetMinutes`. */
const STANDARD_OFFSET_MINUTES = 480;
const STATUS = { acc: 0, positioned: 1, south: 2, west: 3, altered: 5 } as const;
const METRICS: readonly MetricName[] = [
  ...["lat", "lon", "altM", "speedKmh", "headingDeg", "satellites", "acc", "odometerKm", "fuelL", "sos"],
] as MetricName[];

/** Names of the alarm bits (JT/T 808-2019, table "Alarm flags"; bits 15 to 17 are new in 2019). */
const alarmBits: readonly string[] = [
  ...["sos", "overspeed", "fatigue", "dangerWarning", "gnssFault", "gnssAntennaOpen", "gnssAntennaShort"],
  ...["mainPowerLow", "mainPowerOff", "displayFault", "voiceFault", "cameraFault", "icCardFault"],
  ...["overspeedWarning", "fatigueWarning", "violation", "tyrePressure", "blindSpot", "cumulativeDrivingTimeout"],
  ...["parkingTimeout", "areaCrossed", "routeCrossed", "segmentTime", "offRoute", "speedSensorFault"],
  ...["fuelAbnormal", "stolen", "illegalIgnition", "illegalMovement", "collision", "rollover", "illegalDoor"],
];

/** Active safety, items 64 (ahead of the vehicle) and 65 (the driver): the provincial standards and T/JSATL 12 agree on these. */
const safetyAlarms: Readonly<Record<string, readonly (string | undefined)[]>> = {
  "64": [
    undefined,
    "forwardCollision",
    "laneDeparture",
    "tooClose",
    "pedestrian",
    "laneChanges",
    "roadSign",
    "obstacle",
  ],
  "65": [undefined, "fatigue", "phone", "smoking", "distraction", "driverAbnormal"],
};
/** Bytes of such an item up to its level: alarm id, flag (2: it ended), type, level. */
const SAFETY_BYTES = 7;
const SAFETY_ENDED = 2;

const bit = (bits: number, index: number): boolean => ((bits >>> index) & 1) === 1;

/** The names of the alarms that hold. */
export const alarmsOf = (bits: number): readonly string[] =>
  bits === 0 ? NO_ALARMS : alarmBits.filter((_, index) => bit(bits, index));
const NO_ALARMS: readonly string[] = [];

/** Without leading zeros, so that 013812345678, 13812345678 and the 20 digits of 2019 are one terminal. */
export const jt808Alias = (phone: string): string => `jt808:${phone.replace(/^0+(?=.)/, "")}`;

export interface RecordContext {
  readonly alias: string;
  /** Terminal number as it was sent, where it was. */
  readonly phone?: string;
  readonly serial: number | null;
  /** Place in its batch: all records of a batch share the serial. */
  readonly index: number;
  readonly buffered: boolean;
  readonly quality?: readonly QualityFlag[];
}

/** What a location record says, whatever carried it. */
export function locationObservations(record: Jt808Location, context: RecordContext): Observation[] {
  const { status, items } = record;
  const { alias: device, phone, serial, index, buffered } = context;
  const altered = bit(status, STATUS.altered);
  const usable = bit(status, STATUS.positioned) && !altered;
  const checked = checkMetrics(
    {
      ...(usable && {
        lat: (record.latitude / 1e6) * (bit(status, STATUS.south) ? -1 : 1),
        lon: (record.longitude / 1e6) * (bit(status, STATUS.west) ? -1 : 1),
        altM: record.altitude,
        speedKmh: record.speed / 10,
        headingDeg: record.direction,
      }),
      // Terminals that do not count satellites send 0 along with a fix.
      ...(items.satellites !== undefined && (items.satellites > 0 || !usable) && { satellites: items.satellites }),
      acc: bit(status, STATUS.acc),
      sos: bit(record.alarm, 0),
      ...(items.mileage !== undefined && { odometerKm: items.mileage / 10 }),
      ...(items.fuel !== undefined && { fuelL: items.fuel / 10 }),
    },
    METRICS,
  );
  let quality = (context.quality ?? []).reduce(withFlag, checked.quality);
  if (altered) quality = withFlag(quality, "alteredFix");
  else if (!usable) quality = withFlag(quality, "staleFix");
  const time = localTime(record.time, STANDARD_OFFSET_MINUTES);
  if (time.at === null) quality = withFlag(quality, "clockDefault");
  const base: Observation = {
    device,
    ...time,
    metrics: checked.metrics,
    standing: alarmsOf(record.alarm),
    inputs: inputsOf(record),
    key: `${device} ${record.time} ${serial ?? ""} ${index}`,
    ...(buffered && { buffered: true }),
    ...(quality.length > 0 && { quality }),
    hints: { kind: "vehicle", ...(phone !== undefined && { phone }) },
  };
  const [first, ...more] = momentsOf(record);
  return [
    first ? { ...base, event: first } : base,
    ...more.map((event): Observation => ({ device, ...time, metrics: {}, event, hints: base.hints ?? {} })),
  ];
}

/**
 * Lines and vendor items as numbers: `load` (status bits 8, 9), `doors` (bit 0 is door 1), `signals` (item 25), `io` (2A),
 * `ad0`, `ad1` (2B), `item<id>` for what only the vendor knows.
 */
function inputsOf({ status, items }: Jt808Location): Record<string, number> {
  const inputs: Record<string, number> = { load: (status >>> 8) & 3, doors: (status >>> 13) & 31 };
  if (items.signals !== undefined) inputs.signals = items.signals;
  if (items.ioStatus !== undefined) inputs.io = items.ioStatus;
  if (items.analogue) [inputs.ad0, inputs.ad1] = items.analogue as [number, number];
  for (const id in items.other) {
    const hex = items.other[id] ?? "";
    if (hex.length > 0 && hex.length <= 8) inputs[`item${id}`] = Number.parseInt(hex, 16);
  }
  return inputs;
}

/** What happened in this very record: an area crossed, an active-safety alarm that began. */
function momentsOf({ items }: Jt808Location): DeviceEvent[] {
  const events: DeviceEvent[] = [];
  if (items.area) {
    const { type, id, direction } = items.area;
    const details = { fenceKey: id, areaType: type };
    events.push({ type: "geofence", code: direction === 0 ? "enter" : "leave", details });
  }
  for (const item in safetyAlarms) {
    const hex = items.other[item];
    if (hex === undefined) continue;
    const names = safetyAlarms[item] ?? [];
    const bytes = Buffer.from(hex, "hex");
    const code = names[bytes[5] ?? 0];
    if (bytes.length < SAFETY_BYTES || !code || bytes[4] === SAFETY_ENDED) continue;
    events.push({ type: "alarm", code, details: { alarmId: bytes.readUInt32BE(0), nativeLevel: bytes[6] ?? 0 } });
  }
  return events;
}

/** As many last digits of the certificate as tell two drivers of one vehicle apart; it is often a citizen's number. */
const CARD_ENDS = 4;

/** A driver's card put in or taken out. Who the driver is stays on the card: the name is not read on, the number cut. */
export function cardObservation(
  card: DriverCard,
  phone: string,
  serial: number,
  problems: DecodeProblem[],
): Observation {
  const device = jt808Alias(phone);
  const time = localTime(card.time, STANDARD_OFFSET_MINUTES);
  const { certificate, organisation, expires, result } = card;
  if (card.inserted && result !== 0)
    problems.push({ reason: "card", detail: `the card was not read: result ${result}` });
  const given = { cardEnds: certificate?.slice(-CARD_ENDS) ?? null, organisation, expires };
  const details = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== ""));
  const code = card.inserted ? (result === 0 ? "inserted" : "unreadable") : "removed";
  return {
    device,
    ...time,
    metrics: {},
    event: { type: "card", code, details },
    key: `${device} ${card.time} ${serial} card`,
    ...(time.at === null && { quality: ["clockDefault"] as const }),
    hints: { kind: "vehicle", phone },
  };
}

/** The terminal says that it leaves, or the door that the connection is gone. */
export function presenceObservation(phone: string, online: boolean): Observation {
  return {
    device: jt808Alias(phone),
    at: null,
    atSource: "receiveTime",
    metrics: {},
    event: { type: "presence", online },
    hints: { kind: "vehicle", phone },
  };
}
