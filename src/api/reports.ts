import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { dayOf } from "../domain/calendar.ts";
import { forbidden, invalid, notFound } from "../domain/problem.ts";
import type { Reports } from "../reports/keeper.ts";
import { periodOf, type ReportGroup, reportGroups, reportKinds } from "../reports/period.ts";
import type { ReportRenderer } from "../reports/renderer.ts";
import type { Report } from "../reports/report.ts";
import { sendFile } from "./exports.ts";
import { type Api, given, goneSignal, list, needs, page, type ResourceParts, token } from "./route.ts";

/** Its own rules: a drawing and a style sheet, and nothing that could run. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const groupNames = Object.keys(reportGroups) as [ReportGroup, ...ReportGroup[]];

export interface ReportResourceParts extends ResourceParts {
  readonly reports: Reports;
  readonly renderer: ReportRenderer;
}

/** Daily, weekly and monthly reports, as figures, page, PDF and workbook. */
export function registerReports(api: Api, { center, config, reports, renderer }: ReportResourceParts): void {
  /** A report tells of the whole district: a token that reaches only a part of it asks for figures instead. */
  const demandWhole = (request: FastifyRequest) => {
    if (Object.values(token(request).scope).some((limit) => limit !== undefined)) {
      throw forbidden("a report covers the whole district: ask GET /kpis for what your token reaches");
    }
  };

  const find = async (id: string, gone: AbortSignal): Promise<Report> => {
    const period = periodOf(id);
    if (!period) throw notFound(`report ${id}`);
    // Noon lies in the sanitation day of that date, whenever it begins.
    return reports.kept(period.kind, center.calendar.instant(dayOf(period.date), 12 * 60), center.clock.now(), gone);
  };

  api.get(
    "/reports",
    {
      config: needs("readReports"),
      schema: {
        summary: "Reports that are kept, newest period first, and the periods that are not over yet",
        querystring: z.object({ kind: z.enum(reportKinds).optional(), ...page(config) }),
      },
    },
    async (request) => {
      demandWhole(request);
      const { kind, cursor, limit } = request.query;
      const before = cursor === undefined ? undefined : Number(cursor);
      if (Number.isNaN(before)) throw invalid("cursor must be the `next` of an earlier page");
      const now = center.clock.now();
      const kinds = kind === undefined ? reportKinds : [kind];
      return {
        ...(await center.store.reports({ limit, ...given({ kind, before }) })),
        running: kinds.flatMap((one) => reports.running(one, now)),
      };
    },
  );

  api.get(
    "/reports/:id",
    {
      config: needs("readReports"),
      schema: {
        summary: "The report of a period, e.g. day-2026-09-22, week-…, month-…: as it was frozen, or preliminary",
        params: z.object({ id: z.string().max(32) }),
        querystring: z.object({
          format: z.enum(["json", "html", "pdf", "xlsx"]).default("json"),
          lang: z.enum(["zh", "en"]).default("zh"),
          groupBy: list(z.enum(groupNames)),
        }),
      },
    },
    async (request, reply) => {
      demandWhole(request);
      const { format, lang: language, groupBy: groups } = request.query;
      const report = await find(request.params.id, goneSignal(reply));
      if (format === "json") return report;
      const reading = { language, groups };
      if (format === "xlsx") return sendFile(reply, report.id, "xlsx", renderer.workbook(report, reading));
      if (format === "pdf")
        return sendFile(reply, report.id, "pdf", Readable.from([await renderer.pdf(report, reading)]));
      const html = renderer.page(report, reading);
      return reply.type("text/html; charset=utf-8").header("content-security-policy", POLICY).send(html);
    },
  );
}
