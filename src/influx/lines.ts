import type { Alert, TimelineEntry } from "../domain/alert.ts";
import { type Kind, kinds } from "../domain/kinds.ts";
import type { MetricName } from "../domain/metrics.ts";
import { HOUR, type Millis } from "../domain/time.ts";
import type { KpiAnswer } from "../kpi/answer.ts";
import type { DevicePlace } from "../store/journal.ts";
import type { Reading } from "../store/kept.ts";

/**
 * The journal in line protocol (docs/protocol.md, "InfluxDB"). Every point is a function of what is committed: the same
 * reading gives the same series and the same time, so sending it twice changes nothing.
 *
 * | measurement | tags | fields | time |
 * | --- | --- | --- | --- |
 * | the device's kind | community, device, grid, number | one per metric, float | event time |
 * | `event` | device, kind, number, type | `body` (JSON), `code`, `key` | event time, below the millisecond the key |
 * | `alert` | community, grid, kind, rule | how it stands now | opening, below the millisecond a hash of its id |
 * | `alertStep` | action, kind, rule | alert, actor, states, level | its time, below the millisecond its revision |
 * | `kpi` | community, figure | value, numerator, denominator, p50, p90 | begin of its hour |
 *
 * Tags are identity and place only, so there are as many series as devices and rules, whatever happens to them.
 */

/** Nanoseconds below the millisecond tell apart what happened in the same one. */
const BELOW_A_MILLISECOND = 1_000_000;
/** InfluxDB refuses longer strings (64 KiB); details go first. */
const LONGEST_BODY = 60_000;

/** Escapes a tag's value or a measurement: commas, equal signs and spaces; line ends cannot stand in one. */
export function escapeTag(text: string): string {
  return text
    .replace(/[\r\n]+/g, " ")
    .replace(/\\+$/, "")
    .replace(/[,= ]/g, "\\$&");
}

/** A string field with its quotes. */
export function escapeString(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

const tags = (given: Readonly<Record<string, string | null>>): string =>
  Object.entries(given)
    .filter((pair): pair is [string, string] => pair[1] !== null && pair[1] !== "")
    .map(([name, value]) => `,${name}=${escapeTag(value)}`)
    .join("");

const nanoseconds = (at: Millis, below = 0): string =>
  at === 0 ? String(below) : `${at}${String(below % BELOW_A_MILLISECOND).padStart(6, "0")}`;

/** Fields of one point; what is null is left out. Numbers are floats, so that a field never changes its type. */
function fields(given: Readonly<Record<string, number | string | boolean | null>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue;
    parts.push(`${name}=${typeof value === "string" ? escapeString(value) : value}`);
  }
  return parts.join(",");
}

export interface DeviceLines {
  /** Appends what a reading says: a point of its numbers, a point of its event. */
  append(reading: Reading, lines: string[]): void;
  /** Appends a point of its event alone, which carries the whole reading. */
  appendEvent(reading: Reading, lines: string[]): void;
  /** Whether readings of this device are told at all. */
  tells(device: number): boolean;
}

interface Known extends DevicePlace {
  /** Measurement and tags, ready to be continued. */
  readonly series: string;
  readonly eventSeries: string;
}

/**
 * Lines of readings. A reading is told under the place its device had at its time: a device that moves on keeps its past.
 * @param personal whether readings of devices that people carry leave the journal too
 */
export function createDeviceLines(places: readonly DevicePlace[], personal: boolean): DeviceLines {
  const known = new Map<number, Known[]>();
  for (const place of places) {
    const number = String(place.device);
    const { id: device, kind, communityId: community, gridId: grid } = place;
    const own: Known = {
      ...place,
      series: `${kind}${tags({ community, device, grid, number })} `,
      eventSeries: `event${tags({ device, kind, number })}`,
    };
    const earlier = known.get(place.device);
    if (earlier) earlier.push(own);
    else known.set(place.device, [own]);
  }
  /** Places stand in order of time; nearly every device has one. */
  const at = (device: number, time: Millis): Known => {
    const own = known.get(device);
    if (!own) return gone(device);
    let found = own[0] as Known;
    for (const place of own) if (place.since <= time) found = place;
    return found;
  };
  const tells = (device: number): boolean => personal || !isPersonal(known.get(device)?.[0]?.kind);

  return {
    tells,
    append(reading, lines) {
      if (!tells(reading.device)) return;
      const place = at(reading.device, reading.at);
      let text = "";
      for (const name in reading.metrics) {
        const value = reading.metrics[name as MetricName];
        if (value !== undefined && Number.isFinite(value)) text += `${text === "" ? "" : ","}${name}=${value}`;
      }
      if (text !== "") lines.push(`${place.series}${text} ${nanoseconds(reading.at)}`);
      if (reading.event) lines.push(eventLine(place.eventSeries, reading));
    },
    appendEvent(reading, lines) {
      if (tells(reading.device)) lines.push(eventLine(at(reading.device, reading.at).eventSeries, reading));
    },
  };
}

function eventLine(series: string, reading: Reading): string {
  const { event, key, at } = reading;
  if (!event) return "";
  let body = JSON.stringify(reading);
  if (body.length > LONGEST_BODY) {
    const { details: _dropped, ...rest } = event as typeof event & { details?: unknown };
    body = JSON.stringify({ ...reading, event: rest });
  }
  const code = event.type === "detection" ? event.category : event.type === "presence" ? null : event.code;
  return `${series}${tags({ type: event.type })} ${fields({ body, code, key })} ${nanoseconds(at, key)}`;
}

const isPersonal = (kind: Kind | undefined): boolean => kind !== undefined && kinds[kind].personal;

/** A device that was removed before places were remembered: its number is all that is known. */
function gone(device: number): Known {
  const number = tags({ number: String(device) });
  return {
    device,
    since: 0,
    id: "",
    kind: "gateway",
    communityId: null,
    gridId: null,
    series: `removedDevice${number} `,
    eventSeries: `event${number}`,
  };
}

/** FNV-1a over the characters: spreads ids over the million nanoseconds of a millisecond. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return sum;
}

/** An alert as it stands now: its one point is written again at every change. */
export function alertLine(alert: Alert): string {
  const { place, subject, openedAt, closedAt, id } = alert;
  const series = `alert${tags({
    community: place?.communityId ?? null,
    grid: place?.gridId ?? null,
    kind: subject.kind,
    rule: alert.ruleId,
  })}`;
  const text = fields({
    id,
    subject: subject.id,
    subtype: alert.subtype,
    state: alert.state,
    level: alert.level,
    open: closedAt === null ? 1 : 0,
    closedAfterHours: closedAt === null ? null : (closedAt - openedAt) / HOUR,
    knownAfterSeconds: (alert.knownAt - openedAt) / 1_000,
    count: alert.count,
    reopenCount: alert.reopenCount,
    confirmed: alert.confirmed,
    late: alert.late,
  });
  return `${series} ${text} ${nanoseconds(openedAt, hash(id))}`;
}

/** One step of an alert's life. Steps of one revision are told apart by their number. */
export function alertStepLine(entry: TimelineEntry, number: number, alert: Alert): string {
  const series = `alertStep${tags({ action: entry.action, kind: alert.subject.kind, rule: alert.ruleId })}`;
  const text = fields({
    alert: entry.alertId,
    actor: entry.actor,
    from: entry.fromState,
    to: entry.toState,
    level: alert.level,
    number,
  });
  return `${series} ${text} ${nanoseconds(entry.at, entry.rev * 8 + number)}`;
}

/** A figure of one hour, of a community or (empty) of the whole district; empty when there is nothing to tell. */
export function kpiLine(
  id: string,
  community: string,
  hour: Millis,
  { value, numerator, denominator, p50 = null, p90 = null }: Omit<KpiAnswer, "id" | "from" | "to" | "group">,
): string {
  const text = fields({ value, numerator, denominator, p50, p90 });
  return text === "" ? "" : `kpi${tags({ community, figure: id })} ${text} ${nanoseconds(hour)}`;
}
