import type { LiveGeography } from "../district/geography.ts";
import type { Device } from "../domain/device.ts";
import { kinds } from "../domain/kinds.ts";
import type { MetricName } from "../domain/metrics.ts";
import type { Observation, QualityFlag } from "../domain/observation.ts";
import { distanceM } from "../domain/place.ts";
import { DAY, type Millis, SECOND } from "../domain/time.ts";
import type { Checkpoint, SubjectCheckpoint } from "../store/batch.ts";
import type { Reading } from "../store/kept.ts";
import type { Changes } from "./changes.ts";
import { ownMetrics, ownMoment } from "./own-facts.ts";
import { forgetWhereabouts, type PersonDoor } from "./person-door.ts";
import { RecentKeys } from "./recent-keys.ts";
import { Revisions } from "./revisions.ts";
import { keepStanding } from "./standing.ts";
import type { SeenObservation, Subject } from "./subject.ts";
import { zoneIsWrong } from "./zone-watch.ts";

export interface WorldLimits {
  readonly pastMs: Millis;
  readonly futureMs: Millis;
  readonly recentKeys: number;
}

export const defaultWorldLimits: WorldLimits = { pastMs: 7 * DAY, futureMs: 300 * SECOND, recentKeys: 512 };

/** A subject that is no further than this from where its place was looked up keeps it: jitter asks for no second look. */
const SAME_PLACE_M = 15;
/** The ground at an instant as one number: edition and epoch. */
const EPOCHS = 4_096;
/** A part of a checkpoint holds at least so many subjects, and a round has at most so many parts. */
const CHECKPOINT_SUBJECTS = 64;
const CHECKPOINT_PARTS = 200;

/**
 * The district as it is now: one subject per registered device.
 * Event time decides: an observation older than the newest one repairs the history and never moves the present.
 */
export class World {
  /** Subjects by revision of their last change. */
  readonly subjects: Revisions<Subject>;
  readonly #geography: LiveGeography;
  readonly #limits: WorldLimits;
  #rev: number;
  readonly #dirty = new Set<Subject>();
  /** Subjects the checkpoint round under way has still to take, and how many it took. */
  #round: Subject[] = [];
  #taken = 0;

  readonly #door: Pick<PersonDoor, "admit"> | null;

  /**
   * @param firstRev above every revision an earlier run of the process handed out, so that stale ones are recognised
   * @param door what of people may be kept; null where nothing new comes in
   */
  constructor(
    geography: LiveGeography,
    firstRev: number,
    limits: WorldLimits = defaultWorldLimits,
    door: Pick<PersonDoor, "admit"> | null = null,
  ) {
    this.#door = door;
    this.#geography = geography;
    this.#limits = limits;
    this.#rev = firstRev;
    this.subjects = new Revisions(firstRev);
  }

  subject(id: string): Subject | undefined {
    return this.subjects.get(id);
  }

  /** A device was registered, changed, or removed (null). */
  deviceChanged(id: string, device: Device | null): void {
    if (!device) {
      this.subjects.remove(id, ++this.#rev);
      return;
    }
    const subject = this.subjects.get(id) ?? newSubject(device, this.#limits.recentKeys);
    subject.device = device;
    if (!kinds[device.kind].mobile || subject.positionAt === null) subject.place = device.place;
    this.touch(subject);
  }

  /** Marks a subject as changed: screens get it with the next frame, the next checkpoint keeps it. */
  touch(subject: Subject): void {
    subject.rev = ++this.#rev;
    this.subjects.put(subject);
    this.#dirty.add(subject);
  }

  /**
   * Applies one observation of a known device. Returns null for a repetition of something already seen.
   * @param key 32-bit hash of the message key
   */
  apply(
    observation: Observation,
    device: Device,
    receivedAt: Millis,
    key: number,
    changes: Changes,
  ): SeenObservation | null {
    const subject = this.subjects.get(device.id);
    if (!subject) throw new Error(`device ${device.id} has no subject`);
    const { at, quality } = this.#judgeTime(observation, subject, receivedAt);
    // A message that is newer than everything known cannot be a repetition: only the others are looked up.
    const maybeRepeated = observation.at === null || (subject.at !== null && at <= subject.at);
    if (maybeRepeated && subject.recentKeys.has(key)) return null;
    const said = { metrics: ownMetrics(observation, device), event: observation.event };
    const { metrics, event, refused } = this.#door?.admit(subject, said, at, receivedAt) ?? { ...said, refused: null };
    const reading: Reading = {
      device: device.number,
      at,
      receivedAt,
      key,
      metrics,
      ...(event && { event }),
      ...(quality.length > 0 && { quality }),
    };
    // Of what was refused nothing is stored but what is not personal; that the badge is alive is remembered.
    if (!refused || event || Object.keys(metrics).length > 0) changes.readings.append(reading);
    const seen = this.#update(subject, reading);
    if (refused === "offDuty" && !seen.outOfOrder) forgetWhereabouts(subject);
    return seen;
  }

  /** Brings back a reading that was stored before; null when it is known already. */
  replay(device: Device, reading: Reading): SeenObservation | null {
    const subject = this.subjects.get(device.id);
    if (!subject || subject.recentKeys.has(reading.key)) return null;
    return this.#update(subject, reading);
  }

  /**
   * The next part of a checkpoint round: state of subjects that changed since they were last kept. A round goes over many
   * batches, so that 30,000 subjects never hold up the receipts; what changes behind its back is in the log since its start.
   */
  takeCheckpoint(): Checkpoint {
    const begins = this.#round.length === 0;
    if (begins) {
      this.#round = [...this.#dirty];
      this.#dirty.clear();
    }
    const part = Math.max(CHECKPOINT_SUBJECTS, Math.ceil((this.#round.length + this.#taken) / CHECKPOINT_PARTS));
    const subjects = this.#round.splice(-part).map(checkpointOf);
    this.#taken = this.#round.length === 0 ? 0 : this.#taken + subjects.length;
    return { begins, subjects, completes: this.#round.length === 0 };
  }

  restore(device: Device, checkpoint: SubjectCheckpoint): void {
    const subject = this.subjects.get(device.id);
    if (!subject) return;
    const { keys, ...state } = checkpoint.body as unknown as Pick<
      Subject,
      "at" | "receivedAt" | "metrics" | "positionAt" | "place" | "online" | "standing" | "kept"
    > & { keys: number[] };
    // A checkpoint of an earlier version knows no standing alarms, and keeps nothing for judgements.
    Object.assign(subject, { standing: [], kept: null }, state);
    for (const key of keys) subject.recentKeys.add(key);
    // What stands still is where it was registered; the ids of that place are as they were last found.
    const stands = !kinds[device.kind].mobile;
    const moved = subject.place?.lat !== device.place?.lat || subject.place?.lon !== device.place?.lon;
    if (stands && moved) subject.place = device.place;
  }

  #update(subject: Subject, reading: Reading): SeenObservation {
    const { at, receivedAt, metrics, event } = reading;
    const quality = reading.quality ?? NO_FLAGS;
    const kind = kinds[subject.device.kind];
    const suspect = quality.includes("clockPast");
    const outOfOrder = suspect || (subject.at !== null && at < subject.at);
    subject.recentKeys.add(reading.key);
    if (subject.receivedAt === null || receivedAt > subject.receivedAt) subject.receivedAt = receivedAt;
    if (event?.type === "presence") {
      if (!outOfOrder) subject.online = event.online;
    } else {
      subject.online = true;
      if (event && !outOfOrder) keepStanding(subject, event);
    }
    if (!outOfOrder) {
      subject.at = at;
      for (const name in metrics) {
        const value = metrics[name as MetricName];
        if (value !== undefined) subject.metrics[name as MetricName] = value;
      }
      if (kind.mobile && metrics.lat !== undefined && metrics.lon !== undefined) {
        subject.positionAt = at;
        this.#place(subject, { lat: metrics.lat, lon: metrics.lon }, at);
      } else if (subject.place && subject.placed?.ground !== this.#groundAt(at)) {
        this.#place(subject, null, at);
      }
    }
    this.touch(subject);
    return { subject, at, receivedAt, metrics, event, quality, outOfOrder, late: receivedAt - at > kind.latenessMs };
  }

  #groundAt(at: Millis): number {
    const { edition, epochAt } = this.#geography.current;
    return edition * EPOCHS + epochAt(at);
  }

  /** Looks a subject's place up on the ground of an event time. @param to null: it stands where it was registered */
  #place(subject: Subject, to: { lat: number; lon: number } | null, at: Millis): void {
    const { placed, place } = subject;
    const ground = this.#groundAt(at);
    if (to && place && placed?.ground === ground && distanceM(placed, to) < SAME_PLACE_M) {
      subject.place = { ...place, ...to };
      return;
    }
    const where = to ?? place;
    if (!where) return;
    const { current } = this.#geography;
    subject.place = to || !place ? current.placeAt(where.lat, where.lon, at) : current.settle(place, at);
    subject.placed = { lat: where.lat, lon: where.lon, ground };
  }

  #judgeTime(
    observation: Observation,
    subject: Subject,
    receivedAt: Millis,
  ): { at: Millis; quality: readonly QualityFlag[] } {
    const quality = observation.quality ?? NO_FLAGS;
    if (observation.at === null) return { at: receivedAt, quality };
    const at = ownMoment(observation, subject.device);
    if (at === null) return { at: receivedAt, quality: [...quality, "clockDefault"] };
    const live = observation.atSource === "device" && !observation.buffered;
    const zone = live && zoneIsWrong(subject.zone, at, receivedAt) ? CLOCK_ZONE : NO_FLAGS;
    if (at > receivedAt + this.#limits.futureMs)
      return { at: receivedAt, quality: [...quality, "clockFuture", ...zone] };
    // Kept as it is told, but it may not change the present: it could be a replay, or a clock that was never set.
    if (at < receivedAt - this.#limits.pastMs) return { at, quality: [...quality, "clockPast"] };
    return { at, quality: zone.length > 0 ? [...quality, ...zone] : quality };
  }
}

const NO_FLAGS: readonly QualityFlag[] = [];
const CLOCK_ZONE: readonly QualityFlag[] = ["clockZone"];

function checkpointOf({
  device,
  at,
  receivedAt,
  metrics,
  positionAt,
  place,
  online,
  standing,
  recentKeys,
  kept,
}: Subject): SubjectCheckpoint {
  const whereabouts = { positionAt, place: place && { ...place } };
  const body = {
    at,
    receivedAt,
    metrics: { ...metrics },
    ...whereabouts,
    online,
    standing,
    kept: structuredClone(kept),
  };
  return { device: device.number, body: { ...body, keys: recentKeys.toArray() } };
}

function newSubject(device: Device, recentKeys: number): Subject {
  return {
    id: device.id,
    device,
    rev: 0,
    at: null,
    receivedAt: null,
    metrics: {},
    positionAt: null,
    place: device.place,
    placed: null,
    online: null,
    level: null,
    standing: [],
    pastStanding: [],
    zone: { offsetMs: 0, times: 0, countedAt: 0 },
    recentKeys: new RecentKeys(recentKeys),
    notes: [],
    kept: null,
  };
}
