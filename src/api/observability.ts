import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { RunningCore } from "../center/center.ts";
import type { Following } from "../influx/following.ts";
import type { BrokerCounters } from "../ingest/embedded-broker.ts";
import type { HttpCounters } from "../ingest/http/http-door.ts";
import type { TcpCounters } from "../ingest/tcp/tcp-door.ts";
import type { Outputs } from "../outputs/outputs.ts";
import type { ReportMail } from "../reports/mail.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import type { StreamCounters } from "../stream/connection.ts";
import { influxHealth } from "./influx.ts";
import { needs } from "./route.ts";

export interface Observed {
  readonly center: RunningCore;
  readonly broker: BrokerCounters;
  readonly pushed: HttpCounters;
  readonly tcp: ReadonlyMap<string, TcpCounters>;
  readonly outputs: Outputs;
  readonly stream: StreamCounters;
  readonly snapshots: Snapshots["counts"];
  readonly reportMail: ReportMail["counts"] | null;
  readonly following: Following | null;
}

/** Health for supervisors and metrics for Prometheus. Counters live where the work is done; they are read when asked for. */
export function registerObservability(
  app: FastifyInstance,
  { center, broker, pushed, tcp, outputs, stream, snapshots, reportMail, following }: Observed,
): void {
  app.get("/health/live", { config: needs("public") }, async () => ({ status: "ok" }));
  app.get("/health/ready", { config: needs("public") }, async (_request, reply) => {
    const { storeFailing, queued } = center.health;
    const now = center.clock.now();
    // InfluxDB behind is no reason to refuse work: the journal keeps everything for it.
    const influx = following && { influx: influxHealth(following, now) };
    const facts = { now, queued, devices: center.registry.size, ...influx };
    if (!storeFailing) return { status: "ok", ...facts };
    const reasons = [
      `the store refuses commits since ${new Date(storeFailing.since).toISOString()}: ${storeFailing.reason}`,
    ];
    return reply.code(503).send({ status: "failing", reasons, ...facts });
  });

  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  const counter = (name: string, help: string, read: () => number) => {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  const counterBy = (
    name: string,
    help: string,
    label: string,
    read: () => Iterable<readonly [string | number, number]>,
  ) => {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, count] of read()) this.inc({ [label]: String(value) }, count);
      },
    });
  };
  const { loop, pipeline, quarantined, refusedOfPeople } = center.counters;
  counter("kerbside_receipts_total", "Messages settled on disk", () => loop.receipts);
  counter("kerbside_batches_total", "Batches committed", () => loop.batches);
  counter("kerbside_documents_total", "Small documents written with them", () => loop.documents);
  counter("kerbside_commit_seconds_total", "Time spent in commits", () => loop.commitMs / 1_000);
  counter("kerbside_failed_commits_total", "Commits the store refused", () => loop.failedCommits);
  counterBy("kerbside_commits_by_duration_total", "Commits by upper bound of their duration in ms", "le", () =>
    loop.commitBuckets.map(
      ({ upToMs, count }) => [upToMs === Number.POSITIVE_INFINITY ? "+Inf" : upToMs, count] as const,
    ),
  );
  gauge("kerbside_store_failing", "1 while the store refuses commits", () => (center.health.storeFailing ? 1 : 0));
  gauge("kerbside_queue_messages", "Messages waiting for the next batch", () => center.health.queued);
  counter("kerbside_messages_total", "Messages taken from the inbox", () => pipeline.messages);
  counter("kerbside_observations_total", "Observations applied", () => pipeline.observations);
  counter("kerbside_duplicates_total", "Repetitions dropped", () => pipeline.duplicates);
  counter("kerbside_late_total", "Observations older than their kind allows", () => pipeline.late);
  counter(
    "kerbside_out_of_order_total",
    "Observations older than the newest of their device",
    () => pipeline.outOfOrder,
  );
  counterBy("kerbside_quarantined_total", "Refused messages by reason", "reason", () => quarantined);
  counterBy(
    "kerbside_person_observations_refused_total",
    "Positions and vital signs of people off duty or elsewhere, not kept, by reason",
    "reason",
    () => refusedOfPeople,
  );
  if (reportMail) {
    const mails = () => new Map(Object.entries(reportMail));
    counterBy("kerbside_report_mails_total", "Reports by mail, by what came of each try", "outcome", mails);
  }
  counterBy("kerbside_snapshots_total", "Pictures of cameras by what came of them", "outcome", () => snapshots);
  gauge("kerbside_devices", "Registered devices", () => center.registry.size);
  new Gauge({
    name: "kerbside_alerts",
    help: "Alerts that have not ended, by rule and level",
    labelNames: ["rule", "level"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { closedAt, ruleId, level } of center.alerts.values()) {
        if (closedAt === null) this.inc({ rule: ruleId, level: String(level) });
      }
    },
  });
  gauge("kerbside_mqtt_connections", "Open MQTT connections", () => broker.connections);
  counter("kerbside_mqtt_connects_total", "Logins", () => broker.connects);
  counter("kerbside_mqtt_messages_total", "Messages published to the embedded broker", () => broker.messages);
  counter("kerbside_mqtt_bytes_total", "Payload bytes published to the embedded broker", () => broker.bytes);
  gauge("kerbside_mqtt_open_receipts", "Messages whose receipt has not left yet", () => broker.openReceipts);
  counterBy("kerbside_mqtt_refused_total", "Connections refused or ended, by cause", "cause", () => broker.refused);
  counter("kerbside_http_messages_total", "Messages pushed by HTTP", () => pushed.messages);
  counter("kerbside_http_bytes_total", "Bytes of messages pushed by HTTP", () => pushed.bytes);
  counterBy(
    "kerbside_http_refused_total",
    "Requests refused at the HTTP door, by cause",
    "cause",
    () => pushed.refused,
  );
  const byDoor = (read: (counters: TcpCounters) => number) => () =>
    Array.from(tcp, ([door, counters]) => [door, read(counters)] as const);
  counterBy(
    "kerbside_tcp_connects_total",
    "Logins at TCP doors",
    "door",
    byDoor(({ connects }) => connects),
  );
  counterBy(
    "kerbside_tcp_messages_total",
    "Messages taken at TCP doors",
    "door",
    byDoor(({ messages }) => messages),
  );
  for (const [door, { refused }] of tcp) {
    counterBy(
      `kerbside_${door}_refused_total`,
      `Connections of the ${door} door refused or ended`,
      "cause",
      () => refused,
    );
  }
  const statuses = () => outputs.all().flatMap(({ id, status }) => (status ? [{ id, status }] : []));
  counterBy("kerbside_output_delivered_total", "Steps of alerts delivered, by output", "output", () =>
    statuses().map(({ id, status }) => [id, status.delivered] as const),
  );
  counterBy("kerbside_output_refused_total", "Steps of alerts that a receiver refused for good", "output", () =>
    statuses().map(({ id, status }) => [id, status.refused] as const),
  );
  new Gauge({
    name: "kerbside_output_failures",
    help: "Failures in a row of an output; 0 while it delivers",
    labelNames: ["output"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { id, status } of statuses()) this.set({ output: id }, status.failures);
    },
  });
  gauge("kerbside_stream_clients", "Open streams", () => stream.clients);
  gauge("kerbside_stream_subscriptions", "Open subscriptions", () => stream.subscriptions);
  counter("kerbside_stream_frames_total", "Frames sent", () => stream.frames);
  counter("kerbside_stream_bytes_total", "Bytes sent", () => stream.bytes);
  counter("kerbside_stream_serialised_total", "Frames built; the others shared their bytes", () => stream.serialised);
  counter("kerbside_stream_skipped_total", "Times a slow screen was passed over", () => stream.skipped);
  counterBy("kerbside_stream_closed_total", "Streams closed by the center, by code", "code", () => stream.closed);
  if (following) {
    const health = () => influxHealth(following, center.clock.now());
    gauge(
      "kerbside_influx_behind_seconds",
      "Age of the oldest reading InfluxDB does not have",
      () => health().behindMs / 1_000,
    );
    gauge("kerbside_influx_entries", "Entries of the log InfluxDB does not have", () => health().entries);
    gauge("kerbside_influx_stuck", "1 while InfluxDB takes nothing", () => (following.status.stuck ? 1 : 0));
    counter("kerbside_influx_lines_total", "Lines InfluxDB has taken", () => following.status.counters.lines);
    counter(
      "kerbside_influx_refused_total",
      "Lines InfluxDB refused for good",
      () => following.status.counters.refused,
    );
    counterBy("kerbside_influx_requests_total", "Requests to InfluxDB by outcome", "outcome", () =>
      Object.entries(following.status.counters.requests),
    );
  }

  app.get("/metrics", { config: needs("public") }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
