import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Alert, alertStates } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import { isMetricName } from "../domain/metrics.ts";
import { invalid } from "../domain/problem.ts";
import { reaches } from "../domain/reach.ts";
import type { Role } from "../domain/roles.ts";
import { alertFeature, alertTable } from "../exports/alerts.ts";
import { csv } from "../exports/csv.ts";
import { gpx } from "../exports/gpx.ts";
import { readingsTable } from "../exports/readings.ts";
import type { Language, Table } from "../exports/table.ts";
import { trackTable, tripTable } from "../exports/tracks.ts";
import { xlsx } from "../exports/xlsx.ts";
import { alertEntity, normalized } from "../outputs/ngsi-entities.ts";
import type { Outputs } from "../outputs/outputs.ts";
import type { AlertQuery } from "../store/questions.ts";
import { alertView } from "../stream/projection.ts";
import type { AlertView } from "../stream/protocol.ts";
import { simplifyTrack } from "../trips/simplify.ts";
import { findTrips } from "../trips/trips.ts";
import { parseDuration } from "./history.ts";
import { createPastRights, lookReason } from "./past-rights.ts";
import { type Api, actor, given, goneSignal, instant, list, needs, type ResourceParts } from "./route.ts";

const TYPES = {
  csv: "text/csv; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ndjson: "application/x-ndjson",
  geojson: "application/geo+json",
  gpx: "application/gpx+xml",
  jsonld: "application/ld+json",
  pdf: "application/pdf",
} as const;
type Format = keyof typeof TYPES;
const PAGE_ROWS = 500;

const span = { from: instant, to: instant.optional(), reason: lookReason };
const lang = z.enum(["zh", "en"]).default("zh");
const one = { device: z.string().min(1).max(64), ...span, lang };

/** Sends a file as it is made. */
export function sendFile(reply: FastifyReply, name: string, format: Format, content: Readable): FastifyReply {
  // Names of devices are letters, digits and a few signs; whatever else there is stays out of the header.
  const safe = name.replaceAll(/[^\w.-]/g, "_");
  return reply
    .type(TYPES[format])
    .header("content-disposition", `attachment; filename="${safe}.${format}"`)
    .send(content);
}

export function sendTable(
  reply: FastifyReply,
  table: Table,
  format: "csv" | "xlsx",
  language: Language,
  calendar: Calendar,
): FastifyReply {
  const content = format === "csv" ? csv(table, language, calendar) : xlsx([table], language, calendar);
  return sendFile(reply, table.name, format, content);
}

/** A file is handed on to whoever: it names people as a wall does, whoever asked for it. */
const FILE_EYES: Role = "viewer";

interface ExportParts extends ResourceParts {
  /** An alert as other systems may know it. */
  readonly outputs: Pick<Outputs, "outward">;
}

/** Whole files of the past: alerts, readings, ways and trips, however long. */
export function registerExports(api: Api, { center, config, outputs }: ExportParts): void {
  const { readable, spanOf } = createPastRights(center, config);
  const { calendar, history, store } = center;

  async function* alerts(
    request: FastifyRequest,
    gone: AbortSignal,
    query: Omit<AlertQuery, "limit">,
  ): AsyncGenerator<Alert> {
    const reader = actor(request);
    for (let cursor: string | null | undefined; cursor !== null; ) {
      gone.throwIfAborted();
      const page = await store.alerts({ ...query, ...given({ cursor }), limit: PAGE_ROWS });
      for (const alert of page.items) if (reaches(reader, alert)) yield alert;
      cursor = page.next;
    }
  }
  const shown = (alert: Alert): AlertView => alertView(alert, FILE_EYES, center.registry);

  api.get(
    "/exports/alerts",
    {
      config: needs("exportData"),
      schema: {
        summary: "Alerts that opened in a time as a file: CSV, workbook, GeoJSON, NGSI-LD or one JSON object a line",
        querystring: z.object({
          ...span,
          lang,
          format: z.enum(["csv", "xlsx", "geojson", "jsonld", "ndjson"]).default("csv"),
          state: list(z.enum(alertStates)),
          level: list(z.coerce.number().int().min(1).max(4)),
          ruleId: list(z.string()),
          communityId: list(z.string()),
          gridId: list(z.string()),
        }),
      },
    },
    async (request, reply) => {
      const { format, lang: language, from: _from, to: _to, ...query } = request.query;
      const found = alerts(request, goneSignal(reply), {
        ...given(query),
        ...spanOf(request.query, config.EXPORT_DAYS),
      });
      const views = mapped(found, shown);
      if (format === "csv" || format === "xlsx") return sendTable(reply, alertTable(views), format, language, calendar);
      const texts = {
        ndjson: () => lines(views),
        geojson: () => listed(mapped(views, alertFeature), '{"type":"FeatureCollection","features":[', "]}"),
        jsonld: () =>
          listed(
            mapped(found, (alert) => normalized(alertEntity(outputs.outward(alert)))),
            "[",
            "]",
          ),
      } as const;
      return sendFile(reply, "alerts", format, Readable.from(texts[format]()));
    },
  );

  api.get(
    "/exports/readings",
    {
      config: needs("exportData"),
      schema: {
        summary: "Readings of a device as a file, single ones or in windows",
        querystring: z.object({
          ...one,
          format: z.enum(["csv", "xlsx"]).default("csv"),
          metric: list(z.string().max(32)),
          every: z.string().max(32).optional(),
          agg: z.enum(["mean", "min", "max", "sum", "count", "first", "last"]).default("mean"),
        }),
      },
    },
    async (request, reply) => {
      const { device: id, format, lang: language, metric, every, agg } = request.query;
      const device = await readable(request, id, "export");
      const names = metric ?? Object.keys(center.subjects.get(id)?.metrics ?? {});
      const unknown = names.find((name) => !isMetricName(name));
      if (unknown) throw invalid(`there is no metric ${unknown}; GET /catalog lists them`, { metric: unknown });
      if (names.length === 0) throw invalid(`${id} has said nothing yet: name the metrics`, { metric: [] });
      const everyMs = every === undefined ? undefined : parseDuration(every);
      if (everyMs === null) throw invalid(`every must be like 5m, 1h, PT5M or milliseconds, not ${every}`);
      const wanted = {
        device,
        metrics: names.filter(isMetricName),
        ...spanOf(request.query, config.EXPORT_DAYS),
        ...(everyMs && { windows: { everyMs, aggregate: agg } }),
      };
      return sendTable(reply, readingsTable(wanted, history, goneSignal(reply)), format, language, calendar);
    },
  );

  const trackOf = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { device: id, ...asked }: { device: string; from: number; to?: number | undefined },
  ) => {
    const device = await readable(request, id, "track");
    const span = spanOf(asked);
    const points = await history.track(
      { device: device.number, ...span, limit: config.TRACK_POINTS },
      goneSignal(reply),
    );
    return { device, points };
  };

  api.get(
    "/exports/track",
    {
      config: needs("exportData"),
      schema: {
        summary:
          "The way of a device as a file: GPX, GeoJSON, CSV or workbook, in full or simplified to so many metres",
        querystring: z.object({
          ...one,
          format: z.enum(["gpx", "geojson", "csv", "xlsx"]).default("gpx"),
          simplify: z.coerce.number().min(0).max(1_000).default(0),
        }),
      },
    },
    async (request, reply) => {
      const { format, lang: language, simplify, device: id } = request.query;
      const { points: all } = await trackOf(request, reply, request.query);
      const points = simplify > 0 ? simplifyTrack(all, simplify) : all;
      if (format === "csv" || format === "xlsx")
        return sendTable(reply, trackTable(id, points), format, language, calendar);
      if (format === "gpx") return sendFile(reply, id, format, Readable.from(gpx(id, [points])));
      const geometry = { type: "LineString", coordinates: points.map(({ lon, lat }) => [lon, lat]) };
      const properties = { id, at: points.map(({ at }) => at), speedKmh: points.map(({ speedKmh }) => speedKmh) };
      const feature = JSON.stringify({ type: "Feature", geometry, properties });
      return sendFile(reply, id, format, Readable.from([feature]));
    },
  );

  const tripsOf = async (request: FastifyRequest, reply: FastifyReply, query: Parameters<typeof trackOf>[2]) => {
    const { points } = await trackOf(request, reply, query);
    const { trips, stops } = findTrips(points);
    const placed = stops.map((stop) => {
      const { communityId, gridId, sectionId, pointId } = center.geography.placeAt(stop.lat, stop.lon, stop.from);
      return { ...stop, communityId, gridId, sectionId, pointId };
    });
    return { trips, stops: placed };
  };

  api.get(
    "/devices/:id/trips",
    {
      config: needs("readHistory"),
      schema: {
        summary: "Trips of a device and where it stood between them",
        params: z.object({ id: z.string().max(64) }),
        querystring: z.object({ ...span, simplify: z.coerce.number().min(0).max(1_000).default(10) }),
      },
    },
    async (request, reply) => {
      const { simplify, ...asked } = request.query;
      const { trips, stops } = await tripsOf(request, reply, { device: request.params.id, ...asked });
      return {
        trips: trips.map(({ points, ...trip }) => ({
          ...trip,
          path: simplifyTrack(points, simplify).map(({ at, lat, lon }) => [lon, lat, at]),
        })),
        stops,
      };
    },
  );

  api.get(
    "/exports/trips",
    {
      config: needs("exportData"),
      schema: {
        summary: "Trips and stops of a device as a file",
        querystring: z.object({ ...one, format: z.enum(["csv", "xlsx"]).default("csv") }),
      },
    },
    async (request, reply) => {
      const { device, format, lang: language } = request.query;
      const { trips, stops } = await tripsOf(request, reply, request.query);
      return sendTable(reply, tripTable(device, trips, stops), format, language, calendar);
    },
  );
}

async function* lines(alerts: AsyncIterable<AlertView>): AsyncGenerator<string> {
  for await (const alert of alerts) yield `${JSON.stringify(alert)}\n`;
}

async function* mapped<T, U>(items: AsyncIterable<T>, made: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield made(item);
}

/** JSON of a list, an item a line, between what begins and what ends it. */
async function* listed(items: AsyncIterable<object>, begin: string, end: string): AsyncGenerator<string> {
  yield `${begin}\n`;
  let before = "";
  for await (const item of items) {
    yield before + JSON.stringify(item);
    before = ",\n";
  }
  yield `\n${end}\n`;
}
