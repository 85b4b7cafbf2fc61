import { z } from "zod";
import { kindNames, kinds } from "../domain/kinds.ts";
import { isMetricName, type MetricName } from "../domain/metrics.ts";
import { invalid, Problem } from "../domain/problem.ts";
import { inScope } from "../domain/reach.ts";
import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../domain/time.ts";
import { shownEvent } from "../stream/anonymous.ts";
import { createPastRights, lookReason } from "./past-rights.ts";
import { type Api, given, goneSignal, instant, list, needs, type ResourceParts, token } from "./route.ts";

const UNITS: Readonly<Record<string, Millis>> = { ms: 1, s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY };
const aggregates = ["mean", "min", "max", "sum", "count", "first", "last"] as const;
const params = z.object({ id: z.string().max(64) });
const name = z.string().max(64);
/** Kinds whose devices are no person's: what they say may be asked of all at once. */
const impersonalKinds = kindNames.filter((kind) => !kinds[kind].personal);

/** @throws Problem 400 */
function metricOf(name: string): MetricName {
  if (!isMetricName(name)) throw invalid(`there is no metric ${name}; GET /catalog lists them`, { metric: name });
  return name;
}

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
    async (request, reply) => {
      const device = await readable(request, request.params.id, "history");
      const { every, agg } = request.query;
      const metric = metricOf(request.query.metric);
      const { from, to } = spanOf(request.query);
      const everyMs = every === undefined ? undefined : parseDuration(every);
      if (everyMs === null) throw invalid(`every must be like 5m, 1h, PT5M or milliseconds, not ${every}`);
      if (everyMs !== undefined && (to - from) / everyMs > config.HISTORY_POINTS) {
        throw invalid(`that would be more than ${config.HISTORY_POINTS} points: choose a longer every`, { every });
      }
      const query = { device: device.number, metric, from, to, limit: config.HISTORY_POINTS };
      const answer = await center.history.series(
        { ...query, ...given({ everyMs }), ...(everyMs && { aggregate: agg }) },
        goneSignal(reply),
      );
      return { device: device.id, metric, ...answer };
    },
  );

  api.get(
    "/latest",
    {
      config: needs("readHistory"),
      schema: {
        summary: "What every device of a kind said last of one metric: now, or as of a past moment",
        querystring: z.object({
          kind: z.enum(impersonalKinds as [string, ...string[]]),
          metric: z.string().max(32),
          /** As of when; now when absent. */
          at: instant.optional(),
          /** How old a reading may be to count. */
          within: z.string().max(32).default("7d"),
          communityId: list(name),
          gridId: list(name),
        }),
      },
    },
    async (request, reply) => {
      const { kind, at = center.clock.now(), within, communityId, gridId } = request.query;
      const metric = metricOf(request.query.metric);
      const withinMs = parseDuration(within);
      if (withinMs === null || withinMs > config.HISTORY_RANGE_DAYS * DAY) {
        throw invalid(`within must be like 30m, 12h or 7d, at most ${config.HISTORY_RANGE_DAYS}d`, { within });
      }
      const { scope } = token(request);
      const asked = Array.from(center.registry.all()).filter((device) => {
        const place = center.subjects.get(device.id)?.place ?? device.place;
        return (
          device.kind === kind &&
          inScope(scope, place) &&
          (!communityId || communityId.includes(place?.communityId ?? "")) &&
          (!gridId || gridId.includes(place?.gridId ?? ""))
        );
      });
      if (asked.length > config.LATEST_DEVICES) {
        throw invalid(
          `that would be ${asked.length} devices, at most ${config.LATEST_DEVICES}: name communityId or gridId`,
        );
      }
      const devices = asked.map(({ number }) => number);
      const found = await center.history.latest(
        { devices, metric, from: at + 1 - withinMs, to: at + 1 },
        goneSignal(reply),
      );
      const items = asked.flatMap(({ id }, i) => {
        const time = found.at[i] as number;
        return Number.isNaN(time) ? [] : [{ id, at: time, value: found.value[i] as number }];
      });
      return { kind, metric, at, asked: asked.length, items };
    },
  );

  api.get(
    "/devices/:id/track",
    {
      config: needs("readHistory"),
      schema: { summary: "The way of a device as GeoJSON", params, querystring: z.object(span) },
    },
    async (request, reply) => {
      const device = await readable(request, request.params.id, "track");
      const { from, to } = spanOf(request.query);
      const asked = { device: device.number, from, to, limit: config.HISTORY_POINTS };
      const points = await center.history.track(asked, goneSignal(reply));
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
    async (request, reply) => {
      const device = await readable(request, request.params.id, "events");
      const { from, to } = spanOf(request.query);
      const asked = { device: device.number, from, to, limit: config.HTTP_PAGE_ROWS };
      const readings = await center.history.events(asked, goneSignal(reply));
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
