import type { Center } from "../center/access.ts";
import { Revisions } from "../center/revisions.ts";
import { defaultWorldLimits, World } from "../center/world.ts";
import { type Alert, finalStates } from "../domain/alert.ts";
import type { Level } from "../domain/levels.ts";
import type { Clock, Millis } from "../domain/time.ts";
import type { AlertVersion, Reading } from "../store/kept.ts";
import type { Happening } from "./past.ts";

/** Repetitions were dropped when the readings came: nothing needs to be remembered for that. */
const LIMITS = { ...defaultWorldLimits, recentKeys: 1 };

/**
 * The district at a moment of the past, put together from what happened until then. To screens it is a center like the real
 * one, whose time stands where the replay stands.
 */
export class Scene {
  /** What the stream asks of a center, answered from the past. */
  readonly center: Center;
  readonly #registry: Center["registry"];
  readonly #world: World;
  readonly #alerts = new Revisions<Alert>(0);
  readonly #standing = new Map<string, Map<string, Level>>();
  readonly #settled: (() => void)[] = [];
  #readings = 0;
  #now: Millis;

  constructor(center: Center, at: Millis, firstRev: number) {
    this.#now = at;
    this.#registry = center.registry;
    this.#world = new World({ current: center.geography }, firstRev, LIMITS);
    for (const device of center.registry.all()) this.#world.deviceChanged(device.id, device);
    const clock: Clock = { now: () => this.#now, delayUntil: () => Number.POSITIVE_INFINITY };
    this.center = Object.create(center, {
      clock: { value: clock },
      alerts: { value: this.#alerts },
      subjects: { value: this.#world.subjects },
      settled: { value: true },
      health: { value: { storeFailing: null, queued: 0 } },
      onSettled: { value: (listener: () => void) => this.#settled.push(listener) },
    }) as Center;
  }

  get now(): Millis {
    return this.#now;
  }

  /** What stood at the beginning. */
  begin(alerts: readonly Alert[], readings: readonly Reading[]): void {
    for (const alert of alerts) this.#put(alert);
    for (const reading of readings) this.#said(reading);
  }

  happen(happening: Happening): void {
    if ("reading" in happening) this.#said(happening.reading);
    else this.#changed(happening.version);
  }

  /** Time goes on to here: screens are told what happened. */
  show(now: Millis): void {
    this.#now = now;
    for (const listener of this.#settled) listener();
  }

  #said(reading: Reading): void {
    const device = this.#registry.byNumber(reading.device);
    if (device) this.#world.replay(device, { ...reading, key: ++this.#readings });
  }

  #changed({ alertId, fields }: AlertVersion): void {
    const known = this.#alerts.get(alertId);
    // An alert that was archived before the beginning does not come back by a late word about it.
    if (!known && fields.id === undefined) return;
    this.#put({ ...known, ...fields } as Alert);
  }

  #put(alert: Alert): void {
    if (alert.archivedAt === null) this.#alerts.put(alert);
    else this.#alerts.remove(alert.id, alert.rev);
    const levels = this.#standing.get(alert.subject.id) ?? new Map<string, Level>();
    if (finalStates.has(alert.state) || alert.clearedAt !== null) levels.delete(alert.id);
    else levels.set(alert.id, alert.level);
    this.#standing.set(alert.subject.id, levels);
    const subject = this.#world.subject(alert.subject.id);
    const level = levels.size > 0 ? (Math.min(...levels.values()) as Level) : null;
    if (!subject || subject.level === level) return;
    subject.level = level;
    this.#world.touch(subject);
  }
}
