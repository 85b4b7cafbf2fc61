import { ulid } from "ulid";
import { createDecoder, drivers } from "../../devices/index.ts";
import type { Alerting } from "../alerts/alerting.ts";
import { createAlerting } from "../alerts/engine.ts";
import type { Config } from "../config.ts";
import type { District } from "../district/district.ts";
import type { Alert } from "../domain/alert.ts";
import { createCalendar } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import { type Clock, DAY, HOUR, MINUTE, type Millis, SECOND } from "../domain/time.ts";
import { createForecasts, type Forecasts } from "../forecast/keeper.ts";
import type { Inbox } from "../ingest/inbox.ts";
import { rebuildWhenNeeded } from "../kpi/rebuild.ts";
import { createOperations } from "../operations/engine.ts";
import { createPictures } from "../store/pictures.ts";
import { decodeReadings } from "../store/readings.ts";
import { type Checkpoint, type CommitBatch, type History, type Store, StoreUnavailable } from "../store/store.ts";
import type { Center, Registry, Tokens } from "./access.ts";
import { createAutoRegister } from "./auto-register.ts";
import type { Changes } from "./changes.ts";
import { createFigures } from "./figures.ts";
import { createLoop, type LoopCounters } from "./loop.ts";
import { createMappingBook } from "./mapping-book.ts";
import { createPersonDoor, isAboutPerson, noPlans, type Refusal } from "./person-door.ts";
import { createPipeline, type PipelineCounters } from "./pipeline.ts";
import { createQuarantine } from "./quarantine.ts";
import { createRegistry } from "./registry.ts";
import { Revisions } from "./revisions.ts";
import { createWalls } from "./walls.ts";
import { defaultWorldLimits, World } from "./world.ts";

export interface CenterParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly store: Store;
  /** Answers questions about the past instead of the store; given the kinds of devices by number. */
  readonly history?: (registry: Registry) => History;
  readonly tokens: Tokens & { committed(): void };
  readonly district: District;
  readonly pepper: Uint8Array;
  /** Our own bug: log it and end the process; a supervisor starts it again. */
  readonly fatal: (error: unknown) => void;
}

export interface CenterCounters {
  readonly loop: LoopCounters;
  readonly pipeline: PipelineCounters;
  /** Refused messages by reason. */
  readonly quarantined: ReadonlyMap<string, number>;
  /** Observations of people that were not kept, by reason. */
  readonly refusedOfPeople: ReadonlyMap<Refusal, number>;
}

/** The center with what only its own wiring may touch. */
export interface RunningCore extends Center {
  readonly inbox: Inbox;
  readonly counters: CenterCounters;
  readonly forecasts: Forecasts;
  /** Reckons figures anew where they have to be, and reads what today has brought so far. Once, before the doors open. */
  startFigures(): Promise<void>;
  idle(): Promise<void>;
  stop(): void;
}

/** Brings the district back from the store and starts its loop. */
export function createCenter({
  config,
  clock,
  store,
  history,
  tokens,
  district,
  pepper,
  fatal,
}: CenterParts): RunningCore {
  const { restored } = store;
  // Revisions of subjects live as long as the process; the start time keeps those of an earlier one below.
  let alerting: Alerting | undefined;
  const door = createPersonDoor({
    plans: noPlans,
    geography: district,
    marginM: config.PERSON_MARGIN_M,
    keptMs: config.RETENTION_PERSON_TRACKS_DAYS * DAY,
    followsUnplanned: config.FOLLOW_UNPLANNED,
    callsForHelp: (id) => alerting?.worstLevelOf(id) === 1,
  });
  const limits = {
    ...defaultWorldLimits,
    pastMs: config.DEVICE_PAST_DAYS * DAY,
    futureMs: config.DEVICE_FUTURE_SECONDS * SECOND,
  };
  const world = new World(district, Date.now() * 1_000, limits, door);
  const calendar = createCalendar({ timeZone: config.TIME_ZONE, dayStartsMinutes: config.SANITATION_DAY_STARTS });
  const registry = createRegistry({
    restored,
    geography: district,
    pepper,
    changed(id, device, now, changes) {
      const subject = world.subject(id);
      world.deviceChanged(id, device);
      if (!device && subject) kpis.presence(subject, null, now, changes);
      alerting?.deviceChanged(id, device, now, changes);
    },
  });
  restoreWorld(world, registry.byNumber, restored.devices, store);

  const operations = createOperations({
    documents: restored.documents,
    calendar,
    geography: district,
    clock,
    device: registry.get,
  });
  const startedAt = clock.now();
  const { kpis, tiles } = createFigures({
    restored,
    calendar,
    startedAt,
    alerting: () => alerting,
    registry,
    operations,
    district,
    subjects: () => world.subjects.values(),
    clock,
  });
  alerting = createAlerting({
    presence: kpis.presence,
    district: {
      calendar,
      subject: (id) => world.subject(id),
      subjects: () => world.subjects.values(),
      get geography() {
        return district.current;
      },
    },
    restored,
    settings: {
      archiveAfterMs: config.ALERT_ARCHIVE_HOURS * HOUR,
      attention: {
        nightHours: config.NIGHT_HOURS,
        perHour: config.DISPATCHER_DESKS * config.DISPATCHER_ALERTS_PER_HOUR,
      },
      dispatch: { offerMs: config.OFFER_SECONDS * SECOND, crewsAsked: config.OFFER_CREWS },
      undoMs: config.UNDO_SECONDS * SECOND,
      hours: { dutyHours: config.DUTY_HOURS, workingHours: config.WORKING_HOURS },
    },
    startedAt,
    newId: () => ulid(clock.now()),
  });
  const desk: Alerting = alerting;
  for (const subject of [...world.subjects.values()]) subject.level = desk.worstLevelOf(subject.id);

  const walls = createWalls({ documents: restored.documents, token: tokens.get, firstRev: Date.now() * 1_000 });

  const alerts = new Revisions<Alert>(restored.alertRev);
  for (const alert of [...restored.alerts].sort((a, b) => a.rev - b.rev)) alerts.put(alert);

  const quarantine = createQuarantine(config.QUARANTINE_PER_CAUSE_PER_MINUTE, (message) =>
    isAboutPerson(message, registry),
  );
  const decoder = createDecoder(
    { jsonDepth: config.JSON_DEPTH, jsonKeys: config.JSON_KEYS, jsonStringBytes: config.JSON_STRING_BYTES },
    (at) => calendar.offsetMs(at) / MINUTE,
  );
  const mappings = createMappingBook({
    documents: restored.documents,
    drivers,
    limits: { mappings: config.MAPPINGS, versions: config.MAPPING_VERSIONS },
    changed: decoder.useMappings,
  });
  const pipeline = createPipeline({
    decoder,
    registry,
    world,
    alerting: desk,
    kpis,
    quarantine,
    autoRegister: config.AUTO_REGISTER ? createAutoRegister(registry) : null,
  });

  const forecasts = createForecasts({
    history: store,
    historyMs: config.FORECAST_HISTORY_DAYS * DAY,
    pointsAtOnce: config.HISTORY_POINTS,
  });
  registry.onChange((id, device) => {
    if (!device) forecasts.forget(id);
  });
  forecasts
    .load(
      [...registry.all()].filter(({ kind }) => kind === "bin"),
      clock.now(),
    )
    .catch(fatal);

  const commandListeners: Parameters<Center["onCommand"]>[0][] = [];
  let nextCheckpointAt = performance.now() + config.CHECKPOINT_SECONDS * SECOND;
  const complete = (changes: Changes, now: Millis): CommitBatch => {
    showLevels(world, desk, changes);
    let checkpoint: Checkpoint | null = null;
    if (performance.now() >= nextCheckpointAt) {
      checkpoint = world.takeCheckpoint();
      if (checkpoint.completes) nextCheckpointAt = performance.now() + config.CHECKPOINT_SECONDS * SECOND;
    }
    return {
      at: now,
      readingCount: changes.readings.count,
      hasEvents: changes.readings.hasEvents,
      readings: changes.readings.finish(),
      devices: Array.from(changes.devices, ([id, device]) => ({ id, device })),
      alerts: [...changes.alerts.values()],
      timeline: changes.timeline,
      ruleStates: [...changes.ruleStates.values()],
      tokens: Array.from(changes.tokens, ([id, token]) => ({ id, token })),
      audit: changes.audit,
      quarantine: changes.quarantine,
      answers: changes.answers,
      documents: [...changes.documents.values()],
      district: changes.district,
      reports: changes.reports,
      kpi: kpis.complete(changes),
      checkpoint,
    };
  };

  const loop = createLoop({
    clock,
    limits: {
      waitMs: config.INGEST_BATCH_WAIT_MS,
      batchMessages: config.INGEST_BATCH_MAX,
      queueMessages: config.INGEST_QUEUE_MESSAGES,
      queueBytes: config.INGEST_QUEUE_BYTES,
    },
    apply: pipeline.apply,
    tick(now, changes) {
      desk.tick(now, changes);
      kpis.tick(now, changes);
    },
    nextDueAt: () => Math.min(desk.nextDueAt ?? Number.POSITIVE_INFINITY, kpis.nextDueAt),
    complete,
    commit: (batch) => store.commit(batch),
    committed(changes) {
      for (const alert of [...changes.alerts.values()].sort((a, b) => a.rev - b.rev)) {
        if (alert.archivedAt === null) alerts.put(alert);
        else alerts.remove(alert.id, alert.rev);
      }
      registry.committed(changes);
      tiles.committed(changes, changes.kpi?.finish() ?? null, clock.now());
      tokens.committed();
      for (const { kind, deviceId, command } of changes.commands) {
        for (const listener of commandListeners) listener(kind, deviceId, command);
      }
      for (const { device, at, fillPct } of changes.levels) forecasts.see(device, at, fillPct);
    },
    mayHeal: (error) => error instanceof StoreUnavailable,
    fatal,
  });

  return {
    async startFigures() {
      await rebuildWhenNeeded({ store, kpis, operate: loop.operate });
      await tiles.load(store, alerts.values(), clock.now());
    },
    clock,
    store,
    history: history?.(registry) ?? store,
    registry,
    tokens,
    district,
    get geography() {
      return district.current;
    },
    calendar,
    alerting: desk,
    operations,
    kpis,
    tiles: tiles.tiles,
    pictures: createPictures(config.DATA_DIR),
    mappings,
    walls,
    forecasts,
    alerts,
    subjects: world.subjects,
    inbox: loop.inbox,
    counters: {
      loop: loop.counters,
      pipeline: pipeline.counters,
      quarantined: quarantine.counts,
      refusedOfPeople: door.counts,
    },
    get health() {
      return loop.health;
    },
    get settled() {
      return loop.settled;
    },
    onSettled: loop.onSettled,
    onCommand: (listener) => commandListeners.push(listener),
    operate: loop.operate,
    idle: loop.idle,
    stop: loop.stop,
  };
}

function restoreWorld(
  world: World,
  byNumber: (number: number) => Device | undefined,
  devices: readonly Device[],
  { restored }: Store,
): void {
  for (const device of devices) world.deviceChanged(device.id, device);
  for (const checkpoint of restored.subjects) {
    const device = byNumber(checkpoint.device);
    if (device) world.restore(device, checkpoint);
  }
  for (const batch of restored.tail) {
    decodeReadings(batch, (reading) => {
      const device = byNumber(reading.device);
      if (device) world.replay(device, reading);
    });
  }
}

/** A subject shows the worst open alert about it; alerts of this batch may have changed that. */
function showLevels(world: World, alerting: Alerting, changes: Changes): void {
  for (const alert of changes.alerts.values()) {
    const subject = world.subject(alert.subject.id);
    if (!subject) continue;
    const level = alerting.worstLevelOf(subject.id);
    if (level === subject.level) continue;
    subject.level = level;
    world.touch(subject);
  }
}
