import { z } from "zod";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { invalid, notFound, Problem } from "../domain/problem.ts";
import { reaches } from "../domain/reach.ts";
import type { Scope as TokenScope } from "../domain/roles.ts";
import { DAY, type Millis } from "../domain/time.ts";
import { kpiTable } from "../exports/kpis.ts";
import { answerKpis, withinLine } from "../kpi/answer.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import type { Scope } from "../kpi/measures.ts";
import { type Period, periods } from "../kpi/periods.ts";
import { ticketShape } from "../kpi/tickets.ts";
import type { KpiWithin } from "../store/questions.ts";
import { alertView } from "../stream/projection.ts";
import { sendTable } from "./exports.ts";
import { type Api, actor, given, goneSignal, instant, list, needs, page, type ResourceParts, token } from "./route.ts";

/** Names in the address, and the part of the scope they stand for. */
const groups = {
  community: "communityId",
  grid: "gridId",
  line: "line",
  contractor: "contractor",
  level: "level",
  category: "category",
  camera: "source",
  vehicle: "source",
} as const satisfies Record<string, keyof Scope>;
const groupNames = Object.keys(groups) as (keyof typeof groups)[];
const isPeriod = (name: string): name is Period => (periods as readonly string[]).includes(name);
const LONGEST_DAYS = 400;
/** A figure per hour is for days, not for years. */
const LONGEST_BY_HOUR_DAYS = 32;

const name = z.string().max(64);
const range = { from: instant.optional(), to: instant.optional() };
const within = {
  communityId: list(name),
  gridId: list(name),
  line: list(name),
  contractor: list(name),
  level: list(z.coerce.number().int().min(1).max(4)),
  category: list(name),
};

/** Figures over any time, the cases behind them, and tickets of another system. */
export function registerKpis(api: Api, { center, config }: ResourceParts): void {
  const { kpis, store, clock } = center;
  const parts = {
    store,
    periods: kpis.periods,
    desks: config.DISPATCHER_DESKS,
    openCases: kpis.openCases,
    live: kpis.live,
  };

  /** Whole hours, never beyond now: what falls due later is no figure yet. Today when nothing is said. */
  const spanOf = (query: { from?: Millis | undefined; to?: Millis | undefined }, now: Millis) => {
    const hour = (at: Millis) => kpis.periods.start("hour", at);
    const to = Math.min(query.to ?? now, now);
    const from = hour(query.from ?? kpis.periods.start("day", now));
    const end = hour(to) === to ? to : kpis.periods.next("hour", to);
    if (end <= from) throw invalid("to must be later than from, and from must lie in the past", { from, to });
    if (end - from > LONGEST_DAYS * DAY) throw invalid(`at most ${LONGEST_DAYS} days at once`, { from, to: end });
    return { from, to: end };
  };

  /** What the token may see of what is asked for. */
  const reachOf = (asked: KpiWithin, scope: TokenScope): KpiWithin => {
    if (scope.areaGrade !== undefined) {
      throw new Problem(
        403,
        "forbidden",
        "figures are not told apart by area grade: ask with a token without that limit",
      );
    }
    const both = (wanted: readonly string[] | undefined, allowed: readonly string[] | undefined) =>
      allowed === undefined ? wanted : wanted === undefined ? allowed : wanted.filter((one) => allowed.includes(one));
    return given({
      ...asked,
      communityId: both(asked.communityId, scope.communityId),
      gridId: both(asked.gridId, scope.gridId),
      line: both(asked.line, scope.businessLine),
    });
  };

  api.get(
    "/kpis",
    {
      config: needs("readKpis"),
      schema: {
        summary: "Figures with value, numerator and denominator; null where there is nothing to reckon from",
        querystring: z.object({
          ...range,
          id: list(z.enum(kpiCatalogue.map(({ id }) => id) as [string, ...string[]])),
          groupBy: list(z.enum([...groupNames, ...periods])),
          format: z.enum(["json", "csv", "xlsx"]).default("json"),
          lang: z.enum(["zh", "en"]).default("zh"),
          ...within,
        }),
      },
    },
    async (request, reply) => {
      const { from: _from, to: _to, id, groupBy = [], format, lang, ...asked } = request.query;
      const now = clock.now();
      const span = spanOf(request.query, now);
      const byTime = groupBy.filter(isPeriod);
      if (byTime.length > 1) throw new Problem(400, "invalid", `one of ${periods.join(", ")} at a time`);
      if (byTime[0] === "hour" && span.to - span.from > LONGEST_BY_HOUR_DAYS * DAY) {
        throw new Problem(400, "invalid", `by hour at most ${LONGEST_BY_HOUR_DAYS} days at once`);
      }
      const by = groupBy.filter((one) => !isPeriod(one)).map((one) => groups[one as keyof typeof groups]);
      const chosen = kpiCatalogue.filter((kpi) => !id || id.includes(kpi.id));
      const question = {
        kpis: chosen,
        ...span,
        by: [...new Set(by)],
        period: byTime[0] ?? null,
        within: reachOf(given(asked), token(request).scope),
      };
      const items = await answerKpis(question, { ...parts, signal: goneSignal(reply) }, now);
      if (format === "json") return { now, ...span, groupBy, items };
      return sendTable(reply, kpiTable(items, lang), format, lang, center.calendar);
    },
  );

  api.get(
    "/kpis/:id/cases",
    {
      config: needs("readKpis"),
      schema: {
        summary: "The alerts behind a figure, newest first; `measures` says which part of it each is",
        params: z.object({ id: name }),
        querystring: z.object({ ...range, ...within, ...page(config) }),
      },
    },
    async (request, reply) => {
      const gone = goneSignal(reply);
      const kpi = kpiCatalogue.find(({ id }) => id === request.params.id);
      if (!kpi) throw notFound(`figure ${request.params.id}`);
      const { from: _from, to: _to, cursor, limit, ...asked } = request.query;
      const reader = token(request);
      const found = await store.kpiCases({
        measures: [...new Set([...kpi.numerator, ...(kpi.denominator ?? [])])],
        ...spanOf(request.query, clock.now()),
        within: withinLine(reachOf(given(asked), reader.scope), kpi.line) ?? {},
        limit,
        ...(cursor !== undefined && { cursor }),
      });
      const items = [];
      for (const { recordId, ...rest } of found.items) {
        gone.throwIfAborted();
        const alert = center.alerting.get(recordId) ?? (await store.alert(recordId))?.alert;
        const shown = alert && reaches(actor(request), alert) ? alertView(alert, reader.role, center.registry) : null;
        items.push({ ...rest, id: recordId, alert: shown });
      }
      return { items, next: found.next };
    },
  );

  api.put(
    "/tickets/:id",
    {
      config: needs("importTickets"),
      schema: {
        summary: "A case that another system keeps, told as often as its times change",
        params: z.object({ id: name }),
        body: z.record(z.string(), z.unknown()),
      },
    },
    async (request) => {
      const parsed = ticketShape.safeParse({ ...request.body, id: request.params.id });
      if (!parsed.success) {
        const problems = linesOf(faultsOf(parsed.error, "the ticket"));
        throw new Problem(400, "invalid", problems.join("; "), { problems });
      }
      const who = actor(request);
      await center.operate((now, changes) => {
        kpis.ticket(parsed.data, changes);
        changes.audit.push({
          at: now,
          actor: who.name,
          action: "ticket.put",
          target: parsed.data.id,
          details: parsed.data,
        });
      });
      return parsed.data;
    },
  );
}
