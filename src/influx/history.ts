import { type Kind, kinds } from "../domain/kinds.ts";
import { isMetricName, type Metrics } from "../domain/metrics.ts";
import { Problem } from "../domain/problem.ts";
import type { Millis } from "../domain/time.ts";
import type {
  DeviceQuery,
  History,
  LatestQuery,
  LatestReadings,
  ReadingsQuery,
  Series,
  SeriesQuery,
  TrackPoint,
} from "../store/history.ts";
import type { Reading } from "../store/kept.ts";
import { ReadingWriter } from "../store/readings.ts";

export interface InfluxHistoryOptions {
  readonly url: string;
  readonly token: string;
  /** Bucket of InfluxDB 2 and 3, database of InfluxDB 1. */
  readonly bucket: string;
  readonly timeoutMs: Millis;
  /** Kind of a device number; undefined when it never existed. */
  readonly kindOf: (device: number) => Kind | undefined;
  /** Answers what does not leave the journal: devices that people carry. */
  readonly journal: History;
  readonly personal: boolean;
}

type Row = (number | string | null)[];

interface Table {
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly Row[];
}

/** So many devices are named in a question; of more than these all of their kind are asked for. */
const NAMED_DEVICES = 200;
/** Rows asked for at once where there is no other limit: bounds memory on both sides. */
const ROWS_AT_ONCE = 20_000;

/**
 * Past readings out of InfluxDB, in InfluxQL over `/query`: the one language that InfluxDB 1, 2 and 3 all answer
 * (docs/decisions/0017). Nothing from outside is written into a query: devices are numbers, metrics and kinds are from
 * closed lists.
 */
export function createInfluxHistory(options: InfluxHistoryOptions): History {
  const tables = async (text: string, signal?: AbortSignal): Promise<readonly Table[]> => {
    const url = new URL("query", options.url.endsWith("/") ? options.url : `${options.url}/`);
    url.search = new URLSearchParams({ db: options.bucket, epoch: "ms", q: text }).toString();
    const timeout = AbortSignal.timeout(options.timeoutMs);
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { authorization: `Token ${options.token}`, accept: "application/json" },
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw unavailable(`InfluxDB does not answer: ${(error as Error).message}`);
    }
    const body = (await response.json().catch(() => ({}))) as {
      error?: string;
      message?: string;
      results?: { error?: string; series?: Table[] }[];
    };
    signal?.throwIfAborted();
    const problem = body.error ?? body.message ?? body.results?.[0]?.error;
    if (!response.ok || problem) throw unavailable(`InfluxDB refuses: ${response.status} ${problem ?? ""}`);
    return body.results?.[0]?.series ?? [];
  };
  const query = async (text: string, signal?: AbortSignal): Promise<Table> =>
    (await tables(text, signal))[0] ?? { columns: [], values: [] };

  const where = ({ device, from, to }: { device: number; from: Millis; to: Millis }): string =>
    `"number" = '${Math.trunc(device)}' AND time >= ${Math.trunc(from)}ms AND time < ${Math.trunc(to)}ms`;
  /** Null when InfluxDB does not have this device's readings. */
  const measurement = (device: number): Kind | null => {
    const kind = options.kindOf(device);
    return kind === undefined || (kinds[kind].personal && !options.personal) ? null : kind;
  };

  const events = async (asked: DeviceQuery, signal?: AbortSignal): Promise<readonly Reading[]> => {
    if (!measurement(asked.device)) return options.journal.events(asked, signal);
    const { values } = await query(
      `SELECT "body" FROM "event" WHERE ${where(asked)} ORDER BY time DESC LIMIT ${asked.limit}`,
      signal,
    );
    const found = values.map(([, body]) => JSON.parse(String(body)) as Reading);
    return found.sort((a, b) => b.at - a.at || a.key - b.key);
  };

  return {
    events,

    async series(asked: SeriesQuery, signal?: AbortSignal): Promise<Series> {
      const kind = measurement(asked.device);
      if (!kind) return options.journal.series(asked, signal);
      const { metric, everyMs, aggregate = "mean", limit } = asked;
      const what = everyMs ? `${aggregate}("${metric}")` : `"${metric}"`;
      const windows = everyMs ? ` GROUP BY time(${everyMs}ms) fill(none)` : "";
      const most = limit === undefined ? "" : ` LIMIT ${limit + 1}`;
      const { values } = await query(`SELECT ${what} FROM "${kind}" WHERE ${where(asked)}${windows}${most}`, signal);
      const points = values.map(([at, value]) => ({ at: Number(at), value: Number(value) }));
      return { points: points.slice(0, limit), truncated: limit !== undefined && points.length > limit };
    },

    async latest({ devices, ...asked }: LatestQuery, signal?: AbortSignal): Promise<LatestReadings> {
      const { metric, from, to } = asked;
      const times = new Float64Array(devices.length).fill(Number.NaN);
      const values = new Float64Array(devices.length).fill(Number.NaN);
      const placesOf = Map.groupBy(devices.keys(), (place) => measurement(devices[place] as number));
      for (const [kind, places] of placesOf) {
        if (!kind) {
          const kept = places.map((place) => devices[place] as number);
          const found = await options.journal.latest({ devices: kept, ...asked }, signal);
          for (const [i, place] of places.entries()) {
            times[place] = found.at[i] as number;
            values[place] = found.value[i] as number;
          }
          continue;
        }
        const placeOf = new Map(places.map((place) => [String(devices[place]), place]));
        const named = places.length > NAMED_DEVICES ? "" : ` AND "number" =~ /^(${[...placeOf.keys()].join("|")})$/`;
        const span = `time >= ${Math.trunc(from)}ms AND time < ${Math.trunc(to)}ms${named}`;
        const found = await tables(`SELECT last("${metric}") FROM "${kind}" WHERE ${span} GROUP BY "number"`, signal);
        for (const table of found) {
          const place = placeOf.get(table.tags?.number ?? "");
          const row = table.values[0];
          if (place === undefined || !row) continue;
          times[place] = Number(row[0]);
          values[place] = Number(row[1]);
        }
      }
      return { at: times, value: values };
    },

    async track(asked: DeviceQuery, signal?: AbortSignal): Promise<readonly TrackPoint[]> {
      const kind = measurement(asked.device);
      if (!kind) return options.journal.track(asked, signal);
      // A row has a position only when both are there: InfluxQL says so by comparing them.
      const { values } = await query(
        `SELECT "lat", "lon", "speedKmh", "headingDeg" FROM "${kind}" WHERE ${where(asked)} AND "lat" >= -90 AND "lon" >= -180 LIMIT ${asked.limit}`,
        signal,
      );
      return values.map(([at, lat, lon, speedKmh, headingDeg]) => ({
        at: Number(at),
        lat: Number(lat),
        lon: Number(lon),
        speedKmh: speedKmh === null ? null : Number(speedKmh),
        headingDeg: headingDeg === null ? null : Number(headingDeg),
      }));
    },

    async readings({ devices, from, to }: ReadingsQuery, signal?: AbortSignal): Promise<ArrayBuffer | null> {
      const kept = devices.filter((device) => measurement(device) === null);
      if (kept.length > 0 && kept.length === devices.length)
        return options.journal.readings({ devices, from, to }, signal);
      const found: Reading[] = [];
      for (const device of devices) {
        const kind = measurement(device);
        if (!kind) throw new Error("people and other devices are asked for apart");
        for (let next = from; next < to; ) {
          const span = where({ device, from: next, to });
          const table = await query(`SELECT * FROM "${kind}" WHERE ${span} LIMIT ${ROWS_AT_ONCE}`, signal);
          for (const row of table.values) found.push(readingOf(device, table.columns, row, found.length));
          if (table.values.length < ROWS_AT_ONCE) break;
          next = Number(table.values.at(-1)?.[0]) + 1;
        }
        for (const event of await events({ device, from, to, limit: ROWS_AT_ONCE }, signal)) {
          found.push({ ...event, receivedAt: event.at, metrics: {} });
        }
      }
      found.sort((a, b) => a.at - b.at);
      const writer = new ReadingWriter();
      for (const reading of found) writer.append(reading);
      return writer.finish();
    },
  };
}

function readingOf(device: number, columns: readonly string[], row: Row, key: number): Reading {
  const metrics: Metrics = {};
  for (let i = 1; i < columns.length; i++) {
    const name = columns[i] as string;
    const value = row[i];
    if (typeof value === "number" && isMetricName(name)) metrics[name] = value;
  }
  const at = Number(row[0]);
  return { device, at, receivedAt: at, key, metrics };
}

const unavailable = (detail: string): Problem =>
  new Problem(503, "historyUnavailable", `${detail}; HISTORY_FROM=store reads the embedded store instead`);
