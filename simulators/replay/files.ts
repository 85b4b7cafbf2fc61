import { readFileSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { parse } from "csv-parse/sync";
import type { FeatureCollection } from "geojson";
import type { Row } from "./mapping.ts";

/** A message as it was on the wire. */
export interface RawMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Epoch milliseconds at which it was received; null when the recording does not say. */
  readonly at: number | null;
}

export type Recording =
  | { readonly rows: readonly Row[] }
  | { readonly messages: readonly RawMessage[]; readonly leftOut: readonly string[] };

/**
 * Reads a recording: CSV, GeoJSON, NDJSON of rows or of raw messages, or a folder of sample payloads with an `index.json`.
 * @throws Error that says what to do when the file cannot be read
 */
export async function readRecording(path: string): Promise<Recording> {
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch {
    throw new Error(`--replay ${path}: there is no such file or folder`);
  }
  if (folder) return readSamples(path);
  const extension = extname(path).toLowerCase();
  if (extension === ".csv") return { rows: readCsv(path) };
  const text = readFileSync(path, "utf8");
  if (extension === ".geojson" || extension === ".json") return { rows: rowsOfGeoJson(path, text) };
  if (extension === ".ndjson" || extension === ".jsonl") return readLines(path, text);
  throw new Error(`--replay ${path}: the name must end in .csv, .geojson or .ndjson, or be a folder of samples`);
}

export function readCsv(path: string): Row[] {
  try {
    return parse(readFileSync(path), { columns: true, skip_empty_lines: true, bom: true, relax_column_count: true });
  } catch (error) {
    throw new Error(`${path} cannot be read as CSV: ${(error as Error).message}`);
  }
}

function rowsOfGeoJson(path: string, text: string): Row[] {
  const collection = JSON.parse(text) as FeatureCollection;
  if (collection.type !== "FeatureCollection") throw new Error(`${path} must be a GeoJSON FeatureCollection`);
  return collection.features.map(({ properties, geometry }) => {
    const row: Record<string, string> = {};
    for (const [name, value] of Object.entries(properties ?? {})) if (value !== null) row[name] = String(value);
    if (geometry?.type === "Point") {
      row.lon = String(geometry.coordinates[0]);
      row.lat = String(geometry.coordinates[1]);
    }
    return row;
  });
}

function readLines(path: string, text: string): Recording {
  const rows: Row[] = [];
  const messages: RawMessage[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    let parsed: Record<string, unknown>;
    try {
      parsed = JSON.parse(line);
    } catch {
      throw new Error(`${path} line ${i + 1} is not JSON`);
    }
    if (typeof parsed.topic === "string") messages.push(rawMessage(parsed as { topic: string }));
    else rows.push(Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value ?? "")])));
  }
  return messages.length > 0 ? { messages, leftOut: [] } : { rows };
}

function rawMessage(line: { topic: string; payload?: unknown; encoding?: string; at?: number | string }): RawMessage {
  const { payload, encoding = typeof payload === "string" ? "text" : "json" } = line;
  const bytes =
    encoding === "json"
      ? Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload))
      : Buffer.from(String(payload), encoding === "base64" || encoding === "hex" ? encoding : "utf8");
  const at = line.at === undefined ? null : typeof line.at === "number" ? line.at : Date.parse(line.at);
  return { topic: line.topic, payload: bytes, at };
}

interface SampleEntry {
  readonly file: string;
  readonly topic: string | null;
  readonly encoding: string;
}

/** Sample folders hold `index.json` (file, topic, encoding) beside the payloads; folders of such folders are walked. */
async function readSamples(path: string): Promise<Recording> {
  const messages: RawMessage[] = [];
  const leftOut: string[] = [];
  const entries = await readdir(path, { withFileTypes: true });
  if (entries.some((entry) => entry.name === "index.json")) {
    const index = JSON.parse(readFileSync(join(path, "index.json"), "utf8")) as SampleEntry[];
    for (const { file, topic, encoding } of index) {
      // Documented placeholders such as "(HTTP POST body)" are no MQTT topics.
      if (!topic || /[\s(#+]/.test(topic) || !["json", "text", "hex"].includes(encoding)) {
        leftOut.push(`${file}: not an MQTT message (${topic ?? "no topic"})`);
        continue;
      }
      const bytes = readFileSync(join(path, file));
      const wrapped = encoding === "json" ? null : (JSON.parse(bytes.toString("utf8")) as { data: string });
      const payload = wrapped ? Buffer.from(wrapped.data, encoding === "hex" ? "hex" : "utf8") : bytes;
      messages.push({ topic, payload, at: null });
    }
  }
  for (const entry of entries.filter((each) => each.isDirectory()).sort((a, b) => a.name.localeCompare(b.name))) {
    const inner = await readSamples(join(path, entry.name));
    if ("messages" in inner) {
      messages.push(...inner.messages);
      leftOut.push(...inner.leftOut.map((line) => `${entry.name}/${line}`));
    }
  }
  return { messages, leftOut };
}
