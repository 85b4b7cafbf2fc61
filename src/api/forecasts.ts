import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import type { Device } from "../domain/device.ts";
import { notFound } from "../domain/problem.ts";
import { inScope } from "../domain/reach.ts";
import type { BinForecast } from "../forecast/forecast.ts";
import { type Api, list, needs, type ResourceParts, token } from "./route.ts";

/** So many forecasts are made before ingest gets its turn. */
const AT_ONCE = 20;
const FARTHEST_HOURS = 14 * 24;

const answer = (device: Device, forecast: BinForecast) => ({
  id: device.id,
  name: device.name,
  place: device.place,
  ...forecast,
});

/** What comes first for a dispatcher: the bin that is full first, of two alike the surer one. */
const byTimeToFull = (a: BinForecast, b: BinForecast): number =>
  (a.hoursTo95.p50 ?? Number.POSITIVE_INFINITY) - (b.hoursTo95.p50 ?? Number.POSITIVE_INFINITY) ||
  b.confidence - a.confidence;

export function registerForecasts(api: Api, { center, config }: ResourceParts): void {
  const placeOf = (device: Device) => center.subjects.get(device.id)?.place ?? device.place;

  api.get(
    "/forecasts",
    {
      config: needs("readHistory"),
      schema: {
        summary: "Bins that will be 95 % full unless somebody empties them, the first one first",
        querystring: z.object({
          withinHours: z.coerce.number().positive().max(FARTHEST_HOURS).default(24),
          communityId: list(z.string().max(128)),
          limit: z.coerce
            .number()
            .int()
            .min(1)
            .max(config.HTTP_PAGE_ROWS)
            .default(Math.min(100, config.HTTP_PAGE_ROWS)),
        }),
      },
    },
    async (request) => {
      const { scope } = token(request);
      const { withinHours, communityId, limit } = request.query;
      const now = center.clock.now();
      const items = [];
      let asked = 0;
      let unknown = 0;
      for (const device of [...center.registry.all()]) {
        const place = placeOf(device);
        if (device.kind !== "bin" || !inScope(scope, place)) continue;
        if (communityId && !communityId.includes(place?.communityId ?? "")) continue;
        if (++asked % AT_ONCE === 0) await breathe();
        const forecast = center.forecasts.of(device, now);
        if (forecast.status === "unknown") unknown++;
        else if (forecast.hoursTo95.p50 !== null && forecast.hoursTo95.p50 <= withinHours)
          items.push(answer(device, forecast));
      }
      items.sort(byTimeToFull);
      return { now, items: items.slice(0, limit), found: items.length, asked, unknown };
    },
  );

  api.get(
    "/devices/:id/forecast",
    {
      config: needs("readHistory"),
      schema: {
        summary: "When this bin will be full, how sure that is, or why it is unknown",
        params: z.object({ id: z.string().max(64) }),
      },
    },
    async (request) => {
      const device = center.registry.get(request.params.id);
      if (device?.kind !== "bin" || !inScope(token(request).scope, placeOf(device)))
        throw notFound(`device ${request.params.id}`);
      const now = center.clock.now();
      return { now, ...answer(device, center.forecasts.of(device, now)) };
    },
  );
}
