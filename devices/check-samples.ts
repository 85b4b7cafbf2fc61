/**
 * Compares the drivers with a folder of recorded payloads: one folder per dialect, each with an `index.json` of
 * `{file, topic, expected}` beside the payloads.
 *
 *     node devices/check-samples.ts FOLDER      (or KERBSIDE_SAMPLES=FOLDER)
 *
 * Exits with 1 when a sample differs without a reason.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createDecoder } from "./index.ts";
import { reasons, type SampleDialect, sampleDialects } from "./sample-dialects.ts";
import { compare, type Expected } from "./sample-expectations.ts";

interface IndexEntry {
  readonly file: string;
  readonly topic: string | null;
  readonly expected: Expected | readonly Expected[];
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** Differences of what the form says about itself: a recording tells some of it, and only that is compared. */
function headerDifferences(dialect: SampleDialect, expected: IndexEntry["expected"], bytes: Uint8Array): string[] {
  if (!dialect.header || Array.isArray(expected)) return [];
  const found = dialect.header(bytes);
  const { records, ...told } = expected as Expected & { records?: readonly Expected[] };
  const wanted: Record<string, unknown> = { ...told };
  if (found.io !== undefined) {
    wanted.io = records?.map(({ io }) => io);
    wanted.events = records?.map(({ eventId }) => eventId);
    wanted.priorities = records?.map(({ priority }) => priority);
  }
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_, one) =>
      one !== null && typeof one === "object" && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).sort())
        : one,
    );
  return Object.keys(found).flatMap((key) =>
    sorted(wanted[key]) === sorted(found[key])
      ? []
      : [`${key}: ${sorted(wanted[key])} expected, ${sorted(found[key])} read`],
  );
}

function check(root: string): number {
  const decoder = createDecoder();
  const rows = [["dialect", "samples", "agreed", "differing", "values compared", "reason"]];
  const differences: string[] = [];
  const notCompared = new Set<string>();
  let samples = 0;
  for (const dialect of sampleDialects) {
    const { name, folder, only, message } = dialect;
    const indexFile = join(root, folder, "index.json");
    if (!existsSync(indexFile)) {
      differences.push(`${name}: ${indexFile} is missing`);
      continue;
    }
    const row = { samples: 0, agreed: 0, values: 0, why: new Set<string>() };
    for (const { file, topic, expected } of readJson(indexFile) as IndexEntry[]) {
      const sample = readJson(join(root, folder, file));
      if (only && !only.test((sample as { model?: string }).model ?? file)) continue;
      row.samples++;
      const sent = message(sample, topic ?? "");
      const result = compare(expected, decoder.decode(sent.topic, sent.payload, Date.now()));
      row.values += result.compared;
      for (const key of result.notCompared) notCompared.add(key);
      let open = headerDifferences(dialect, expected, sent.payload);
      let explained = 0;
      for (const { key, text } of result.differences) {
        const reason = reasons.find((one) => one.file.test(`${folder}/${file}`) && one.key.test(key));
        if (reason) {
          row.why.add(`${key}: ${reason.why}`);
          explained++;
        } else open = [...open, text];
      }
      for (const difference of open) differences.push(`${folder}/${file}: ${difference}`);
      if (open.length === 0 && explained === 0) row.agreed++;
    }
    samples += row.samples;
    rows.push(
      [name, row.samples, row.agreed, row.samples - row.agreed, row.values, [...row.why].join("; ")].map(String),
    );
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    console.log(row.map((cell, column) => (column === 5 ? cell : cell.padEnd(widths[column] ?? 0))).join(" | "));
  }
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
