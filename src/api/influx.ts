import { Problem } from "../domain/problem.ts";
import type { Following } from "../influx/following.ts";
import { behindMs } from "../influx/lag.ts";
import { type Api, actor, needs, type ResourceParts } from "./route.ts";

export interface InfluxParts extends ResourceParts {
  readonly following: Following | null;
}

/** How far InfluxDB is behind, and how it is filled again. */
export function registerInflux(api: Api, { center, following }: InfluxParts): void {
  api.post(
    "/influx/rebuild",
    {
      config: needs("backup"),
      schema: { summary: "Send everything that was ever committed to InfluxDB again; readings meanwhile go first" },
    },
    async (request, reply) => {
      if (!following) throw new Problem(409, "noInflux", "InfluxDB is not set up: set INFLUX_URL and start again");
      const { name } = actor(request);
      await center.operate((now, changes) => {
        changes.audit.push({ at: now, actor: name, action: "influx.rebuild", target: "influx", details: null });
      });
      following.tellAnew();
      return reply.code(202).send(influxHealth(following, center.clock.now()));
    },
  );
}

/** What screens and supervisors see of it. */
export function influxHealth({ status }: Pick<Following, "status">, now: number) {
  const { stuck, entries, rereading, counters } = status;
  return {
    state: stuck?.is ?? (entries > 0 || rereading ? "catchingUp" : "following"),
    reason: stuck?.reason ?? null,
    since: stuck?.since ?? null,
    behindMs: behindMs(status, now),
    entries,
    rereading,
    refusedLines: counters.refused,
  };
}
