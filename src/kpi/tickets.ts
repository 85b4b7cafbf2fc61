import { z } from "zod";
import { DAY, type Millis } from "../domain/time.ts";
import type { KpiDraft, KpiRecord } from "./ledger.ts";
import { type Contribution, EVERYWHERE, type Measure } from "./measures.ts";

/** Cases that another system keeps (citizens' tickets): only their times are needed, and they are told as often as they change. */

const moment = z.number().int().min(0);
const name = z.string().max(64).default("");

export const ticketShape = z
  .strictObject({
    id: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "letters, digits, dot, dash and underscore, at most 64"),
    openedAt: moment,
    dueAt: moment,
    closedAt: moment.nullable().default(null),
    /** The other system withdrew it. */
    cancelled: z.boolean().default(false),
    communityId: name,
    gridId: name,
    line: name,
    contractor: name,
    category: name,
  })
  .refine(({ openedAt, dueAt }) => dueAt >= openedAt, "dueAt must not be before openedAt")
  .refine(
    ({ openedAt, closedAt }) => closedAt === null || closedAt >= openedAt,
    "closedAt must not be before openedAt",
  );
export type TicketInput = z.infer<typeof ticketShape>;

const PREFIX = "ticket:";
/** A ticket may be told of again for so long after it was closed. */
const SETTLED_AFTER_MS = 90 * DAY;

export function createTickets(restored: readonly KpiRecord[]) {
  const tickets = new Map<string, TicketInput>();
  for (const { id, body } of restored) if (id.startsWith(PREFIX)) tickets.set(id, body as unknown as TicketInput);

  return {
    put(ticket: TicketInput, draft: KpiDraft): void {
      const id = `${PREFIX}${ticket.id}`;
      const before = tickets.get(id);
      tickets.set(id, ticket);
      draft.replace(id, before ? contributions(before) : [], contributions(ticket), ticket);
    },
    settle(now: Millis, draft: () => KpiDraft): void {
      for (const [id, { closedAt }] of tickets) {
        if (closedAt === null || now - closedAt <= SETTLED_AFTER_MS) continue;
        tickets.delete(id);
        draft().settle(id);
      }
    },
  };
}

function contributions({ cancelled, closedAt, dueAt, communityId, gridId, line, contractor, category }: TicketInput) {
  if (cancelled) return [];
  const scope = { ...EVERYWHERE, communityId, gridId, line, contractor, category };
  const found: Contribution[] = [];
  const put = (measure: Measure, at: Millis) => found.push({ measure, at, scope, amount: 1 });
  put("citizen.due", closedAt === null ? dueAt : Math.min(dueAt, closedAt));
  if (closedAt !== null && closedAt <= dueAt) put("citizen.inTime", closedAt);
  return found;
}
