import { performance } from "node:perf_hooks";
import { createDecoder, drivers } from "../devices/index.ts";
import { mappingDriver } from "../devices/mapping/compile.ts";
import { mappingTemplates } from "../devices/mapping/templates.ts";
import type { Print } from "./index.ts";

/** Slices of each measurement, in turn with its baseline: what else the machine does hits both, and the best slice counts. */
const SLICES = 8;
const SLICE_MS = 25;
/** So many calls between two looks at the clock. */
const CALLS = 32;
const NOW = 1_790_000_000_000;

interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
}

const bytesOf = (payload: unknown): Uint8Array =>
  payload instanceof Uint8Array
    ? payload
    : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));

/** Calls a second in one slice. */
function slice(run: (call: number) => void): number {
  const start = performance.now();
  let calls = 0;
  let took = 0;
  while (took < SLICE_MS) {
    for (let i = 0; i < CALLS; i++) run(calls++);
    took = performance.now() - start;
  }
  return (calls / took) * 1_000;
}

const looksLikeJson = (text: string): boolean => /^\s*[{[]["{\s}\]]/.test(text);

/** The baseline reads the same bytes as text, and parses them where they are JSON. */
const readBare = (text: string): unknown => (looksLikeJson(text) ? JSON.parse(text) : text);

/** Decodes the samples of each driver and of each mapping to begin with in turn, beside the same bytes as bare text or JSON in the same run. */
export async function run(print: Print): Promise<void> {
  const decoder = createDecoder();
  decoder.useMappings(mappingTemplates.map(mappingDriver));
  const table: { id: string; messages: Message[] }[] = drivers.map(({ id, samples }) => ({
    id,
    messages: samples
      .filter(({ observations }) => observations.length > 0)
      .map(({ topic, payload }) => ({ topic, payload: bytesOf(payload) })),
  }));
  for (const { id, samples } of mappingTemplates) {
    const messages = samples.map(({ topic, payload }) => ({ topic, payload: bytesOf(payload) }));
    table.push({ id: `mapping/${id}`, messages });
  }
  const bare = new TextDecoder();
  const rates: number[] = [];
  for (const driver of table) {
    const { messages } = driver;
    if (messages.length === 0 || (driver.id.startsWith("kerbside/") && driver.id !== "kerbside/vehicle/telemetry"))
      continue;
    const at = (call: number): Message => messages[call % messages.length] as Message;
    let decoded = 0;
    let parsed = 0;
    for (let i = 0; i < SLICES; i++) {
      const rate = slice((call) => {
        const { topic, payload } = at(call);
        decoder.decode(topic, payload, NOW);
      });
      const beside = slice((call) => readBare(bare.decode(at(call).payload)));
      decoded = Math.max(decoded, rate);
      parsed = Math.max(parsed, beside);
    }
    rates.push(decoded);
    const bytes = Math.round(messages.reduce((sum, { payload }) => sum + payload.length, 0) / messages.length);
    const baseline = messages.every(({ payload }) => looksLikeJson(bare.decode(payload)))
      ? "JSON.parse"
      : "text decoding";
    const share = `${Math.round((decoded / parsed) * 100)} % of bare ${baseline} (${Math.round(parsed).toLocaleString("en")}/s)`;
    print(driver.id, Math.round(decoded), "payloads/s", `${share}, ${bytes} bytes`);
  }
  print("slowest driver", Math.round(Math.min(...rates)), "payloads/s", "one core, one thread");
}
