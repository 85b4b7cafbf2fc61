import { DAY, HOUR, type Millis } from "../domain/time.ts";
import type { DueFigures, Journal } from "../store/journal.ts";
import type { QuarantineEntry } from "../store/kept.ts";
import { decodeReadings } from "../store/readings.ts";
import type { DeliveryCounters, RefusedLine, Stuck } from "./delivery.ts";
import { type FigureParts, figureLines } from "./figures.ts";
import { alertLine, alertStepLine, createDeviceLines, type DeviceLines } from "./lines.ts";

/** How far InfluxDB is behind the journal, and why. */
export interface FollowerStatus {
  readonly stuck: (Stuck & { readonly since: Millis }) | null;
  /** When the center got the oldest reading that is not delivered yet; null when there is none. */
  readonly oldestAt: Millis | null;
  /** Entries of the log that are not delivered yet. */
  readonly entries: number;
  /** Days still to be told from chunks. */
  readonly rereading: boolean;
  readonly counters: DeliveryCounters;
}

export interface FollowerParts {
  readonly journal: Journal;
  readonly deliver: (lines: readonly string[]) => Promise<readonly RefusedLine[]>;
  readonly personal: boolean;
  readonly linesAtOnce: number;
  readonly figures: FigureParts;
  /** Figures change with nearly every commit: they are told at most this often. */
  readonly figuresEveryMs: Millis;
  readonly now: () => Millis;
}

const ALERTS_AT_ONCE = 500;
const DAYS_AT_ONCE = 32;
const FIGURES_AT_ONCE = 500;
const EVENTS_OF_A_DAY = 100_000;

/**
 * Copies the journal: new entries first, then alerts and figures, then days that the log has lost meanwhile. The position
 * moves only after the receiver has confirmed, so after a crash some points are sent again, which changes nothing (influx/lines.ts).
 */
export async function createFollower(parts: FollowerParts) {
  const { journal, deliver, personal, linesAtOnce, now } = parts;
  let { log, alertRev } = await journal.position();
  let lines: DeviceLines = createDeviceLines([], personal);
  let placesRevision = 0;
  let oldestAt: Millis | null = null;
  let entries = 0;
  let rereading = false;
  let figuresAt = Number.NEGATIVE_INFINITY;

  const quarantined = (refused: readonly RefusedLine[]): QuarantineEntry[] =>
    refused.map(({ line, reason }) => ({
      at: now(),
      reason: "influxRefused",
      detail: reason,
      topic: "influx",
      device: /,device=([^, ]+)/.exec(line)?.[1] ?? null,
      payload: Buffer.from(line).toString("base64"),
    }));

  const refreshPlaces = async (revision: number): Promise<void> => {
    if (revision === placesRevision) return;
    lines = createDeviceLines(await journal.places(), personal);
    placesRevision = revision;
  };

  const followLog = async (): Promise<boolean> => {
    const found = await journal.entries(log, linesAtOnce);
    await refreshPlaces(found.placesRevision);
    entries = found.newest - log;
    if (found.bodies.length === 0) {
      oldestAt = null;
      return false;
    }
    const batch: string[] = [];
    let first: Millis | null = null;
    for (const body of found.bodies) {
      decodeReadings(body, (reading) => {
        first ??= reading.receivedAt;
        lines.append(reading, batch);
      });
    }
    oldestAt = first;
    const refused = await deliver(batch);
    await journal.delivered({ log: found.upTo, refused: quarantined(refused) });
    log = found.upTo;
    entries = found.newest - log;
    if (entries === 0) oldestAt = null;
    return true;
  };

  const followAlerts = async (): Promise<boolean> => {
    const { alerts, timeline, upTo } = await journal.alertChanges(alertRev, ALERTS_AT_ONCE);
    if (alerts.length === 0) return false;
    const batch = alerts.map(alertLine);
    for (const { entry, number, alert } of timeline) batch.push(alertStepLine(entry, number, alert));
    const refused = await deliver(batch);
    await journal.delivered({ alertRev: upTo, refused: quarantined(refused) });
    alertRev = upTo;
    return true;
  };

  const followFigures = async (): Promise<boolean> => {
    if (now() - figuresAt < parts.figuresEveryMs) return false;
    const listed = await journal.figuresDue(now(), FIGURES_AT_ONCE);
    const due = hoursInARow(listed);
    // Told to the end; where everything is told anew (change 0), more is listed at once.
    if (due.length === listed.length && due.every(({ change }) => change > 0)) figuresAt = now();
    if (due.length === 0) return false;
    const refused = await deliver(await figureLines(due, journal, parts.figures));
    await journal.delivered({ figures: due, refused: quarantined(refused) });
    return true;
  };

  /** Days come from chunks and memory together, so they hold what the newest commit says. */
  const reread = async (): Promise<boolean> => {
    const days = await journal.missed(DAYS_AT_ONCE);
    rereading = days.length > 0;
    if (!rereading) return false;
    const batch: string[] = [];
    const done: (typeof days)[number][] = [];
    for (const missed of days) {
      done.push(missed);
      const { device, day } = missed;
      if (!lines.tells(device)) continue;
      const span = { from: day * DAY, to: (day + 1) * DAY };
      const numbers = await journal.readings({ devices: [device], ...span });
      if (numbers) {
        decodeReadings(numbers, (reading) => {
          if (!reading.event) lines.append(reading, batch);
        });
      }
      for (const event of await journal.events({ device, ...span, limit: EVENTS_OF_A_DAY })) {
        lines.appendEvent(event, batch);
      }
      if (batch.length >= linesAtOnce) break;
    }
    const refused = await deliver(batch);
    await journal.delivered({ missed: done, refused: quarantined(refused) });
    return true;
  };

  return {
    /** One round. Returns whether anything was there to do. */
    async round(): Promise<boolean> {
      const inLog = await followLog();
      const inAlerts = await followAlerts();
      const inFigures = await followFigures();
      // While the log is full of news, the past waits.
      const inPast = inLog && entries > 0 ? rereading : await reread();
      return inLog || inAlerts || inFigures || inPast;
    },

    /** Everything that was ever committed is told again. */
    async tellAnew(): Promise<void> {
      await journal.tellAnew();
      ({ log, alertRev } = await journal.position());
      rereading = true;
      figuresAt = Number.NEGATIVE_INFINITY;
    },

    /** Counts again what is not delivered, which grows while a delivery is stuck. */
    async recount(): Promise<void> {
      entries = Math.max(0, (await journal.newest()) - log);
    },

    get progress(): Pick<FollowerStatus, "oldestAt" | "entries" | "rereading"> {
      return { oldestAt, entries, rereading };
    },
  };
}

/** The first ones whose hours follow each other: figures are reckoned for one stretch of time. */
function hoursInARow(due: readonly DueFigures[]): readonly DueFigures[] {
  const gap = due.findIndex(({ hour }, i) => i > 0 && hour - (due[i - 1] as DueFigures).hour > HOUR);
  return gap < 0 ? due : due.slice(0, gap);
}
