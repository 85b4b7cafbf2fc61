import { parse } from "csv-parse/sync";
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Calendar } from "../domain/calendar.ts";
import { dayOf, minutesOf } from "../domain/calendar.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { placeTypes } from "../domain/place.ts";
import { invalid, Problem } from "../domain/problem.ts";
import { SECOND } from "../domain/time.ts";
import { CITY_INDEX, type CityIndex, cityIndexShape, gradeOf } from "../kpi/city-index.ts";
import { ticketShape } from "../kpi/tickets.ts";
import { type Api, actor, needs, type ResourceParts } from "./route.ts";

const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})(?::(\d{2}))?$/;
const TICKET_TIMES = ["openedAt", "dueAt", "closedAt"];
const PLACE_TYPE = "placeType.";

/** What other systems reckon or keep, taken over as a file: citizens' tickets and the city's index. */
export function registerOutsideFigures(api: Api, { center, config }: ResourceParts): void {
  api.post(
    "/tickets/import",
    {
      config: needs("importTickets"),
      bodyLimit: config.HTTP_IMPORT_BYTES,
      schema: {
        summary: "Tickets of another system as CSV or JSON array: all of them or none; each replaces the one of its id",
      },
    },
    async (request) => {
      const rows = rowsOf(request).map((row) => ticketRow(row, center.calendar));
      const tickets = checked(rows, ticketShape);
      const { name } = actor(request);
      await center.operate((at, changes) => {
        for (const ticket of tickets) center.kpis.ticket(ticket, changes);
        const details = { tickets: tickets.length };
        changes.audit.push({ at, actor: name, action: "tickets.import", target: "tickets", details });
      });
      return { imported: tickets.length };
    },
  );

  api.post(
    "/city-index",
    {
      config: needs("importTickets"),
      bodyLimit: config.HTTP_IMPORT_BYTES,
      schema: { summary: "The city's index as CSV or JSON array, a row a period: all of them or none" },
    },
    async (request) => {
      const found = checked(rowsOf(request).map(indexRow), cityIndexShape);
      const { name } = actor(request);
      await center.operate((at, changes) => {
        for (const one of found) {
          changes.putDocument(CITY_INDEX, one.period, JSON.parse(JSON.stringify(one)));
          const details = { index: one.index, rank: one.rank ?? null };
          changes.audit.push({ at, actor: name, action: "cityIndex.put", target: one.period, details });
        }
      });
      return { imported: found.length };
    },
  );

  api.get(
    "/city-index",
    { config: needs("readKpis"), schema: { summary: "The city's index by period with its grade, newest first" } },
    async () => {
      const items = (await center.store.documents(CITY_INDEX)) as readonly CityIndex[];
      const newest = [...items].sort((a, b) => b.period.localeCompare(a.period));
      return { items: newest.map((one) => ({ ...one, grade: gradeOf(one) })) };
    },
  );
}

type Row = Record<string, unknown>;

function rowsOf({ body, headers }: FastifyRequest): Row[] {
  if (Array.isArray(body)) return body as Row[];
  if (!headers["content-type"]?.startsWith("text/csv")) throw invalid("send a JSON array or text/csv");
  try {
    const lines = parse(String(body), { columns: true, skip_empty_lines: true, bom: true, trim: true }) as Row[];
    return lines.map((line) => Object.fromEntries(Object.entries(line).filter(([, value]) => value !== "")));
  } catch (error) {
    throw invalid(`the CSV cannot be read: ${(error as Error).message}`);
  }
}

/** @throws Problem 400 with every row that does not fit */
function checked<T>(rows: readonly unknown[], shape: z.ZodType<T>): T[] {
  const errors: { row: number; problem: string }[] = [];
  const found: T[] = [];
  for (const [index, row] of rows.entries()) {
    const parsed = shape.safeParse(row);
    if (parsed.success) found.push(parsed.data);
    else {
      errors.push({ row: index + 1, problem: linesOf(faultsOf(parsed.error, "the row")).join("; ") });
    }
  }
  if (errors.length > 0) {
    throw new Problem(400, "invalid", `${errors.length} of ${rows.length} rows do not fit; nothing was taken over`, {
      errors: errors.slice(0, 100),
    });
  }
  return found;
}

function ticketRow(row: Row, calendar: Calendar): Row {
  const times = TICKET_TIMES.filter((name) => row[name] !== undefined && row[name] !== null);
  return {
    ...row,
    ...Object.fromEntries(times.map((name) => [name, timeOf(row[name], calendar)])),
    ...(typeof row.cancelled === "string" && { cancelled: ["true", "1", "yes", "是"].includes(row.cancelled) }),
  };
}

/** Epoch milliseconds, ISO 8601 with a zone, or the district's wall clock as other systems print it. */
function timeOf(given: unknown, calendar: Calendar): unknown {
  if (typeof given !== "string") return given;
  if (/^\d{12,}$/.test(given)) return Number(given);
  const [, date = "", time = "", seconds = "0"] = LOCAL_TIME.exec(given) ?? [];
  const at = date ? calendar.instant(dayOf(date), minutesOf(time)) + Number(seconds) * SECOND : Date.parse(given);
  return Number.isNaN(at) ? given : at;
}

/** `placeType.market` and the like become the scores by place type; everything but the period is a number. */
function indexRow(row: Row): Row {
  const number = (value: unknown) => (typeof value === "string" ? Number(value) : value);
  const byPlaceType: Row = {};
  const fields: Row = {};
  for (const [name, value] of Object.entries(row)) {
    const type = placeTypes.find((one) => name === PLACE_TYPE + one);
    if (type) byPlaceType[type] = number(value);
    else fields[name] = name === "period" || name === "byPlaceType" ? value : number(value);
  }
  return Object.keys(byPlaceType).length > 0 ? { ...fields, byPlaceType } : fields;
}
