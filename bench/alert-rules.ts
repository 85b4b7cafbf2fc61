import { SUSPECT_SUBTYPE } from "../src/alerts/denial.ts";
import type { Alert } from "../src/domain/alert.ts";
import { HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import { actorOf, openDesk } from "../test/support/alert-desk.ts";
import type { Month, ProblemClass } from "./alert-month.ts";
import type { Raised } from "./alert-score.ts";

const classOf: Readonly<Record<string, ProblemClass>> = {
  "bin.overflow": "overflow",
  "street.exposed_garbage": "garbage",
  "street.illegal_dumping": "dumping",
  "vehicle.overspeed": "overspeed",
  "device.offline": "offline",
};
const LOOKED_AT_MS = 20 * MINUTE;

function classify({ ruleId, subtype }: Alert): ProblemClass | undefined {
  if (ruleId === "device.fault") return subtype === "stuck" ? "stuck" : undefined;
  return classOf[ruleId];
}

/** The full catalogue looks at the month. A dispatcher rejects what cameras were wrong about and closes what is over. */
export function byCatalogue(month: Month): { raised: Raised[]; suspected: number; seconds: number } {
  const desk = openDesk({ startedAt: month.start });
  for (const { id, kind, place, attributes } of month.devices) desk.add(id, kind, place, attributes);
  const real = (alert: Alert) =>
    month.problems.some(
      ({ kind, devices, from, to }) =>
        kind === classify(alert) && devices.has(alert.subject.id) && from <= desk.now && to + HOUR >= alert.openedAt,
    );
  const found = new Map<string, Alert>();
  let lookAt = month.start;
  const started = performance.now();
  for (const { at, device, metrics, event } of month.sayings) {
    desk.wait(at - desk.now);
    desk.say(device, metrics, event);
    if (at < lookAt) continue;
    lookAt = at + 5 * MINUTE;
    for (const alert of [...desk.alerting.live()]) {
      found.set(alert.id, alert);
      if (alert.closedAt !== null || at - alert.openedAt < LOOKED_AT_MS) continue;
      if (alert.clearedAt !== null && at - alert.clearedAt >= LOOKED_AT_MS) {
        desk.alerting.act(alert.id, "close", {}, actorOf("manager"), at, desk.changes);
      } else if (!alert.confirmed && !real(alert)) {
        desk.alerting.act(alert.id, "reject", { note: "nothing there" }, actorOf("manager"), at, desk.changes);
      }
    }
  }
  for (const alert of desk.changes.alerts.values()) found.set(alert.id, alert);
  const raised: Raised[] = [];
  const suspected = [...found.values()].filter(({ subtype }) => subtype === SUSPECT_SUBTYPE).length;
  for (const alert of found.values()) {
    const kind = classify(alert);
    // What was merged has become evidence of another alert: nobody had to look at it twice.
    if (!kind || alert.state === "merged") continue;
    raised.push({ kind, device: alert.subject.id, at: alert.knownAt, to: alert.clearedAt ?? alert.closedAt });
  }
  return { raised, suspected, seconds: (performance.now() - started) / 1_000 };
}

const RAISE_PCT = 90;
const SURE = 0.75;
const ROAD_LIMIT_KMH = 60;
const SILENT_MS = 30 * MINUTE;

/** What a rule engine does out of the box: raise at or above a limit, clear below it, one alert for each source. */
export function byThreshold(month: Month): Raised[] {
  const open = new Map<string, { alert: Raised; index: number }>();
  const raised: Raised[] = [];
  const heardAt = new Map<string, Millis>();
  const judge = (kind: ProblemClass, device: string, at: Millis, holds: boolean) => {
    const key = `${kind} ${device}`;
    const standing = open.get(key);
    if (holds && !standing) {
      const alert = { kind, device, at, to: null };
      open.set(key, { alert, index: raised.push(alert) - 1 });
    } else if (!holds && standing) {
      raised[standing.index] = { ...standing.alert, to: at };
      open.delete(key);
    }
  };
  for (const { at, device, metrics, event } of month.sayings) {
    const last = heardAt.get(device);
    heardAt.set(device, at);
    if (last !== undefined && at - last > SILENT_MS && device.startsWith("bin")) {
      judge("offline", device, last + SILENT_MS, true);
      judge("offline", device, at, false);
    }
    if (metrics.fillPct !== undefined) judge("overflow", device, at, metrics.fillPct >= RAISE_PCT);
    if (metrics.speedKmh !== undefined) judge("overspeed", device, at, metrics.speedKmh > ROAD_LIMIT_KMH);
    if (event?.type !== "detection") continue;
    const sure = (event.confidence ?? 0) >= SURE;
    judge("garbage", device, at, sure && event.category === "exposedGarbage");
    judge("dumping", device, at, sure && event.category === "illegalDumping");
    judge("overflow", device, at, sure && event.category === "binOverflow");
  }
  return raised;
}
