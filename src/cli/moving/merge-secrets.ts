import { existsSync, readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { createSealer } from "../../access/sealed.ts";
import type { Merging } from "./merge-rows.ts";

/** Whether anything in a center depends on its pepper: before that, another one can take its place. */
export function usesPepper(database: DatabaseSync): boolean {
  const one = (sql: string) => database.prepare(sql).get() !== undefined;
  return (
    one("SELECT 1 FROM main.device LIMIT 1") || one("SELECT 1 FROM main.document WHERE collection = 'outputs' LIMIT 1")
  );
}

/**
 * Secrets were hashed and sealed with the pepper of another center. What was sealed is sealed anew; a hash cannot be made
 * again, so those devices need a new secret.
 * @param given the pepper's file of the export, null when it has none
 * @param own the pepper's file of this center
 */
export function translateSecrets({ database, outcome }: Merging, given: string | null, own: string): void {
  const pepperIn = (path: string | null) =>
    path !== null && existsSync(path) ? Buffer.from(readFileSync(path, "utf8").trim(), "hex") : null;
  const [before, after] = [pepperIn(given), pepperIn(own)];
  if (!after || before?.equals(after)) return;
  const devices = database
    .prepare(
      `SELECT id, body FROM given.device AS given WHERE json_array_length(body, '$.secretHashes') > 0
       AND NOT EXISTS (SELECT 1 FROM main.device AS own WHERE own.id = given.id)`,
    )
    .all() as { id: string; body: string }[];
  for (const { id } of devices) outcome.conflict("device", `${id} needs a new secret: this center has another pepper`);
  // What is known here keeps its own secrets.
  database.exec(`UPDATE given.device SET body = json_set(body, '$.secretHashes', json(coalesce(
      (SELECT json_extract(own.body, '$.secretHashes') FROM main.device AS own WHERE own.id = device.id), '[]')));
    UPDATE given.document SET body = json_set(body, '$.sealed', json((SELECT json_extract(own.body, '$.sealed')
        FROM main.document AS own WHERE own.collection = 'outputs' AND own.id = document.id)))
      WHERE collection = 'outputs' AND id IN (SELECT id FROM main.document WHERE collection = 'outputs')`);

  const outputs = database
    .prepare(
      `SELECT id, body FROM given.document WHERE collection = 'outputs'
       AND id NOT IN (SELECT id FROM main.document WHERE collection = 'outputs')`,
    )
    .all();
  const put = database.prepare("UPDATE given.document SET body = ? WHERE collection = 'outputs' AND id = ?");
  for (const { id, body } of outputs as { id: string; body: string }[]) {
    const output = JSON.parse(body) as { sealed: Record<string, string> };
    const sealed = before
      ? Object.entries(output.sealed).map(([name, text]) => [name, reseal(text, before, after)])
      : [];
    if (!before && Object.keys(output.sealed).length > 0) {
      outcome.conflict("document", `outputs ${id} needs its secrets again: the export has no pepper`);
    }
    put.run(JSON.stringify({ ...output, sealed: Object.fromEntries(sealed) }), id);
  }
}

const reseal = (text: string, before: Uint8Array, after: Uint8Array): string =>
  createSealer(after).seal(createSealer(before).open(text));
