import { connect, type Socket } from "node:net";
import type { LoadOrder, LoadReport } from "./load.ts";
import { connectPacket, layOutWindow, stamp, type Window } from "./packets.ts";

/** The load generator's own process: raw sockets, packets laid out beforehand, receipts counted by looking at bytes. */

interface Line {
  readonly socket: Socket;
  readonly window: Window;
  readonly sentAt: Float64Array;
  readonly free: number[];
  lastTs: number;
  /** Bytes of a receipt that was cut by the end of a chunk. */
  carry: Buffer | null;
  open: boolean;
}

/** Receipt times in steps of 0.1 ms up to 60 s: exact enough for percentiles, constant memory. */
const STEP_MS = 0.1;
const histogram = new Uint32Array(600_000);

let order: LoadOrder;
const lines: Line[] = [];
let sent = 0;
let receipted = 0;
let closedEarly = 0;
let sending = false;
/** Messages that may be sent now when a rate is set. */
let budget = Number.POSITIVE_INFINITY;
let turn = 0;

function send(line: Line, slots: readonly number[]): void {
  const { window } = line;
  const now = performance.now();
  const wall = Date.now();
  let from = slots[0] ?? 0;
  let to = from;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number;
    const at = window.stamps[slot] as number;
    if (at > 0) {
      // Two readings of one device never share a time: otherwise they would be one reading.
      line.lastTs = wall > line.lastTs ? wall : line.lastTs + 1;
      stamp(window.bytes, at, line.lastTs);
    }
    line.sentAt[slot] = now;
    if (slot === to) {
      to++;
    } else {
      line.socket.write(window.bytes.subarray(window.starts[from], window.starts[to]));
      from = slot;
      to = slot + 1;
    }
  }
  line.socket.write(window.bytes.subarray(window.starts[from], window.starts[to]));
  sent += slots.length;
}

function onReceipts(line: Line, incoming: Buffer): void {
  const data = line.carry ? Buffer.concat([line.carry, incoming]) : incoming;
  const now = performance.now();
  const whole = data.length - (data.length % 4);
  line.carry = whole < data.length ? data.subarray(whole) : null;
  const slots: number[] = [];
  for (let i = 0; i < whole; i += 4) {
    if (data[i] !== 0x40) {
      line.socket.destroy(new Error(`unexpected packet type 0x${(data[i] ?? 0).toString(16)}`));
      return;
    }
    const slot = ((data[i + 2] as number) << 8) + (data[i + 3] as number) - 1;
    const bucket = ((now - (line.sentAt[slot] ?? now)) / STEP_MS) | 0;
    const last = Math.min(bucket, histogram.length - 1);
    histogram[last] = (histogram[last] ?? 0) + 1;
    slots.push(slot);
  }
  receipted += slots.length;
  if (!sending) return;
  if (order.ratePerSecond === undefined) {
    if (slots.length > 0) send(line, slots);
  } else {
    line.free.push(...slots);
  }
}

/** Gives out the messages that are due, one per connection in turn, as long as windows have room. */
function pace(startedAt: number): void {
  const rate = order.ratePerSecond ?? 0;
  budget = Math.floor(((performance.now() - startedAt) / 1_000) * rate) - sent;
  let skipped = 0;
  while (budget > 0 && skipped < lines.length) {
    const line = lines[turn++ % lines.length] as Line;
    const slot = line.open ? line.free.shift() : undefined;
    if (slot === undefined) {
      skipped++;
      continue;
    }
    skipped = 0;
    budget--;
    send(line, [slot]);
  }
}

function open(index: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const given = order.lines[index];
  if (!given) throw new RangeError(`no login for connection ${index}`);
  const socket = connect({ host: order.host, port: order.port });
  socket.setNoDelay(true);
  const line: Line = {
    socket,
    window: layOutWindow(given.messages, order.window),
    sentAt: new Float64Array(order.window),
    free: Array.from({ length: order.window }, (_, slot) => slot),
    lastTs: 0,
    carry: null,
    open: true,
  };
  lines[index] = line;
  let greeted = false;
  socket.on("connect", () => socket.write(connectPacket(given.clientId, given.username, given.password)));
  socket.on("data", (data) => {
    if (greeted) return onReceipts(line, data);
    if (data[0] !== 0x20 || data[3] !== 0) {
      return reject(new Error(`connection ${index} (${given.clientId}) was refused with code ${data[3]}`));
    }
    greeted = true;
    resolve();
    if (data.length > 4) onReceipts(line, data.subarray(4));
  });
  socket.on("error", (error) => reject(error));
  socket.on("close", () => {
    line.open = false;
    if (sending) closedEarly++;
    reject(new Error(`connection ${index} (${given.clientId}) was closed by the broker`));
  });
  return promise;
}

async function connectAll(): Promise<void> {
  const parallel = 50;
  for (let from = 0; from < order.lines.length; from += parallel) {
    const startedAt = performance.now();
    const count = Math.min(parallel, order.lines.length - from);
    await Promise.all(Array.from({ length: count }, (_, i) => open(from + i)));
    if (order.connectsPerSecond !== undefined) {
      const restMs = (count / order.connectsPerSecond) * 1_000 - (performance.now() - startedAt);
      if (restMs > 0) await delay(restMs);
    }
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function percentile(share: number): number {
  const wanted = Math.max(1, Math.ceil(receiptsInHistogram() * share));
  let seen = 0;
  for (let bucket = 0; bucket < histogram.length; bucket++) {
    seen += histogram[bucket] as number;
    if (seen >= wanted) return Math.round((bucket + 0.5) * STEP_MS * 100) / 100;
  }
  return 0;
}

const receiptsInHistogram = (): number => histogram.reduce((sum, count) => sum + count, 0);

async function run(): Promise<LoadReport> {
  sending = true;
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  if (order.ratePerSecond === undefined) {
    for (const line of lines) {
      const slots = line.free.splice(0);
      if (line.open) send(line, slots);
    }
  } else {
    timer = setInterval(() => pace(startedAt), 1);
  }
  await delay(order.warmUpSeconds * 1_000);
  histogram.fill(0);
  const from = { at: performance.now(), receipted };
  const eachSecond: number[] = [];
  let lastCount = receipted;
  for (let second = 0; second < order.durationSeconds; second++) {
    await delay(1_000);
    eachSecond.push(receipted - lastCount);
    lastCount = receipted;
  }
  const measuredSeconds = (performance.now() - from.at) / 1_000;
  const perSecond = (receipted - from.receipted) / measuredSeconds;
  sending = false;
  clearInterval(timer);
  const giveUpAt = performance.now() + order.drainSeconds * 1_000;
  while (receipted < sent && performance.now() < giveUpAt && lines.some((line) => line.open)) await delay(20);
  const report: LoadReport = {
    connections: lines.length,
    sent,
    receipted,
    closedEarly,
    measuredSeconds,
    perSecond: Math.round(perSecond),
    eachSecond,
    receiptP50Ms: percentile(0.5),
    receiptP99Ms: percentile(0.99),
    receiptMaxMs: percentile(1),
    cpuSeconds: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 1e4) / 100,
  };
  for (const line of lines) line.socket.destroy();
  return report;
}

process.on("disconnect", () => process.exit(0));
process.on("message", async (message: { order?: LoadOrder; go?: true }) => {
  try {
    if (message.order) {
      order = message.order;
      await connectAll();
      process.send?.({ connected: lines.length });
    }
    if (message.go) process.send?.({ report: await run() }, () => process.disconnect());
  } catch (error) {
    process.send?.({ failed: (error as Error).message }, () => process.exit(1));
  }
});
