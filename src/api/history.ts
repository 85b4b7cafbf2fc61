import { z } from "zod";
import { isMetricName, type MetricName } from "../domain/metrics.ts";
import { invalid, Problem } from "../domain/problem.ts";
import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../domain/time.ts";
import { shownEvent } from "../stream/anonymous.ts";
import { createPastRights, lookReason } from "./past-rights.ts";
import { type Api, given, instant, needs, type ResourceParts, token } from "./route.ts";

const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY };
const aggregates = ["mean", "min", "max", "sum", "count", "first", "last"] as const;
const params = z.object({ id: z.string().max(64) });
const span = { from: instant, to: instant.optional(), reason: lookReason };

/** `5m`, `1h`, `PT5M` or plain milliseconds. */
export function parseDuration(text: string): Millis | null {
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (iso && text.length > 2) {
    const [, days = 0, hours = 0, minutes = 0, seconds = 0] = iso.map((part) => Number(part ?? 0));
    return days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND || null;
  }
  const plain = /^(\d+)(ms|s|m|min|h|d)?$/.exec(text);
  if (!plain) return null;
  return Number(plain[1]) * (UNITS[plain[2] ?? "ms"] ?? 1) || null;
}

export function registerHistory(api: Api, { center, config }: ResourceParts): void {
  const { readable, spanOf } = createPastRights(center, config);

  api.get(
    "/tracks/replay",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "The time machine: a WebSocket that speaks the stream's protocol about the past (docs/protocol.md)",
        querystring: z.object({
          from: instant,
          to: instant,
          speed: z.coerce.number().min(1).max(3_600).default(60),
        }),
      },
    },
    async () => {
      throw new Problem(426, "upgradeRequired", "open this address as a WebSocket; the first frame is auth");
    },
  );

  api.get(
    "/devices/:id/history",
    {
      config: needs("readHistory"),
      schema: {
        summary: "One metric over time, raw or in windows",
        params,
        querystring: z.object({
          metric: z.string().max(32),
          ...span,
          every: z.string().max(32).optional(),
          agg: z.enum(aggregates).default("mean"),
        }),
      },
    },
    async (request) => {
      const device = await readable(request, request.params.id, "history");
      const { metric, every, agg } = request.query;
      if (!isMetricName(metric)) throw invalid(`there is no metric ${metric}; GET /catalog lists them`, { metric });
      const { from, to } = spanOf(request.query);
      const everyMs = every === undefined ? undefined : parseDuration(every);
      if (everyMs === null) throw invalid(`every must be like 5m, 1h, PT5M or milliseconds, not ${every}`);
      if (everyMs !== undefined && (to - from) / everyMs > config.HISTORY_POINTS) {
        throw invalid(`that would be more than ${config.HISTORY_POINTS} points: choose a longer every`, { every });
      }
      const query = { device: device.number, metric: metric as MetricName, from, to, limit: config.HISTORY_POINTS };
      const answer = await center.history.series({
        ...query,
        ...given({ everyMs }),
        ...(everyMs && { aggregate: agg }),
      });
      return { device: device.id, metric, ...answer };
    },
  );

  api.get(
    "/devices/:id/track",
    {
      config: needs("readHistory"),
      schema: { summary: "The way of a device as GeoJSON", params, querystring: z.object(span) },
    },
    async (request) => {
      const device = await readable(request, request.params.id, "track");
      const { from, to } = spanOf(request.query);
      const points = await center.history.track({ device: device.number, from, to, limit: config.HISTORY_POINTS });
      return {
        type: "Feature",
        geometry: { type: "LineString", coordinates: points.map(({ lon, lat }) => [lon, lat]) },
        properties: {
          id: device.id,
          at: points.map(({ at }) => at),
          speedKmh: points.map(({ speedKmh }) => speedKmh),
          headingDeg: points.map(({ headingDeg }) => headingDeg),
        },
      };
    },
  );

  api.get(
    "/devices/:id/events",
    {
      config: needs("readHistory"),
      schema: { summary: "What a device reported beside numbers, newest first", params, querystring: z.object(span) },
    },
    async (request) => {
      const device = await readable(request, request.params.id, "events");
      const { from, to } = spanOf(request.query);
      const readings = await center.history.events({ device: device.number, from, to, limit: config.HTTP_PAGE_ROWS });
      return {
        items: readings.map(({ at, receivedAt, metrics, event, quality }) => ({
          at,
          receivedAt,
          metrics,
          event: shownEvent(event, token(request).role),
          quality,
        })),
      };
    },
  );
}
