import { z } from "zod";
import { Problem } from "../domain/problem.ts";
import { inScope, within } from "../domain/reach.ts";
import type { Load } from "../operations/loads.ts";
import { wasteLedger } from "../operations/waste-ledger.ts";
import { createPastRights } from "./past-rights.ts";
import { type Api, given, instant, needs, type ResourceParts, token } from "./route.ts";

/** Sanitation is who collects waste: a token of another line has no business with it. */
const LINE = "cleaning";

/** What was handed over at points, taken by vehicles and received at stations, side by side. */
export function registerWaste(api: Api, { center, config }: ResourceParts): void {
  const { spanOf } = createPastRights(center, config);
  const { periods } = center.kpis;

  /** @throws Problem 400 when the period holds more than may be summed at once */
  const loadsIn = async (span: { from: number; to: number }): Promise<Load[]> => {
    const loads: Load[] = [];
    let cursor: string | undefined;
    do {
      const page = await center.store.work({
        kind: "load",
        limit: config.HTTP_PAGE_ROWS,
        ...span,
        ...given({ cursor }),
      });
      loads.push(...page.items.map(({ body }) => body as unknown as Load));
      cursor = page.next ?? undefined;
      if (loads.length > config.WASTE_LEDGER_LOADS) {
        throw new Problem(400, "invalid", `more than ${config.WASTE_LEDGER_LOADS} loads: choose a shorter period`);
      }
    } while (cursor !== undefined);
    return loads;
  };

  /** What the vehicles, points and stations in it are called. */
  const namesIn = (loads: readonly Load[]): Record<string, string> => {
    const ids = new Set(loads.flatMap(({ placeId, vehicleId }) => [placeId, vehicleId]));
    return Object.fromEntries(
      [...ids].flatMap((id) => {
        const name = id === null ? null : center.registry.get(id)?.name;
        return id !== null && name ? [[id, name]] : [];
      }),
    );
  };

  api.get(
    "/waste-ledger",
    {
      config: needs("readKpis"),
      schema: {
        summary:
          "Waste handed over, taken and received, by point, vehicle and station; today's sanitation day when no period is said",
        querystring: z.object({
          from: instant.optional(),
          to: instant.optional(),
          stream: z.string().min(1).max(32).optional(),
        }),
      },
    },
    async (request) => {
      const { stream } = request.query;
      const now = center.clock.now();
      const span = spanOf({ from: request.query.from ?? periods.start("day", now), to: request.query.to });
      const { scope } = token(request);
      const loads = (await loadsIn(span)).filter((load) => {
        if (stream !== undefined && load.stream !== stream) return false;
        const place =
          load.lat === null || load.lon === null ? null : center.geography.placeAt(load.lat, load.lon, load.at);
        return inScope(scope, place) && within(scope.businessLine, LINE);
      });
      return {
        now,
        ...span,
        tolerancePct: config.WASTE_TOLERANCE_PCT,
        ...wasteLedger(loads, config.WASTE_TOLERANCE_PCT / 100),
        names: namesIn(loads),
      };
    },
  );
}
