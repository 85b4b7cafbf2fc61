import { performance } from "node:perf_hooks";
import { createDecoder, drivers } from "../devices/index.ts";
import type { Print } from "./index.ts";

const WARM_UP_MS = 60;
const MEASURE_MS = 180;
/** So many calls between two looks at the clock. */
const CALLS = 64;
const NOW = 1_790_000_000_000;

interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
}

const bytesOf = (payload: unknown): Uint8Array =>
  payload instanceof Uint8Array
    ? payload
    : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));

/** Calls a second, after a warm-up. */
function rate(run: (call: number) => void): number {
  const until = (ms: number): { calls: number; took: number } => {
    const start = performance.now();
    let calls = 0;
    let took = 0;
    while (took < ms) {
      for (let i = 0; i < CALLS; i++) run(calls++);
      took = performance.now() - start;
    }
    return { calls, took };
  };
  until(WARM_UP_MS);
  const { calls, took } = until(MEASURE_MS);
  return (calls / took) * 1_000;
}

/** The baseline reads the same bytes as text, and parses them where they are JSON. */
function readBare(text: string): unknown {
  return /^\s*[{[]/.test(text) && !text.startsWith("[3G") && !text.startsWith("[ZJ") ? JSON.parse(text) : text;
}

/** Decodes the samples of each driver in turn, beside the same bytes as bare text or JSON in the same run. */
export async function run(print: Print): Promise<void> {
  const decoder = createDecoder();
  const bare = new TextDecoder();
  const rates: number[] = [];
  for (const driver of drivers) {
    const messages: Message[] = driver.samples
      .filter(({ observations }) => observations.length > 0)
      .map(({ topic, payload }) => ({ topic, payload: bytesOf(payload) }));
    if (messages.length === 0 || (driver.id.startsWith("kerbside/") && driver.id !== "kerbside/vehicle/telemetry"))
      continue;
    const at = (call: number): Message => messages[call % messages.length] as Message;
    const decoded = rate((call) => {
      const { topic, payload } = at(call);
      decoder.decode(topic, payload, NOW);
    });
    const parsed = rate((call) => readBare(bare.decode(at(call).payload)));
    rates.push(decoded);
    const bytes = Math.round(messages.reduce((sum, { payload }) => sum + payload.length, 0) / messages.length);
    const share = `${Math.round((decoded / parsed) * 100)} % of bare JSON.parse (${Math.round(parsed).toLocaleString("en")}/s)`;
    print(driver.id, Math.round(decoded), "payloads/s", `${share}, ${bytes} bytes`);
  }
  print("slowest driver", Math.round(Math.min(...rates)), "payloads/s", "one core, one thread");
}
