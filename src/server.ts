import type { AddressInfo } from "node:net";
import { type Logger, pino } from "pino";
import { dialectTopics } from "../devices/index.ts";
import { filterOf, withoutCovered } from "../devices/topics.ts";
import { loadPepper } from "./access/device-secrets.ts";
import { createTokens, ensureAdminToken } from "./access/tokens.ts";
import { influxHealth } from "./api/influx.ts";
import { createApi } from "./api/server.ts";
import type { Center, Registry } from "./center/access.ts";
import { createCenter, type RunningCore } from "./center/center.ts";
import { watchInflux } from "./center/influx-alerts.ts";
import { type Config, parseInstant } from "./config.ts";
import { createDistrict } from "./district/district.ts";
import { DELIVERED_DISTRICT, loadDistrict } from "./district/load.ts";
import type { Problem } from "./domain/problem.ts";
import { systemActor } from "./domain/roles.ts";
import { type Clock, DAY, HOUR, MINUTE, SECOND, scaledClock, systemClock } from "./domain/time.ts";
import { type FollowingOptions, startFollowing } from "./influx/following.ts";
import { createInfluxHistory } from "./influx/history.ts";
import { createEmbeddedBroker } from "./ingest/embedded-broker.ts";
import { connectExternalBroker } from "./ingest/external-broker.ts";
import { createHttpDoor } from "./ingest/http/http-door.ts";
import { openTcpDoors } from "./ingest/tcp/doors.ts";
import { parseHosts, reachListed } from "./outputs/guarded-request.ts";
import type { Broker } from "./outputs/mqtt-mirror.ts";
import { createOutputs } from "./outputs/outputs.ts";
import { createReplays } from "./replay/replays.ts";
import { createReports } from "./reports/keeper.ts";
import { createReportMail } from "./reports/mail.ts";
import { createRenderer } from "./reports/renderer.ts";
import { createSnapshots } from "./snapshots/snapshots.ts";
import { holdFolder } from "./store/folder-lock.ts";
import type { History } from "./store/history.ts";
import { openStore } from "./store/sqlite-store.ts";
import type { Store } from "./store/store.ts";
import { attachStream, newStreamCounters } from "./stream/websocket.ts";

const PICTURES_FORGOTTEN_EVERY_MS = 6 * HOUR;

export interface StartOptions {
  /** Instead of the one the settings describe: scenarios bring a ManualClock. */
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Called when the center cannot go on because of a bug of its own; the default ends the process. */
  readonly fatal?: (error: unknown) => void;
}

export interface RunningCenter extends AsyncDisposable {
  /** Base address of REST, stream and pages, e.g. `http://127.0.0.1:8080`. */
  readonly http: string;
  readonly mqtt: string | null;
  readonly mqtts: string | null;
  /** Doors for terminals and trackers over TCP, e.g. `tcp://127.0.0.1:8808`; null while they are closed. */
  readonly jt808: string | null;
  readonly teltonika: string | null;
  /** The administrator's token when this start made it; null when it was set or made before. */
  readonly adminToken: string | null;
  readonly center: RunningCore;
}

/**
 * Starts a whole center: store, loop, brokers, REST, stream.
 * @throws Error with a readable message when a port is taken, the store cannot be opened or the district cannot be read
 */
export async function startCenter(config: Config, options: StartOptions = {}): Promise<RunningCenter> {
  await using parts = new AsyncDisposableStack();
  const logger = options.logger ?? pino({ level: config.LOG_LEVEL });
  const clock = options.clock ?? clockOf(config);
  const fatal = options.fatal ?? ((error: unknown) => endProcess(logger, error));

  const file = loadDistrict(config.DISTRICT ?? DELIVERED_DISTRICT);
  parts.use(holdFolder(config.DATA_DIR));
  const store = parts.use(
    await openStore({
      directory: config.DATA_DIR,
      diskReserveBytes: config.DISK_RESERVE_BYTES,
      quarantineRows: config.QUARANTINE_ROWS,
      retention: {
        readingsMs: config.RETENTION_READINGS_DAYS * DAY,
        personTracksMs: config.RETENTION_PERSON_TRACKS_DAYS * DAY,
        minutesMs: config.RETENTION_5_MINUTES_DAYS * DAY,
        daysMs: config.RETENTION_DAILY_DAYS * DAY,
        alertsMs: config.RETENTION_ALERTS_DAYS * DAY,
        auditMs: config.RETENTION_AUDIT_DAYS * DAY,
        quarantineMs: config.RETENTION_QUARANTINE_DAYS * DAY,
        kpiMs: config.RETENTION_KPI_DAYS * DAY,
      },
      ...(config.INFLUX_URL && { follower: { backlogBytes: config.INFLUX_BACKLOG_BYTES } }),
    }),
  );
  const following = config.INFLUX_URL
    ? parts.use(
        startFollowing(store.door, followingOptions(config, config.INFLUX_URL), (error) =>
          logger.error({ err: error }, "the follower of InfluxDB stopped"),
        ),
      )
    : null;
  const district = createDistrict(store.restored.district);
  const tokens = createTokens(store.restored.tokens);
  const pepper = loadPepper(config.DATA_DIR);
  const center = createCenter({
    config,
    clock,
    store,
    ...(config.INFLUX_URL &&
      config.HISTORY_FROM === "influx" && { history: influxHistory(config, config.INFLUX_URL, store) }),
    tokens,
    district,
    pepper,
    fatal,
  });
  parts.defer(async () => {
    await center.idle();
    await center.forecasts.stop();
    center.stop();
  });
  await takeDistrictFile(center, file, config.DISTRICT !== undefined);
  await center.startFigures();
  if (following) {
    const lateMs = config.INFLUX_LATE_SECONDS * SECOND;
    const failed = (error: unknown) => logger.warn({ err: error }, "an alert about InfluxDB was not written");
    parts.defer(watchInflux({ following, center, lateMs, failed }));
  }
  const adminToken = await ensureAdminToken(center, config.ADMIN_TOKEN);

  const broker = await createEmbeddedBroker({ config, clock, registry: center.registry, inbox: center.inbox, logger });
  parts.defer(() => broker.close());
  const sendCommand = (send: typeof broker.publishCommand) =>
    center.onCommand((kind, deviceId, command) => {
      send(kind, deviceId, command).catch((error) => logger.warn({ err: error, deviceId }, "a command was not sent"));
    });
  sendCommand(broker.publishCommand);
  const forgetPictures = setInterval(() => {
    const before = clock.now() - config.RETENTION_PICTURES_DAYS * DAY;
    const kept = new Set([...center.registry.all()].map(({ attributes }) => attributes.referencePicture));
    center.pictures.forget(before, kept).catch((error) => logger.warn({ err: error }, "old pictures were not removed"));
  }, PICTURES_FORGOTTEN_EVERY_MS);
  parts.defer(() => clearInterval(forgetPictures));
  const snapshots = createSnapshots({
    center,
    reach: reachListed(parseHosts(config.SNAPSHOT_HOSTS), "SNAPSHOT_HOSTS"),
    limits: {
      atOnce: config.SNAPSHOTS_AT_ONCE,
      waiting: config.SNAPSHOTS_WAITING,
      everyMs: config.SNAPSHOT_EVERY_SECONDS * SECOND,
      timeoutMs: config.SNAPSHOT_TIMEOUT_SECONDS * SECOND,
      bytes: config.PICTURE_BYTES,
    },
    logger,
  });
  parts.defer(() => snapshots.close());
  const { registry, inbox } = center;
  const pushed = createHttpDoor({ config, clock, registry, inbox, logger, pepper });
  const tcpDoors = await openTcpDoors({ config, center, logger, pepper });
  parts.defer(() => tcpDoors.close());
  const brokers: Record<Broker, typeof broker.publish> = {
    embedded: broker.publish,
    external: () => Promise.reject(new Error("there is no external broker: MQTT_URL is not set")),
  };
  const renderer = createRenderer(center, config.CHROMIUM);
  const outputs = createOutputs({
    center,
    config,
    logger,
    pepper,
    publish: (name, ...message) => brokers[name](...message),
  });
  parts.defer(() => outputs.close());
  const streamCounters = newStreamCounters();
  const reports = createReports(
    center,
    { afterMs: config.REPORT_AFTER_MINUTES * MINUTE, desks: config.DISPATCHER_DESKS },
    (error) => logger.warn({ err: error }, "a report was not made; it will be tried again"),
  );
  parts.defer(() => reports.stop());
  const reportMail =
    config.REPORT_MAIL_URL && config.REPORT_MAIL_FROM && config.REPORT_MAIL_TO.length > 0
      ? createReportMail({
          center,
          renderer,
          settings: {
            url: config.REPORT_MAIL_URL,
            from: config.REPORT_MAIL_FROM,
            to: config.REPORT_MAIL_TO,
            language: config.REPORT_MAIL_LANGUAGE,
            kinds: config.REPORT_MAIL_KINDS,
          },
          failed: (error, reportId) =>
            logger.warn({ err: error, reportId }, "a report was not mailed; it will be tried again"),
        })
      : null;
  if (reportMail) parts.defer(() => reportMail.stop());
  const api = await createApi({
    center,
    config,
    logger,
    broker: broker.counters,
    pushed,
    tcp: tcpDoors.counters,
    outputs,
    reports,
    renderer,
    stream: streamCounters,
    following,
    snapshots: snapshots.counts,
    reportMail: reportMail?.counts ?? null,
  });
  parts.defer(() => api.close());
  await api.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
  const stream = attachStream({
    server: api.server,
    center,
    config,
    logger,
    counters: streamCounters,
    replays: createReplays(center, config),
    historyBehind: () =>
      following !== null && influxHealth(following, clock.now()).behindMs > config.INFLUX_LATE_SECONDS * SECOND,
  });
  parts.defer(() => stream.close());
  broker.attachWebSocket(api.server);

  if (config.MQTT_URL) {
    const external = await connectExternalBroker({
      config,
      clock,
      inbox: center.inbox,
      logger,
      dialectTopics: withoutCovered([...dialectTopics(), ...config.MQTT_TOPICS]),
      onMappings: (listener) => center.mappings.onTopics((patterns) => listener(patterns.map(filterOf))),
    });
    parts.defer(() => external.close());
    sendCommand(external.publishCommand);
    brokers.external = external.publish;
  }
  const { mqtt, mqtts } = await broker.listen();
  outputs.start();

  const { address, port, family } = api.server.address() as AddressInfo;
  const running = parts.move();
  return {
    http: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    mqtt,
    mqtts: mqtts ?? null,
    jt808: tcpDoors.jt808,
    teltonika: tcpDoors.teltonika,
    adminToken,
    center,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function followingOptions(config: Config, url: string): FollowingOptions {
  return {
    target: {
      url,
      token: config.INFLUX_TOKEN ?? "",
      org: config.INFLUX_ORG ?? "",
      bucket: config.INFLUX_BUCKET,
      timeoutMs: config.INFLUX_TIMEOUT_SECONDS * SECOND,
    },
    personal: config.INFLUX_PERSONAL,
    linesAtOnce: config.INFLUX_BATCH_LINES,
    everyMs: config.INFLUX_EVERY_MS,
    firstPauseMs: config.INFLUX_RETRY_FIRST_MS,
    longestPauseMs: config.INFLUX_RETRY_LAST_SECONDS * SECOND,
    figures: {
      everyMs: config.INFLUX_KPI_SECONDS * SECOND,
      desks: config.DISPATCHER_DESKS,
      calendar: { timeZone: config.TIME_ZONE, dayStartsMinutes: config.SANITATION_DAY_STARTS },
    },
  };
}

const influxHistory =
  (config: Config, url: string, journal: Store) =>
  (registry: Registry): History =>
    createInfluxHistory({
      ...followingOptions(config, url).target,
      journal,
      personal: config.INFLUX_PERSONAL,
      kindOf: (number) => registry.byNumber(number)?.kind,
    });

/**
 * A district file that was not taken yet becomes the next edition: at the first start, and when it was edited since. What
 * people changed over REST stays until then; the delivered district replaces only itself.
 */
async function takeDistrictFile(center: Center, file: ReturnType<typeof loadDistrict>, chosen: boolean): Promise<void> {
  const { district } = center;
  const { source, actor } = district.note;
  if (source === file.source || !(chosen || actor === systemActor.name)) return;
  const draft = await district.draft(file.features, { issues: [], numbered: true }).catch((error: Problem) => {
    throw new Error(`DISTRICT: ${error.message}`);
  });
  const told = { actor: systemActor.name, reason: "the district file", source: file.source };
  await center.operate((now, changes) => district.put(draft, told, now, changes));
}

function clockOf(config: Config): Clock {
  if (config.CLOCK_START) return scaledClock(parseInstant(config.CLOCK_START), config.CLOCK_SPEED);
  return config.CLOCK_SPEED === 1 ? systemClock : scaledClock(Date.now(), config.CLOCK_SPEED);
}

function endProcess(logger: Logger, error: unknown): void {
  logger.fatal({ err: error }, "the center cannot go on; a supervisor should start it again");
  process.exit(1);
}
