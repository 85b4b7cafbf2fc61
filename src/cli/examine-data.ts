import type { DatabaseSync } from "node:sqlite";
import { decodeChunk } from "../store/chunks.ts";
import { schemaVersion } from "../store/migrations.ts";
import { decodeReadings } from "../store/readings.ts";
import { decodeWindows } from "../store/tiers.ts";
import { brokenAudit } from "./moving/merge-logbooks.ts";

interface Finding {
  readonly what: string;
  readonly problem: string | null;
  readonly note?: string;
}

/** The packed forms of the past, and how each is opened. */
const packed: readonly [what: string, table: string, key: string, open: (body: Uint8Array) => unknown][] = [
  ["packed readings", "chunk", "'device ' || device || ' on day ' || day", decodeChunk],
  ["windows of readings", "tier", "'device ' || device || ' in period ' || period", decodeWindows],
  ["log", "log", "'entry ' || id", (body) => decodeReadings(body, () => {})],
];

/** Looks through a database that may be in use: nothing is written. */
export function examineData(database: DatabaseSync): Finding[] {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > schemaVersion) {
    const problem = `it has version ${version}, this Kerbside knows ${schemaVersion}: start the newer one`;
    return [{ what: "version", problem }];
  }
  const brought =
    version < schemaVersion ? `${version}, brought to ${schemaVersion} at the next start` : String(version);
  const findings: Finding[] = [{ what: "version", problem: null, note: brought }];

  const found = database.prepare("PRAGMA quick_check(20)").all() as { quick_check: string }[];
  const damage = found.map(({ quick_check: line }) => line).filter((line) => line !== "ok");
  findings.push({ what: "database", problem: damage.length > 0 ? damage.join("; ") : null });
  if (damage.length > 0) return findings;

  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  const known = new Set(tables.map(({ name }) => name));
  for (const [what, table, key, open] of packed.filter(([, table]) => known.has(table))) {
    findings.push({ what, ...openAll(database, table, key, open) });
  }
  const broken = brokenAudit(database, "main");
  findings.push({
    what: "audit",
    problem: broken === null ? null : `entry ${broken} does not follow from the one before`,
  });
  return findings;
}

function openAll(database: DatabaseSync, table: string, key: string, open: (body: Uint8Array) => unknown) {
  let rows = 0;
  const unreadable: string[] = [];
  const all = database.prepare(`SELECT ${key} AS name, body FROM ${table}`);
  for (const { name, body } of all.iterate() as Iterable<{ name: string | number; body: Uint8Array }>) {
    rows++;
    try {
      open(body);
    } catch (error) {
      unreadable.push(`${name} (${(error as Error).message})`);
    }
  }
  if (unreadable.length === 0) return { problem: null, note: `${rows.toLocaleString("en")} pieces, all readable` };
  const named = unreadable.slice(0, 5).join(", ");
  return { problem: `${unreadable.length} of ${rows} cannot be read: ${named}` };
}
