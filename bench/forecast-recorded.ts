import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HOUR, MINUTE, type Millis } from "../src/domain/time.ts";
import type { BinRecord, LevelReading } from "./forecast-bins.ts";

/**
 * Recorded bins out of a folder. `levels.csv` has a level for each day (`bin_id`, `fullness` in tenths, `date`), as Wyndham
 * City publishes it; `collections.csv` what was found at each emptying (`site_id`, `collected_local`, `fill_before_pct`,
 * `fill_after_pct`), as Edinburgh does.
 */
export function recordedBins(folder: string): { readonly name: string; readonly bins: readonly BinRecord[] } | null {
  const levels = join(folder, "levels.csv");
  if (existsSync(levels)) {
    const rows = read(levels).map((row) => ({
      bin: row.bin_id ?? "",
      readings: [{ at: Date.parse(`${row.date}T12:00:00Z`), value: Number(row.fullness) * 10 }],
    }));
    return { name: "recorded, a level a day", bins: binsOf(rows) };
  }
  const collections = join(folder, "collections.csv");
  if (!existsSync(collections)) return null;
  const rows = read(collections).map((row) => {
    const at = Date.parse(`${row.collected_local}Z`);
    return {
      bin: row.site_id ?? "",
      readings: [
        { at, value: Number(row.fill_before_pct) },
        { at: at + MINUTE, value: Number(row.fill_after_pct) },
      ],
    };
  });
  return { name: "recorded, emptyings", bins: binsOf(rows) };
}

/** Comma-separated rows by the names in the first line; a field in quotes may hold commas. */
function read(path: string): Record<string, string>[] {
  const [head = "", ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
  const names = head.split(",");
  return lines.map((line) => {
    const fields = [...line.matchAll(/("([^"]*)"|[^,]*)(?:,|$)/g)].map(([, plain, quoted]) => quoted ?? plain ?? "");
    return Object.fromEntries(names.map((name, i) => [name, fields[i] ?? ""]));
  });
}

/** Of two readings of one moment the later row counts. */
function binsOf(rows: readonly { readonly bin: string; readonly readings: readonly LevelReading[] }[]): BinRecord[] {
  return Array.from(
    Map.groupBy(rows, ({ bin }) => bin),
    ([id, own]) => {
      const byTime = new Map<Millis, number>();
      for (const { at, value } of own.flatMap(({ readings }) => readings)) byTime.set(at, value);
      const readings = Array.from(byTime, ([at, value]) => ({ at, value })).sort((a, b) => a.at - b.at);
      return { id, offsetMs: 0, readings, truth: null };
    },
  );
}

/** Days are compared with days: the reading nearest to a horizon may be some hours off. */
export const RECORDED_TOLERANCE_MS = 3 * HOUR;
