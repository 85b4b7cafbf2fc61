import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import type { Device } from "../domain/device.ts";
import { kinds } from "../domain/kinds.ts";
import { forbidden, invalid, notFound } from "../domain/problem.ts";
import { inScope } from "../domain/reach.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { createNames, seesPeople } from "../stream/anonymous.ts";
import { actor, token } from "./route.ts";

/** Why somebody looks at the past of a person; without one there is no look. */
export const lookReason = z
  .string()
  .min(1)
  .max(500)
  .optional()
  .describe("needed for the past of a person; kept in the audit");

/** Whose past a reader may look at, and how much of it at once. */
export function createPastRights(center: Center, config: Config) {
  return {
    /**
     * The device, if this reader may look at its past. Looking at a person's is written down.
     * @throws Problem 404 outside the token's scope, 403 for a person's past below dispatcher
     */
    async readable(request: FastifyRequest, id: string, what: string): Promise<Device> {
      const reader = token(request);
      const device = createNames(center.registry, reader.role).device(id);
      if (!device || !inScope(reader.scope, center.subjects.get(device.id)?.place ?? device.place))
        throw notFound(`device ${id}`);
      if (!kinds[device.kind].personal) return device;
      if (!seesPeople(reader.role)) throw forbidden("the past of a person needs the role dispatcher");
      const { name } = actor(request);
      const { reason } = request.query as { reason?: string };
      if (!reason) throw invalid("say why you look at a person's past: reason=… (it is written into the audit)");
      await center.operate((now, changes) => {
        changes.audit.push({
          at: now,
          actor: name,
          action: `person.${what}`,
          target: id,
          details: { reason, query: request.url },
        });
      });
      return device;
    },

    /** @throws Problem 400 that says how long a span may be */
    spanOf({ from, to }: { from: Millis; to?: Millis | undefined }, days = config.HISTORY_RANGE_DAYS) {
      const until = to ?? center.clock.now();
      if (from >= until) throw invalid("from must lie before to", { from, to: until });
      if (until - from > days * DAY) throw invalid(`at most ${days} days at once`, { from, to: until });
      return { from, to: until };
    },
  };
}
