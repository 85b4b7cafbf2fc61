/**
 * Compares the drivers with a folder of recorded payloads: one folder per dialect, each with an `index.json` of
 * `{file, topic, expected}` beside the payloads.
 *
 *     node devices/check-samples.ts FOLDER      (or KERBSIDE_SAMPLES=FOLDER)
 *
 * Exits with 1 when a sample differs.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createDecoder } from "./index.ts";
import { compare, type Expected } from "./sample-expectations.ts";

interface IndexEntry {
  readonly file: string;
  readonly topic: string | null;
  readonly expected: Expected | readonly Expected[];
}

interface Dialect {
  readonly name: string;
  readonly folder: string;
  /** Sensor models of ours, where a folder holds others too. */
  readonly models?: RegExp;
  message(sample: unknown, topic: string): { readonly topic: string; readonly payload: unknown };
}

const PLACEHOLDER = /<\w+>/g;
const asRecorded: Dialect["message"] = (payload, topic) => ({ topic: topic.replace(PLACEHOLDER, "sample"), payload });
const DEV_EUI = "0000000000000001";
/** Bytes of a sensor come to the center in a network server's envelope. */
const inEnvelope: Dialect["message"] = (sample) => {
  const { model, fPort, bytesBase64 } = sample as { model: string; fPort: number; bytesBase64: string };
  const deviceInfo = { devEui: DEV_EUI, deviceProfileName: model };
  const payload = { time: "2026-01-02T00:00:00Z", deviceInfo, fPort, data: bytesBase64 };
  return { topic: `application/sample/device/${DEV_EUI}/event/up`, payload };
};

const dialects: readonly Dialect[] = [
  { name: "owntracks", folder: "owntracks", message: asRecorded },
  { name: "frigate", folder: "frigate", message: asRecorded },
  { name: "chirpstack-v4", folder: "chirpstack-v4", message: asRecorded },
  {
    name: "traccar-forward",
    folder: "traccar-forward",
    // The HTTP samples are the same objects that are forwarded by MQTT.
    message: (payload, topic) => ({ topic: topic.startsWith("(") ? "positions" : topic, payload }),
  },
  { name: "milesight bytes", folder: "lorawan-bytes", models: /^Milesight/, message: inEnvelope },
  { name: "dragino bytes", folder: "lorawan-bytes", models: /^Dragino/, message: inEnvelope },
];

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

function check(root: string): number {
  const decoder = createDecoder();
  const rows = [["dialect", "samples", "agreed", "differing", "values compared"]];
  const differences: string[] = [];
  const notCompared = new Set<string>();
  let samples = 0;
  for (const { name, folder, models, message } of dialects) {
    const indexFile = join(root, folder, "index.json");
    if (!existsSync(indexFile)) {
      differences.push(`${name}: ${indexFile} is missing`);
      continue;
    }
    const row = { samples: 0, agreed: 0, values: 0 };
    for (const { file, topic, expected } of readJson(indexFile) as IndexEntry[]) {
      const sample = readJson(join(root, folder, file));
      if (models && !models.test((sample as { model: string }).model)) continue;
      row.samples++;
      const sent = message(sample, topic ?? "");
      const bytes = new TextEncoder().encode(JSON.stringify(sent.payload));
      const result = compare(expected, decoder.decode(sent.topic, bytes, Date.now()));
      row.values += result.compared;
      for (const key of result.notCompared) notCompared.add(key);
      for (const difference of result.differences) differences.push(`${folder}/${file}: ${difference}`);
      if (result.differences.length === 0) row.agreed++;
    }
    samples += row.samples;
    rows.push([name, row.samples, row.agreed, row.samples - row.agreed, row.values].map(String));
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | "));
  if (notCompared.size > 0) console.log(`not compared (not kept, or a remark): ${[...notCompared].sort().join(", ")}`);
  for (const difference of differences) console.log(`DIFFERS ${difference}`);
  if (samples === 0) console.log(`no samples in ${root}`);
  return differences.length > 0 || samples === 0 ? 1 : 0;
}

const folder = process.argv[2] ?? process.env.KERBSIDE_SAMPLES;
if (folder === undefined) {
  console.log("usage: node devices/check-samples.ts FOLDER");
  process.exitCode = 1;
} else {
  process.exitCode = check(folder);
}
