import { z } from "zod";
import type { MetricName } from "../domain/metrics.ts";
import { personalMetrics } from "../domain/personal.ts";
import { Problem } from "../domain/problem.ts";
import { workOf } from "../domain/roles.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { anonymousAlert, createNames } from "../stream/anonymous.ts";
import { createPastRights } from "./past-rights.ts";
import { type Api, given, goneSignal, instant, needs, type ResourceParts, token } from "./route.ts";

const LOOK = "person.";

/** Everything that is kept about whoever asks, to read and to take along. */
export function registerOwnData(api: Api, { center, config }: ResourceParts): void {
  const { spanOf } = createPastRights(center, config);

  /** Who looked at somebody's past, when, and why, newest first. */
  async function looks(deviceId: string, from: Millis, to: Millis) {
    const found: object[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await center.store.audit({ target: deviceId, ...given({ cursor }), limit: config.HTTP_PAGE_ROWS });
      for (const { at, actor, action, details } of page.items) {
        if (at < from || at >= to || !action.startsWith(LOOK)) continue;
        const { reason = null } = (details ?? {}) as { reason?: string };
        found.push({ at, by: actor, what: action.slice(LOOK.length), reason });
      }
      const oldest = page.items.at(-1)?.at ?? 0;
      cursor = oldest < from || found.length >= config.HISTORY_POINTS ? null : page.next;
    }
    return found;
  }

  api.get(
    "/me/data",
    {
      config: needs("self"),
      schema: {
        summary: "What is kept about you: your badge, ways, vital signs, events, cases, and who looked at them and why",
        querystring: z.object({ from: instant.optional(), to: instant.optional() }),
      },
    },
    async (request, reply) => {
      const gone = goneSignal(reply);
      const self = token(request);
      const { deviceId } = self;
      const device = deviceId ? center.registry.get(deviceId) : undefined;
      if (!device) {
        throw new Problem(
          404,
          "noBadge",
          "no badge belongs to this login; an administrator can enter yours (deviceId)",
        );
      }
      const now = center.clock.now();
      const { from = now - config.RETENTION_PERSON_TRACKS_DAYS * DAY, to = now } = request.query;
      const span = spanOf({ from, to }, config.EXPORT_DAYS);
      const { history, store } = center;
      const limit = config.HISTORY_POINTS;
      const of = { device: device.number, ...span, limit };
      const metrics: Partial<Record<MetricName, unknown>> = {};
      for (const metric of new Set<MetricName>([...personalMetrics, "batteryPct", "clockIn", "sos", "fall"])) {
        if (metric === "lat" || metric === "lon") continue;
        const { points } = await history.series({ ...of, metric }, gone);
        if (points.length > 0) metrics[metric] = points;
      }
      const work = { crewId: null, selves: [...(workOf({ ...self, role: "crew" })?.selves ?? []), device.id] };
      const cases = await store.alerts({ work, ...span, limit: config.HTTP_PAGE_ROWS });
      const { id, name, aliases, attributes, createdAt } = device;
      return reply.header("content-disposition", `attachment; filename="own-data.json"`).send({
        now,
        ...span,
        keptDays: config.RETENTION_PERSON_TRACKS_DAYS,
        badge: { id, name, aliases, attributes, createdAt },
        way: await history.track(of, gone),
        metrics,
        events: (await history.events(of, gone)).map(({ at, event }) => ({ at, event })),
        // One's own part of a case; who else was in it is not one's own.
        cases: cases.items.map((alert) => ({
          ...anonymousAlert(alert, createNames(center.registry, "crew")),
          subject: alert.subject,
          evidence: alert.evidence.filter(({ source }) => source === device.id),
        })),
        looks: await looks(device.id, span.from, span.to),
      });
    },
  );
}
