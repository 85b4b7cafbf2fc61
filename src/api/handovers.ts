import { createHash } from "node:crypto";
import { ulid } from "ulid";
import { z } from "zod";
import type { Login } from "../access/login.ts";
import { atLeastFor } from "../access/policy.ts";
import { type ShiftSnapshot, shiftSnapshot } from "../alerts/handover.ts";
import { conflict, forbidden, notFound } from "../domain/problem.ts";
import { inScope, reaches } from "../domain/reach.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { AuditEntry } from "../store/kept.ts";
import { type Api, actor, given, needs, page, type ResourceParts } from "./route.ts";

/** One that waits for its second signature; the record itself is in the audit, where nobody can change it. */
interface Waiting {
  readonly by: string;
  readonly at: Millis;
  readonly digest: string;
}

const COLLECTION = "handover";
const GIVE = "handover.give";
const TAKE = "handover.take";
const text = z.string().max(4_000);
const handoverId = z.object({ id: z.string().max(64) });

const digestOf = (details: Json): string => createHash("sha256").update(JSON.stringify(details)).digest("hex");

/**
 * The change of shifts: what is open, what the outgoing one adds, and both signatures. A handover is two entries of the
 * audit, so it is as immutable as the audit itself: the second signature names the digest of what was signed first.
 */
export function registerHandovers(
  api: Api,
  { center, config, login }: ResourceParts & { readonly login: Login },
): void {
  const waiting = new Map<string, Waiting>();
  for (const { collection, id, body } of center.store.restored.documents) {
    if (collection === COLLECTION) waiting.set(id, body as unknown as Waiting);
  }

  const snapshot = (who: Actor, now: Millis): ShiftSnapshot => {
    const alerts = [...center.alerting.live()].filter((alert) => reaches(who, alert));
    const subjects = [...center.subjects.values()].filter(({ place }) => inScope(who.scope, place));
    return shiftSnapshot(alerts, subjects, center.alerting.quiet.all(), now);
  };

  const shown = (entries: readonly (AuditEntry & { id: number })[]) => {
    const give = entries.find(({ action }) => action === GIVE);
    const take = entries.find(({ action }) => action === TAKE);
    if (!give) return null;
    const { snapshot: state, notes } = give.details as unknown as { snapshot: ShiftSnapshot; notes: string };
    const { note = null } = (take?.details ?? {}) as { note?: string | null };
    return {
      id: give.target,
      at: give.at,
      notes,
      snapshot: state,
      digest: digestOf(give.details),
      given: { by: give.actor, at: give.at, auditId: give.id },
      taken: take ? { by: take.actor, at: take.at, auditId: take.id, note } : null,
    };
  };
  const read = async (id: string) => {
    const { items } = await center.store.audit({ target: id, limit: 10 });
    const found = shown(items);
    if (!found) throw notFound(`handover ${id}`);
    return found;
  };

  api.get(
    "/handovers/draft",
    { config: needs("handOver"), schema: { summary: "What would be handed over now" } },
    async (request) => snapshot(actor(request), center.clock.now()),
  );

  api.get(
    "/handovers",
    {
      config: needs("handOver"),
      schema: { summary: "Changes of shift, newest first", querystring: z.object(page(config)) },
    },
    async (request) => {
      const given_ = await center.store.audit({ ...given(request.query), action: GIVE });
      return { items: await Promise.all(given_.items.map(({ target }) => read(target))), next: given_.next };
    },
  );

  api.get(
    "/handovers/:id",
    { config: needs("handOver"), schema: { summary: "One change of shift with both signatures", params: handoverId } },
    async (request) => read(request.params.id),
  );

  api.post(
    "/handovers",
    {
      config: needs("handOver"),
      schema: {
        summary: "Hand over: the state of this moment and your notes, signed by you",
        body: z.object({ notes: text.default("") }),
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const id = await center.operate((now, changes) => {
        const made = ulid(now);
        const details = JSON.parse(JSON.stringify({ notes: request.body.notes, snapshot: snapshot(who, now) })) as Json;
        const wait: Waiting = { by: who.name, at: now, digest: digestOf(details) };
        changes.audit.push({ at: now, actor: who.name, action: GIVE, target: made, details });
        changes.putDocument(COLLECTION, made, { ...wait });
        waiting.set(made, wait);
        return made;
      });
      return reply.code(201).send(await read(id));
    },
  );

  api.post(
    "/handovers/:id/take",
    {
      config: needs("handOver"),
      schema: {
        summary: "Take over: the second signature, by your session or by name and password on this screen",
        params: handoverId,
        body: z.object({
          note: text.optional(),
          signature: z.object({ name: z.string().min(1).max(64), password: z.string().min(1).max(1_024) }).optional(),
        }),
      },
    },
    async (request) => {
      const { id } = request.params;
      const { note, signature } = request.body;
      let name = actor(request).name;
      if (signature) {
        const person = await login.sign(signature.name, signature.password, request.ip);
        if (!atLeastFor("handOver", person.role)) throw forbidden("who takes over must be a dispatcher");
        name = `user:${person.id}`;
      }
      await center.operate((now, changes) => {
        const wait = waiting.get(id);
        if (!wait) throw conflict("state", "this handover does not wait for a signature");
        if (wait.by === name) throw conflict("sameSignature", "who hands over cannot take over: the next shift signs");
        const details = { digest: wait.digest, note: note ?? null };
        changes.audit.push({ at: now, actor: name, action: TAKE, target: id, details });
        changes.putDocument(COLLECTION, id, null);
        waiting.delete(id);
      });
      return read(id);
    },
  );
}
