import { ulid } from "ulid";
import { createDecoder, drivers } from "../../devices/index.ts";
import type { Alerting } from "../alerts/alerting.ts";
import { createAlerting } from "../alerts/engine.ts";
import type { Config } from "../config.ts";
import type { District } from "../district/district.ts";
import type { Alert } from "../domain/alert.ts";
import { createCalendar } from "../domain/calendar.ts";
import { type Clock, DAY, HOUR, MINUTE, type Millis, SECOND } from "../domain/time.ts";
import { createForecasts, type Forecasts } from "../forecast/keeper.ts";
import type { Inbox } from "../ingest/inbox.ts";
import { rebuildWhenNeeded } from "../kpi/rebuild.ts";
import { createOperations } from "../operations/engine.ts";
import type { Visit } from "../operations/visits.ts";
import type { Checkpoint, CommitBatch } from "../store/batch.ts";
import type { History } from "../store/history.ts";
import { createPictures } from "../store/pictures.ts";
import { type Store, StoreUnavailable } from "../store/store.ts";
import type { Center, Registry, Tokens } from "./access.ts";
import { createAutoRegister } from "./auto-register.ts";
import type { Changes } from "./changes.ts";
import { createFigures } from "./figures.ts";
import { createLoop, type LoopCounters } from "./loop.ts";
import { createMappingBook } from "./mapping-book.ts";
import { createPersonDoor, isAboutPerson, type Refusal } from "./person-door.ts";
import { createPipeline, type PipelineCounters } from "./pipeline.ts";
import { createQuarantine } from "./quarantine.ts";
import { createRegistry } from "./registry.ts";
import { restoreWorld } from "./restore-world.ts";
import { Revisions } from "./revisions.ts";
import { showLevels } from "./show-levels.ts";
import { createWalls } from "./walls.ts";
import { workLimits } from "./work-limits.ts";
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
  /** When something falls due next by itself. */
  readonly nextDueAt: Millis;
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
    plans: { metresFromWork: (...asked) => operations.metresFromWork(...asked) },
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
      if (!device) operations.deviceRemoved(id, changes);
    },
  });
  restoreWorld(world, registry.byNumber, restored.devices, store);

  const startedAt = clock.now();
  const operations = createOperations({
    documents: restored.documents,
    visits: restored.visits as unknown as readonly Visit[],
    calendar,
    geography: district,
    clock,
    device: registry.get,
    subject: (id) => world.subject(id),
    placeAt: (lat, lon) => district.current.placeAt(lat, lon, clock.now()),
    startedAt,
    firstRev: Date.now() * 1_000,
    limits: workLimits(config),
    figures: (...given) => kpis.replace(...given),
    counted: (...given) => kpis.add(...given),
    alerting: () => desk,
  });
  const { kpis, tiles } = createFigures({
    restored,
    calendar,
    startedAt,
    alerting: () => alerting,
    points: { late: config.CONTRACTOR_POINTS_LATE, rework: config.CONTRACTOR_POINTS_REWORK },
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
      errandsOf: (id) => desk.errandsOf(id),
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
    workforce: operations.workforce,
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
    operations,
    quarantine,
    autoRegister: config.AUTO_REGISTER ? createAutoRegister(registry) : null,
  });

  const forecasts = createForecasts({
    history: store,
    historyMs: config.FORECAST_HISTORY_DAYS * DAY,
    pointsAtOnce: config.HISTORY_POINTS,
    offsetAt: (at) => calendar.offsetMs(at),
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
      work: changes.work,
      checkpoint,
    };
  };

  const nextDueAt = (): Millis => {
    return Math.min(
      operations.nextDueAt ?? Number.POSITIVE_INFINITY,
      desk.nextDueAt ?? Number.POSITIVE_INFINITY,
      kpis.nextDueAt,
    );
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
      operations.tick(now, changes);
      desk.tick(now, changes);
      kpis.tick(now, changes);
    },
    nextDueAt,
    complete,
    commit: (batch) => store.commit(batch),
    committed(changes) {
      for (const alert of [...changes.alerts.values()].sort((a, b) => a.rev - b.rev)) {
        if (alert.archivedAt === null) alerts.put(alert);
        else alerts.remove(alert.id, alert.rev);
      }
      operations.committed();
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
    get nextDueAt() {
      return nextDueAt();
    },
    onCommand: (listener) => commandListeners.push(listener),
    operate: loop.operate,
    idle: loop.idle,
    stop: loop.stop,
  };
}
