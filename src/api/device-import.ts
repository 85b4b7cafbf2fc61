import { parse } from "csv-parse/sync";
import type { z } from "zod";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { Problem } from "../domain/problem.ts";

export interface ImportError {
  /** Counted from 1, as a person counts lines of data. */
  readonly row: number;
  readonly problem: string;
}

/** Columns of CSV that make up the place; every other unknown column becomes an attribute. */
const PLACE_COLUMNS = ["lat", "lon", "communityId", "gridId", "sectionId", "pointId", "placeType", "areaGrade"];
const OWN_COLUMNS = ["id", "kind", "name", "aliases"];

/**
 * Reads devices out of a JSON array, GeoJSON points or CSV.
 * @throws Problem 400 when the whole is none of them
 */
export function parseImport<T>(
  body: unknown,
  contentType: string,
  shape: z.ZodType<T>,
): { rows: { row: number; device: T }[]; errors: ImportError[] } {
  const rows: { row: number; device: T }[] = [];
  const errors: ImportError[] = [];
  for (const [index, raw] of rawRows(body, contentType).entries()) {
    const parsed = shape.safeParse(raw);
    if (parsed.success) rows.push({ row: index + 1, device: parsed.data });
    else {
      errors.push({ row: index + 1, problem: linesOf(faultsOf(parsed.error, "the row")).join("; ") });
    }
  }
  return { rows, errors };
}

function rawRows(body: unknown, contentType: string): unknown[] {
  if (contentType.startsWith("text/csv")) return fromCsv(String(body));
  if (Array.isArray(body)) return body;
  if (isFeatureCollection(body)) return body.features.map(fromFeature);
  throw new Problem(400, "invalid", "send a JSON array of devices, a GeoJSON FeatureCollection of points, or text/csv");
}

function fromCsv(text: string): unknown[] {
  let records: Record<string, string>[];
  try {
    records = parse(text, { columns: true, skip_empty_lines: true, bom: true, trim: true });
  } catch (error) {
    throw new Problem(400, "invalid", `the CSV cannot be read: ${(error as Error).message}`);
  }
  return records.map((record) => {
    const place: Record<string, unknown> = {};
    const attributes: Record<string, unknown> = {};
    for (const [column, value] of Object.entries(record)) {
      if (value === "" || OWN_COLUMNS.includes(column)) continue;
      const number = Number(value);
      if (PLACE_COLUMNS.includes(column)) place[column] = column === "lat" || column === "lon" ? number : value;
      else attributes[column] = Number.isNaN(number) ? value : number;
    }
    return {
      id: record.id,
      kind: record.kind,
      ...(record.name && { name: record.name }),
      ...(record.aliases && { aliases: record.aliases.split(/[\s;]+/) }),
      ...(Object.keys(place).length > 0 && { place }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
    };
  });
}

interface PointFeature {
  readonly geometry?: { readonly type?: string; readonly coordinates?: readonly number[] } | null;
  readonly properties?: Record<string, unknown> | null;
}

function isFeatureCollection(body: unknown): body is { features: PointFeature[] } {
  return typeof body === "object" && body !== null && Array.isArray((body as { features?: unknown }).features);
}

function fromFeature({ geometry, properties }: PointFeature): unknown {
  const { place, ...rest } = properties ?? {};
  const [lon, lat] = geometry?.coordinates ?? [];
  return { ...rest, place: { ...(place as object | undefined), lat, lon } };
}
