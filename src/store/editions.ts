import type { DatabaseSync } from "node:sqlite";
import type { DistrictFeature } from "../domain/district.ts";
import type { DistrictChange, EditionNote, FeatureEdition } from "./kept.ts";
import type { Page } from "./questions.ts";

type Row = Record<string, unknown>;

/** Writes editions of the district: a feature's row is kept, with the editions it was valid from and until. */
export function createEditionWriter(database: DatabaseSync): (change: DistrictChange) => void {
  const putNote = database.prepare("INSERT INTO district_edition (edition, at, body) VALUES (?, ?, ?)");
  const end = database.prepare("UPDATE district_feature SET until = ? WHERE id = ? AND until IS NULL");
  const putFeature = database.prepare("INSERT INTO district_feature (id, since, body) VALUES (?, ?, ?)");
  return ({ note, put, removed }) => {
    putNote.run(note.edition, note.at, JSON.stringify(note));
    for (const id of removed) end.run(note.edition, id);
    for (const feature of put) {
      end.run(note.edition, feature.properties.id);
      putFeature.run(feature.properties.id, note.edition, JSON.stringify(feature));
    }
  };
}

/** The newest edition with its features; null when the district was never kept. */
export function restoreDistrict(database: DatabaseSync): { note: EditionNote; features: DistrictFeature[] } | null {
  const newest = database.prepare("SELECT body FROM district_edition ORDER BY edition DESC LIMIT 1").get() as
    | Row
    | undefined;
  if (!newest) return null;
  const note = JSON.parse(String(newest.body)) as EditionNote;
  return { note, features: featuresAt(database, note.edition) };
}

function featuresAt(database: DatabaseSync, edition: number): DistrictFeature[] {
  const rows = database
    .prepare("SELECT body FROM district_feature WHERE since <= ?1 AND (until IS NULL OR until > ?1) ORDER BY number")
    .all(edition) as Row[];
  return rows.map(({ body }) => JSON.parse(String(body)));
}

/** Questions about editions that are past. */
export function createEditions(database: DatabaseSync) {
  const noteOf = database.prepare("SELECT body FROM district_edition WHERE edition = ?");
  const notes = database.prepare("SELECT body FROM district_edition WHERE edition < ? ORDER BY edition DESC LIMIT ?");
  const history = database.prepare("SELECT * FROM district_feature WHERE id = ? ORDER BY since DESC LIMIT ?");
  return {
    editions({ cursor, limit }: { cursor?: number; limit: number }): Page<EditionNote> {
      const rows = notes.all(cursor ?? Number.MAX_SAFE_INTEGER, limit + 1) as Row[];
      const items = rows.slice(0, limit).map(({ body }) => JSON.parse(String(body)) as EditionNote);
      return { items, next: rows.length > limit ? String(items.at(-1)?.edition) : null };
    },
    edition(edition: number): { note: EditionNote; features: DistrictFeature[] } | null {
      const row = noteOf.get(edition) as Row | undefined;
      return row ? { note: JSON.parse(String(row.body)), features: featuresAt(database, edition) } : null;
    },
    featureEditions(id: string, limit: number): FeatureEdition[] {
      return (history.all(id, limit) as Row[]).map(({ since, until, body }) => ({
        since: Number(since),
        until: until === null ? null : Number(until),
        feature: JSON.parse(String(body)),
      }));
    },
  };
}
