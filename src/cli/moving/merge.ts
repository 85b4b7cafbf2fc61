import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { atomically } from "../../store/meta.ts";
import { noteInAudit, openAlone } from "../alone.ts";
import { DATABASE, PEPPER, PICTURES } from "../saved.ts";
import type { Header } from "./format.ts";
import { mergeAlerts } from "./merge-alerts.ts";
import { brokenAudit, mergeAudit, mergeQuarantine } from "./merge-logbooks.ts";
import { devicesWithPresent, mergeJournal, mergeReadings, mergeWindows } from "./merge-readings.ts";
import { dropTakenAliases, type Merging, mergeDistrict, mergeRows, type Outcome } from "./merge-rows.ts";
import { translateSecrets, usesPepper } from "./merge-secrets.ts";
import { matchNumbers, renumber } from "./numbers.ts";
import { pictureFiles, picturePath } from "./picture-files.ts";
import type { Staged } from "./staging.ts";
import { exportTables } from "./tables.ts";
import { packEverything } from "./unpacked.ts";

/** Tables that are merged in a way of their own. */
const OWN_WAY = ["district_edition", "district_feature", "alert", "timeline", "alert_version", "audit", "quarantine"];

class DryRun extends Error {}

/**
 * Puts an unpacked export into the folder of a center that does not run: all of it, or nothing. Doing it twice changes nothing.
 * Whenever something is written the center begins a new epoch, so that every screen reloads, and tells InfluxDB anew.
 * @param dryRun only finds out what would be done
 * @throws CommandError while a center runs there
 */
export function putInto(
  data: string,
  staged: Staged,
  { replace, dryRun, outcome }: { replace: boolean; dryRun: boolean; outcome: Outcome },
): void {
  const target = join(data, DATABASE);
  // Where there is none yet an empty center is made to merge into: there is one way to put an export in.
  const path = dryRun && !existsSync(target) ? join(staged.folder, "empty.db") : target;
  const database = openAlone(path);
  try {
    database.prepare("ATTACH ? AS given").run(staged.database);
    database.exec("PRAGMA given.journal_mode = OFF; PRAGMA given.synchronous = OFF");
    const merging: Merging = { database, replace, outcome };
    // Readings that are not packed would win over those that replace them.
    if (replace && !dryRun) packEverything(database);
    const { from, to } = staged.header;
    // A stretch of it has gaps where others wrote at other times.
    const broken = from === null && to === null ? brokenAudit(database, "given") : null;
    if (broken !== null) outcome.conflict("audit", `entry ${broken} of the export does not follow from the one before`);
    atomically(database, () => {
      mergeFiles(merging, data, staged, dryRun);
      mergeTables(merging, staged.header);
      const written = Object.values(outcome.written).reduce((sum, rows) => sum + rows, 0);
      if (written > 0) {
        database.exec("DELETE FROM main.meta WHERE key IN ('epoch', 'personCoarseDay', 'latestKnownTo')");
        // The center finds the newest values again among everything there is now.
        database.exec("DELETE FROM main.latest");
        // Whoever follows the journal is told everything anew.
        database.exec("DELETE FROM main.meta WHERE key LIKE 'follower%'; DELETE FROM main.missed");
        const { epoch, at } = staged.header;
        noteInAudit(database, "import", "center", {
          epoch,
          at,
          written: outcome.written,
          conflicts: outcome.conflicts,
        });
      }
      if (dryRun) throw new DryRun();
    });
    database.exec("DETACH given");
    checkpoint(database);
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  } finally {
    database.close();
  }
}

/** What is committed is safe in the write-ahead file: if it cannot go on from there now, the center will do it. */
function checkpoint(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    if ((error as { errcode?: number }).errcode === undefined) throw error;
  }
}

function mergeTables(merging: Merging, { kinds }: Header): void {
  const { database, outcome } = merging;
  const one = (sql: string) => database.prepare(sql).get() !== undefined;
  const hadAlerts = one("SELECT 1 FROM main.alert LIMIT 1");
  const present = devicesWithPresent(merging);
  const numbers = matchNumbers(database, kinds.includes("devices"));
  renumber(database, numbers);
  const dropState = database.prepare("DELETE FROM given.subject WHERE device = ?");
  for (const device of present) dropState.run(device);
  // Which way the figures of cases were reckoned there says nothing of those here.
  if (hadAlerts) database.exec("DELETE FROM given.document WHERE collection = 'kpi'");
  mergeDistrict(merging);
  dropTakenAliases(merging);
  mergeAlerts(merging);
  for (const table of exportTables) if (!OWN_WAY.includes(table.name)) mergeRows(merging, table);
  mergeAudit(merging);
  mergeQuarantine(merging);
  mergeReadings(merging);
  mergeWindows(merging);
  mergeJournal(merging, numbers, present);
  raisePositions(database, Math.max(0, ...numbers.values()));
  if (hadAlerts && (outcome.written.alert || outcome.written.kpi_counter)) {
    // The figures of cases are reckoned anew from all of them at the next start (kpi/rebuild.ts).
    database.exec("DELETE FROM main.document WHERE collection = 'kpi' AND id = 'edition'");
  }
}

function raisePositions(database: DatabaseSync, lastNumber: number): void {
  const raise = database.prepare(
    `INSERT INTO main.meta (key, value) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
  );
  for (const { key, value } of database.prepare("SELECT key, value FROM given.meta").all() as {
    key: string;
    value: string;
  }[]) {
    if (key === "readingsFloor" || key === "lastDeviceNumber" || key === "prunedRev") raise.run(key, value);
  }
  if (lastNumber > 0) raise.run("lastDeviceNumber", String(lastNumber));
}

/** The pepper and the pictures: they lie beside the database, and are there before rows speak of them. */
function mergeFiles(merging: Merging, data: string, { folder }: Staged, dryRun: boolean): void {
  const { database, outcome } = merging;
  const [given, own] = [join(folder, PEPPER), join(data, PEPPER)];
  if (existsSync(given) && (!existsSync(own) || !usesPepper(database))) {
    if (!dryRun) renameSync(given, own);
  } else {
    translateSecrets(merging, existsSync(given) ? given : null, own);
  }
  for (const { id, path } of pictureFiles(join(folder, PICTURES))) {
    const place = picturePath(join(data, PICTURES), id);
    if (existsSync(place)) continue;
    outcome.wrote("picture", 1);
    if (dryRun) continue;
    mkdirSync(dirname(place), { recursive: true });
    renameSync(path, place);
  }
}
