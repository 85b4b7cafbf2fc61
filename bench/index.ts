import { parseArgs } from "node:util";

/** One line of the report: what, how much, in which unit, beside what. */
export type Print = (what: string, value: number, unit: string, beside: string) => void;

export interface BenchOptions {
  /** Everything at the size of its aim, however long it takes. */
  readonly full: boolean;
}

interface Part {
  readonly name: string;
  readonly title: string;
  load(): Promise<{ run(print: Print, options: BenchOptions): Promise<void> }>;
}

const parts: readonly Part[] = [
  { name: "ingest", title: "Durable QoS 1 ingest", load: () => import("./ingest.ts") },
  { name: "latency", title: "Reading to frame", load: () => import("./latency.ts") },
  { name: "fan-out", title: "Fan-out", load: () => import("./fan-out.ts") },
  { name: "store", title: "Store", load: () => import("./store.ts") },
  { name: "moving", title: "Export and import", load: () => import("./moving.ts") },
  { name: "restart", title: "Restart", load: () => import("./restart.ts") },
  { name: "connections", title: "Memory at 10,000 connections", load: () => import("./connections.ts") },
  { name: "alerts", title: "Alerts", load: () => import("./alerts.ts") },
  { name: "operations", title: "People and vehicles at work", load: () => import("./operations.ts") },
  { name: "browser", title: "Wall in a browser", load: () => import("./browser.ts") },
  { name: "wall-day", title: "A day of the wall", load: () => import("./wall-day.ts") },
  { name: "forecast", title: "Overflow forecast", load: () => import("./forecast.ts") },
  { name: "district", title: "Places in a district", load: () => import("./district.ts") },
  { name: "decode", title: "Decoding by driver", load: () => import("./decode.ts") },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: "boolean" }, help: { type: "boolean" }, full: { type: "boolean" } },
});
if (values.list || values.help) {
  console.log(
    "npm run bench            every part\nnpm run bench -- NAME …  the named parts\n  --full                  at the size of the aims: the store over 100 million readings, which takes its time\n",
  );
  for (const part of parts) console.log(`  ${part.name.padEnd(14)}${part.title}`);
  process.exit(0);
}
const unknown = positionals.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(`No part is called ${unknown.join(", ")}; npm run bench -- --list names them.`);
  process.exit(1);
}

console.log("| part | measured | value | beside |\n| --- | --- | ---: | --- |");
for (const part of parts) {
  if (positionals.length > 0 && !positionals.includes(part.name)) continue;
  const { run } = await part.load();
  await run(
    (what, value, unit, beside) => {
      const shown = Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
      console.log(`| ${part.title} | ${what.trim()} | ${shown} ${unit} | ${beside} |`);
    },
    { full: values.full ?? false },
  );
}
process.exit(0);
