import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { expect, test } from "vitest";
import { registerBin, startCenterProcess } from "./support/center-process.ts";
import { temporaryDirectory } from "./support/directory.ts";

const MESSAGES = 300;

/** What the kernel saw, in order: a PUBLISH was read, the journal was synced, a receipt was written. */
type Seen = "publish" | "synced" | "receipt";

const CALL = /^\d+\s+(read|fsync|fdatasync|write|writev|sendto)\(\d+<([^>]*)>/;
const RESUMED = /^(\d+)\s+<\.\.\. (\w+) resumed>/;

/** Reads the lines of strace; a call that another thread interrupted counts when it resumed. */
function readTrace(trace: string): Seen[] {
  const seen: Seen[] = [];
  const open = new Map<string, string>();
  for (const line of trace.split("\n")) {
    const resumed = RESUMED.exec(line);
    const thread = /^\d+/.exec(line)?.[0] ?? "";
    let call = line;
    if (resumed) {
      call = (open.get(thread) ?? "") + line.slice(resumed[0].length);
      open.delete(thread);
    } else if (line.includes("<unfinished ...>")) {
      open.set(thread, line.replace("<unfinished ...>", ""));
      continue;
    }
    const [, name, escaped = ""] = CALL.exec(call) ?? [];
    if (!name) continue;
    const file = escaped.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (name.startsWith("f")) {
      if (file.endsWith(".db-wal") && / = 0$/.test(call)) seen.push("synced");
    } else if (file.startsWith("TCP:") || file.startsWith("socket:")) {
      // PUBLISH with QoS 1 begins with 0x32, PUBACK with 0x40 0x02.
      if (name === "read" && call.includes('"\\x32')) seen.push("publish");
      else if (name !== "read" && call.includes('"\\x40\\x02')) seen.push("receipt");
    }
  }
  return seen;
}

test(`of ${MESSAGES} messages no receipt leaves before the sync that covers it`, { timeout: 120_000 }, async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "trace");
  // -D: strace stands aside, so that signals reach the center itself.
  const calls = "trace=read,write,writev,sendto,fsync,fdatasync";
  const strace = ["strace", "-D", "-f", "-y", "-xx", "-s", "4", "-e", calls, "-o", path];
  const center = await startCenterProcess(join(directory.path, "data"), {}, strace);
  const login = await registerBin(center);
  const client = await connectAsync(center.mqtt, { ...login, reconnectPeriod: 0 });
  for (let n = 0; n < MESSAGES; n++) {
    await client.publishAsync("kerbside/v1/bin/bin-1/telemetry", JSON.stringify({ fillPct: n % 80 }), { qos: 1 });
  }
  await client.endAsync();
  const closed = once(center.child, "close");
  await center.stop();
  // The tracer holds the outputs until it has written its last line.
  await closed;

  const seen = readTrace(readFileSync(path, "utf8"));
  const early = [];
  let receipts = 0;
  let synced = false;
  for (const [at, what] of seen.entries()) {
    if (what === "publish") synced = false;
    else if (what === "synced") synced = true;
    else {
      receipts++;
      if (!synced) early.push(at);
      synced = false;
    }
  }
  expect(receipts).toBe(MESSAGES);
  expect(early).toEqual([]);
});
