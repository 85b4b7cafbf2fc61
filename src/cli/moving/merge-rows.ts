import type { DatabaseSync } from "node:sqlite";
import type { ExportTable } from "./tables.ts";

/** What came of putting an export (attached as `given`) into a center that has data of its own (`main`). */
export interface Outcome {
  /** Rows written, by table. */
  readonly written: Record<string, number>;
  /** Elements that are known here with another content, by table. */
  readonly conflicts: Record<string, number>;
  /** Names one of them. */
  conflict(table: string, what: string): void;
  wrote(table: string, rows: number | bigint): void;
}

export interface Merging {
  readonly database: DatabaseSync;
  /** Elements that differ become what the export says; otherwise they stay. */
  readonly replace: boolean;
  readonly outcome: Outcome;
}

/** Adds the rows that are not known here; those that are the same stay; those that differ are named. */
export function mergeRows({ database, replace, outcome }: Merging, { name, key, present }: ExportTable): void {
  const all = database.prepare(`PRAGMA main.table_info(${name})`).all() as { name: string }[];
  const columns = all.map((column) => column.name);
  const rest = columns.filter((column) => !key.includes(column));
  const same = key.map((column) => `given.${column} = own.${column}`).join(" AND ");
  const join = `FROM given.${name} AS given JOIN main.${name} AS own ON ${same}`;
  const differs = rest.map((column) => `given.${column} IS NOT own.${column}`).join(" OR ");
  if (rest.length > 0 && !present) {
    const named = key.map((column) => `given.${column}`).join(", ");
    const found = database.prepare(`SELECT ${named} ${join} WHERE ${differs}`).all() as Record<string, unknown>[];
    for (const row of found) outcome.conflict(name, key.map((column) => row[column]).join(" "));
    if (replace && found.length > 0) {
      const marks = key.map((column) => `${column} = ?`).join(" AND ");
      const drop = database.prepare(`DELETE FROM main.${name} WHERE ${marks}`);
      for (const row of found) drop.run(...key.map((column) => row[column] as string));
    }
  }
  const list = columns.join(", ");
  const { changes } = database
    .prepare(
      `INSERT INTO main.${name} (${list}) SELECT ${list} FROM given.${name} AS given
       WHERE NOT EXISTS (SELECT 1 FROM main.${name} AS own WHERE ${same})`,
    )
    .run();
  outcome.wrote(name, changes);
}

/**
 * Editions count on from each other, so two histories of a district cannot be mixed: one that continues ours is taken, any
 * other is a conflict.
 */
export function mergeDistrict({ database, replace, outcome }: Merging): void {
  const notes = (schema: string) =>
    // When it was taken over is no difference: two centers that started with one file have one edition.
    (
      database
        .prepare(`SELECT json_remove(body, '$.at') AS body FROM ${schema}.district_edition ORDER BY edition`)
        .all() as { body: string }[]
    ).map(({ body }) => body);
  const [own, given] = [notes("main"), notes("given")];
  if (given.every((body, edition) => own[edition] === body)) return;
  if (!own.every((body, edition) => given[edition] === body)) {
    outcome.conflict("district_edition", `${given.length} editions that do not continue the ${own.length} here`);
    if (!replace) return;
  }
  database.exec(`DELETE FROM main.district_edition; DELETE FROM main.district_feature;
    INSERT INTO main.district_edition SELECT * FROM given.district_edition;
    INSERT INTO main.district_feature SELECT * FROM given.district_feature`);
  outcome.wrote("district_edition", given.length);
}

/** An alias belongs to one device: where another one has it here, the given device comes without it. */
export function dropTakenAliases({ database, outcome }: Merging): void {
  const taken = database
    .prepare(
      `SELECT given.id AS id, alias.value AS alias, own.id AS owner
       FROM given.device AS given, json_each(given.body, '$.aliases') AS alias
       JOIN (SELECT device.id AS id, each.value AS alias FROM main.device, json_each(device.body, '$.aliases') AS each) AS own
         ON own.alias = alias.value AND own.id <> given.id
       WHERE NOT EXISTS (SELECT 1 FROM main.device WHERE device.id = given.id)`,
    )
    .all() as { id: string; alias: string; owner: string }[];
  const body = database.prepare("SELECT body FROM given.device WHERE id = ?");
  const put = database.prepare("UPDATE given.device SET body = ? WHERE id = ?");
  for (const { id, alias, owner } of taken) {
    outcome.conflict("device", `${id}: its alias ${alias} belongs to ${owner} here`);
    const device = JSON.parse((body.get(id) as { body: string }).body) as { aliases: string[] };
    put.run(JSON.stringify({ ...device, aliases: device.aliases.filter((one) => one !== alias) }), id);
  }
}
