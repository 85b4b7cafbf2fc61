import { z } from "zod";
import { createPairing } from "../access/pairing.ts";
import { scopeWithin } from "../access/policy.ts";
import { conflict, forbidden, notFound } from "../domain/problem.ts";
import type { Actor, Token } from "../domain/roles.ts";
import { MINUTE } from "../domain/time.ts";
import { sceneNames } from "../domain/wall.ts";
import type { StreamCounters } from "../stream/connection.ts";
import { scopeShape } from "./people.ts";
import { type Api, actor, needs, type ResourceParts } from "./route.ts";

/** Every waiting screen asks every few seconds whether it is allowed yet. */
const COLLECTS_PER_REQUEST = 60;

export const wallOrderShape = z
  .strictObject({
    scene: z.enum(sceneNames).nullable().default(null),
    place: z
      .strictObject({
        lat: z.number().min(-90).max(90),
        lon: z.number().min(-180).max(180),
        zoom: z.number().min(8).max(19).default(16),
      })
      .nullable()
      .default(null),
    alertId: z.string().max(64).nullable().default(null),
    replay: z
      .strictObject({
        fromAt: z.number().int().min(0),
        toAt: z.number().int().min(0),
        seconds: z.number().int().min(10).max(3_600).default(180),
      })
      .refine(({ fromAt, toAt }) => fromAt < toAt, "fromAt must lie before toAt")
      .nullable()
      .default(null),
    note: z.string().trim().min(1).max(200).nullable().default(null),
    /** Absent: until it is told otherwise. */
    minutes: z.number().min(0.1).max(1_440).optional(),
  })
  .refine(
    ({ scene, place, alertId, replay, note }) => scene ?? place ?? alertId ?? replay ?? note,
    "say what to show: scene, place, alertId, replay or note; DELETE sends the wall back to its round",
  );

/** Walls: how they come to their token, and what they are told to show. */
export function registerWalls(api: Api, { center, config, stream }: ResourceParts & { stream: StreamCounters }): void {
  const pairing = createPairing({ lifeMs: config.PAIRING_MINUTES * MINUTE, waiting: config.PAIRING_WAITING });
  // Public routes are free of the general limit, which is for pages; these are not.
  const atMost = (max: number) => ({ rateLimit: { max, timeWindow: MINUTE, allowList: [] } });

  api.post(
    "/pairings",
    {
      config: { ...needs("public"), ...atMost(config.PAIRING_REQUESTS_PER_MINUTE) },
      schema: { summary: "A screen asks to be paired: a code to show, and a secret to collect its token with" },
    },
    async (_request, reply) => {
      // With the time it is here: a screen's own clock may be wrong by hours.
      const now = center.clock.now();
      return reply.code(201).send({ ...pairing.open(now), now });
    },
  );

  api.post(
    "/pairings/confirm",
    {
      config: { ...needs("pairWalls"), ...atMost(config.PAIRING_REQUESTS_PER_MINUTE) },
      schema: {
        summary: "Allow the screen that shows a code to read: it becomes a wall of this name and scope",
        body: z.object({
          code: z.string().min(1).max(32),
          name: z.string().trim().min(1).max(64),
          scope: scopeShape.optional(),
          expiresAt: z.number().int().nullable().default(null),
        }),
      },
    },
    async (request) => {
      const who = actor(request);
      const { code, name, expiresAt, scope = who.scope } = request.body;
      if (!scopeWithin(scope, who.scope)) throw forbidden("a wall cannot see more than the one who allows it");
      await center.operate((now, changes) => {
        if (walls().some((wall) => wall.name === name))
          throw conflict("taken", `there is a wall called ${name} already`);
        pairing.confirm(code, { name, scope, expiresAt, by: who.name }, now);
        changes.audit.push({ at: now, actor: who.name, action: "wall.allow", target: name, details: null });
      });
      return { name, scope, expiresAt };
    },
  );

  api.post(
    "/pairings/collect",
    {
      config: { ...needs("public"), ...atMost(config.PAIRING_REQUESTS_PER_MINUTE * COLLECTS_PER_REQUEST) },
      schema: {
        summary: "The screen collects its token, once; 202 while nobody has confirmed its code",
        body: z.object({ secret: z.string().min(1).max(128) }),
      },
    },
    async (request, reply) => {
      const paired = await center.operate((now, changes) => {
        const grant = pairing.collect(request.body.secret, now);
        if (!grant) return null;
        const { name, scope, expiresAt, by } = grant;
        const issued = center.tokens.issue({ name, role: "viewer", scope, expiresAt }, now, changes);
        const details = { name, role: "viewer", pairing: true };
        changes.audit.push({ at: now, actor: by, action: "token.issue", target: issued.token.id, details });
        return { id: issued.token.id, name, token: issued.secret };
      });
      return paired ? paired : reply.code(202).send({ status: "waiting" });
    },
  );

  const walls = (): Token[] => [...center.tokens.all()].filter(({ role, session }) => role === "viewer" && !session);
  /** By id or by name, if it lies in what the asking one may see. */
  const wallOf = (asked: string, who: Actor): Token => {
    const found = walls().find(({ id, name }) => id === asked || name === asked);
    if (!found || !scopeWithin(found.scope, who.scope)) throw notFound(`wall ${asked}`);
    return found;
  };

  api.get(
    "/walls",
    {
      config: needs("controlWalls"),
      schema: { summary: "Walls, whether they are on, and what they were told to show" },
    },
    async (request) => {
      const who = actor(request);
      const now = center.clock.now();
      const items = walls()
        .filter(({ scope, expiresAt }) => scopeWithin(scope, who.scope) && (expiresAt === null || expiresAt > now))
        .map(({ id, name, scope, createdAt }) => {
          return {
            id,
            name,
            scope,
            createdAt,
            screens: stream.byToken.get(id) ?? 0,
            order: center.walls.orderOf(id, now),
          };
        });
      return { items, next: null };
    },
  );

  const params = z.object({ wall: z.string().min(1).max(64) });

  api.put(
    "/walls/:wall/order",
    {
      config: needs("controlWalls"),
      schema: {
        summary: "Tell a wall (by id or name) what to show: a scene, a place, an alert, a replay, a line of text",
        params,
        body: wallOrderShape,
      },
    },
    async (request) => {
      const who = actor(request);
      const { minutes, ...shown } = request.body;
      return center.operate((now, changes) => {
        const wall = wallOf(request.params.wall, who);
        const order = { ...shown, orderedAt: now, untilAt: minutes === undefined ? null : now + minutes * MINUTE };
        center.walls.tell(wall, order, changes);
        changes.audit.push({ at: now, actor: who.name, action: "wall.order", target: wall.id, details: { ...order } });
        return { id: wall.id, name: wall.name, order };
      });
    },
  );

  api.delete(
    "/walls/:wall/order",
    { config: needs("controlWalls"), schema: { summary: "Send a wall back to its round of scenes", params } },
    async (request, reply) => {
      const who = actor(request);
      await center.operate((now, changes) => {
        const wall = wallOf(request.params.wall, who);
        center.walls.tell(wall, null, changes);
        changes.audit.push({ at: now, actor: who.name, action: "wall.release", target: wall.id, details: null });
      });
      return reply.code(204).send();
    },
  );
}
