import { createHash } from "node:crypto";
import { z } from "zod";
import { inScope } from "../access/policy.ts";
import { alertActions } from "../alerts/alerting.ts";
import type { Changes } from "../center/changes.ts";
import { type Alert, alertStates } from "../domain/alert.ts";
import { notFound, Problem } from "../domain/problem.ts";
import type { Actor, Token } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import { alertView } from "../stream/projection.ts";
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
  token,
} from "./route.ts";

const level = z.coerce.number().int().min(1).max(4);
const note = z.string().min(1).max(2_000).optional();
const evidence = z.record(z.string().max(64), z.json()).optional();
const actionBody = z
  .object({
    note,
    assignee: z.string().min(1).max(128).optional(),
    crewId: z.string().min(1).max(128).optional(),
    evidence,
    until: z.number().int().optional(),
    into: z.string().min(1).max(64).optional(),
  })
  .nullish();
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
  /** Answers being worked out now: the second of two equal requests waits for the first. */
  const inFlight = new Map<string, Promise<{ status: number; body: Json }>>();

  /** Runs a change once, however often the request with this key comes. */
  const once = async (
    key: string | undefined,
    who: Actor,
    request: { url: string; body: unknown },
    status: number,
    run: (now: Millis, changes: Changes) => Alert,
  ): Promise<{ status: number; body: Json }> => {
    const show = (alert: Alert) => JSON.parse(JSON.stringify(alertView(alert, who.role))) as Json;
    if (key === undefined) return { status, body: show(await center.operate(run)) };
    const content = createHash("sha256")
      .update(`${request.url}\n${JSON.stringify(request.body ?? null)}`)
      .digest("hex");
    const fullKey = `${who.tokenId}\n${key}`;
    const replay = (known: { status: number; body: Json }) => {
      const stored = known.body as { content?: string; answer: Json };
      if (stored.content !== content) {
        throw new Problem(422, "idempotencyKeyReused", "this Idempotency-Key was used for another request");
      }
      return { status: known.status, body: stored.answer };
    };
    const running = inFlight.get(fullKey);
    if (running) return replay(await running);
    const known = await center.store.answer(fullKey);
    if (known) return replay(known);
    const again = inFlight.get(fullKey);
    if (again) return replay(await again);
    const work = center
      .operate((now, changes) => {
        const body = { content, answer: show(run(now, changes)) };
        changes.answers.push({ key: fullKey, at: now, status, body });
        return { status, body: body as Json };
      })
      .finally(() => inFlight.delete(fullKey));
    inFlight.set(fullKey, work);
    return replay(await work);
  };

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
      const reader = token(request);
      const { scope } = reader;
      const within = (asked: readonly string[] | undefined, allowed: readonly string[] | undefined) =>
        allowed === undefined ? asked : asked === undefined ? allowed : asked.filter((id) => allowed.includes(id));
      const { communityId, gridId, ...query } = request.query;
      const communities = within(communityId, scope.communityId);
      const grids = within(gridId, scope.gridId);
      if (communities?.length === 0 || grids?.length === 0) return { items: [], next: null };
      const answer = await center.store.alerts({
        ...given(query),
        ...(communities && { communityId: communities }),
        ...(grids && { gridId: grids }),
      });
      const items = answer.items.filter(({ place }) => inScope(scope, place));
      return { items: items.map((alert) => alertView(alert, reader.role)), next: answer.next };
    },
  );

  const inReach = async (id: string, reader: Token): Promise<Alert> => {
    const alert = center.alerting.get(id) ?? (await center.store.alert(id))?.alert;
    if (!alert || !inScope(reader.scope, alert.place)) throw notFound(`alert ${id}`);
    return alert;
  };

  api.get(
    "/alerts/:id/crews",
    {
      config: needs("readPeople"),
      schema: { summary: "Crews that could go, best first, with distance, time and load", params: alertId },
    },
    async (request) => ({
      items: center.alerting.suggestCrews(await inReach(request.params.id, token(request)), center.clock.now()),
    }),
  );

  api.get(
    "/alerts/:id",
    {
      config: needs("readAlerts"),
      schema: { summary: "One alert with evidence and timeline", params: z.object({ id: z.string().max(64) }) },
    },
    async (request, reply) => {
      const reader = token(request);
      const found = await center.store.alert(request.params.id);
      if (!found || !inScope(reader.scope, found.alert.place)) throw notFound(`alert ${request.params.id}`);
      const people = reader.role !== "viewer" && reader.role !== "crew";
      const timeline = people ? found.timeline : found.timeline.map((entry) => ({ ...entry, actor: "", note: null }));
      return reply.header("etag", `"${found.alert.rev}"`).send({ ...alertView(found.alert, reader.role), timeline });
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
        center.alerting.act(id, action, input as never, who, now, changes),
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
        center.alerting.report(given(request.body) as never, who, now, changes),
      );
      return reply.code(answer.status).send(answer.body);
    },
  );
}
