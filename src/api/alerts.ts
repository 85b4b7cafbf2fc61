import { z } from "zod";
import { alertActions } from "../alerts/alerting.ts";
import { type Alert, alertStates } from "../domain/alert.ts";
import { invalid, notFound, Problem } from "../domain/problem.ts";
import { reaches } from "../domain/reach.ts";
import type { Actor, Role } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import { createNames, seesPeople } from "../stream/anonymous.ts";
import { alertView } from "../stream/projection.ts";
import { createOnce } from "./once.ts";
import {
  type Api,
  actor,
  bbox,
  flag,
  given,
  instant,
  list,
  needs,
  page,
  type ResourceParts,
  revisionOf,
} from "./route.ts";

const level = z.coerce.number().int().min(1).max(4);
const note = z.string().min(1).max(2_000).optional();
const evidence = z.record(z.string().max(64), z.json()).optional();
const actionFields = {
  note,
  assignee: z.string().min(1).max(128).optional(),
  crewId: z.string().min(1).max(128).optional(),
  evidence,
  until: z.number().int().optional(),
  into: z.string().min(1).max(64).optional(),
};
/** What an action may carry. */
export const actionBody = z.object(actionFields).nullish();
const reportBody = z.object({
  ruleId: z.string().max(64),
  subject: z.object({ kind: z.string().max(32), id: z.string().min(1).max(64) }).optional(),
  place: z.object({ lat: z.number().min(-90).max(90), lon: z.number().min(-180).max(180) }).optional(),
  level: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]).optional(),
  note,
  evidence,
});
const alertId = z.object({ id: z.string().max(64) });
const headers = z.object({
  "if-match": z.string().max(32).optional(),
  "idempotency-key": z.string().min(1).max(128).optional(),
});

export function registerAlerts(api: Api, { center, config }: ResourceParts): void {
  const once = createOnce(center);
  const show = (alert: Alert, { role }: Actor) =>
    JSON.parse(JSON.stringify(alertView(alert, role, center.registry))) as Json;

  api.get(
    "/alerts",
    {
      config: needs("readAlerts"),
      schema: {
        summary: "Alerts, newest first",
        querystring: z.object({
          open: flag,
          state: list(z.enum(alertStates)),
          level: list(level),
          ruleId: list(z.string()),
          subjectId: z.string().max(64).optional(),
          communityId: list(z.string()),
          gridId: list(z.string()),
          bbox,
          from: instant.optional(),
          to: instant.optional(),
          ...page(config),
        }),
      },
    },
    async (request) => {
      const reader = actor(request);
      const { scope, work } = reader;
      const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = request.query;
      if (from >= to) throw invalid("from must lie before to", { from, to });
      const within = (asked: readonly string[] | undefined, allowed: readonly string[] | undefined) =>
        allowed === undefined ? asked : asked === undefined ? allowed : asked.filter((id) => allowed.includes(id));
      const { communityId, gridId, subjectId: named, ...query } = request.query;
      const subjectId = named === undefined ? undefined : meant(named, reader.role);
      if (subjectId === null) return { items: [], next: null };
      const communities = within(communityId, scope.communityId);
      const grids = within(gridId, scope.gridId);
      if (communities?.length === 0 || grids?.length === 0) return { items: [], next: null };
      const answer = await center.store.alerts({
        ...given({ ...query, subjectId }),
        ...(work && { work }),
        ...(communities && { communityId: communities }),
        ...(grids && { gridId: grids }),
      });
      const items = answer.items.filter((alert) => reaches(reader, alert));
      return { items: items.map((alert) => alertView(alert, reader.role, center.registry)), next: answer.next };
    },
  );

  /** The subject that somebody asks about; null when they may not know who that is. */
  const meant = (name: string, role: Role): string | null => {
    const device = createNames(center.registry, role).device(name);
    if (device) return device.id;
    return center.registry.get(name) || createNames(center.registry, role).of(name) !== name ? null : name;
  };

  const inReach = async (id: string, reader: Actor): Promise<Alert> => {
    const alert = center.alerting.get(id) ?? (await center.store.alert(id))?.alert;
    if (!alert || !reaches(reader, alert)) throw notFound(`alert ${id}`);
    return alert;
  };

  api.get(
    "/alerts/:id/crews",
    {
      config: needs("readPeople"),
      schema: { summary: "Crews that could go, best first, with distance, time and load", params: alertId },
    },
    async (request) => ({
      items: center.alerting.suggestCrews(await inReach(request.params.id, actor(request)), center.clock.now()),
    }),
  );

  api.get(
    "/alerts/:id",
    {
      config: needs("readAlerts"),
      schema: { summary: "One alert with evidence and timeline", params: z.object({ id: z.string().max(64) }) },
    },
    async (request, reply) => {
      const reader = actor(request);
      const found = await center.store.alert(request.params.id);
      if (!found || !reaches(reader, found.alert)) throw notFound(`alert ${request.params.id}`);
      // Details may name whom it was given to, notes anybody.
      const timeline = seesPeople(reader.role)
        ? found.timeline
        : found.timeline.map((entry) => ({ ...entry, actor: "", note: null, details: null }));
      return reply
        .header("etag", `"${found.alert.rev}"`)
        .send({ ...alertView(found.alert, reader.role, center.registry), timeline });
    },
  );

  api.post(
    "/alerts/bulk",
    {
      config: needs("actOnAlerts"),
      schema: {
        summary: "The same action on many alerts; each has its own result, and one that fails stops none of the others",
        headers: headers.omit({ "if-match": true }),
        body: z.object({
          action: z.enum(alertActions),
          items: z
            .array(z.object({ id: z.string().max(64), rev: z.number().int().min(0).optional() }))
            .min(1)
            .max(config.HTTP_PAGE_ROWS),
          ...actionFields,
        }),
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const { action, items, ...input } = request.body;
      const answer = await once(request.headers["idempotency-key"], who, request, 200, (now, changes) => ({
        items: items.map(({ id, rev }): Json => {
          try {
            const asked = { ...given(input), ...(rev !== undefined && { expectedRev: rev }) };
            const alert = center.alerting.act(id, action, asked as never, who, now, changes);
            return { id, status: 200, rev: alert.rev, state: alert.state };
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
            const { status, code, message: detail, extra } = error;
            return { ...(extra as { [key: string]: Json }), id, status, code, detail };
          }
        }),
      }));
      return reply.code(answer.status).send(answer.body);
    },
  );

  api.post(
    "/alerts/:id/:action",
    {
      config: needs("actOnAlerts"),
      schema: {
        summary: "Do something with an alert; If-Match and Idempotency-Key make it safe",
        params: z.object({ id: z.string().max(64), action: z.enum(alertActions) }),
        headers,
        body: actionBody,
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const { id, action } = request.params;
      const expectedRev = revisionOf(request.headers["if-match"]);
      const input = { ...given(request.body ?? {}), ...(expectedRev !== undefined && { expectedRev }) };
      const answer = await once(request.headers["idempotency-key"], who, request, 200, (now, changes) =>
        show(center.alerting.act(id, action, input as never, who, now, changes), who),
      );
      return reply.code(answer.status).send(answer.body);
    },
  );

  api.post(
    "/alerts",
    {
      config: needs("reportAlerts"),
      schema: { summary: "A person or another system reports a problem", headers, body: reportBody },
    },
    async (request, reply) => {
      const who = actor(request);
      const answer = await once(request.headers["idempotency-key"], who, request, 201, (now, changes) =>
        show(center.alerting.report(given(request.body) as never, who, now, changes), who),
      );
      return reply.code(answer.status).send(answer.body);
    },
  );
}
