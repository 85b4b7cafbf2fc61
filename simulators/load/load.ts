import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadMessage } from "./packets.ts";

export type { LoadMessage } from "./packets.ts";

export interface LoadLogin {
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface LoadOptions {
  readonly host?: string;
  readonly port: number;
  readonly connections: number;
  /** Messages a connection sends before it waits for a receipt (at most 65,535). */
  readonly window: number;
  /** Messages a second over all connections; without it everybody sends as soon as a receipt comes. */
  readonly ratePerSecond?: number;
  readonly durationSeconds: number;
  /** Traffic before the measured part. */
  readonly warmUpSeconds?: number;
  /** How long to wait for outstanding receipts at the end. */
  readonly drainSeconds?: number;
  /** Slows connecting down for brokers that limit connects per address. */
  readonly connectsPerSecond?: number;
  readonly loginFor?: (connection: number) => LoadLogin;
  /** The messages of a connection, sent in turn; `"ts":<13 digits>` in a payload becomes the time of sending. */
  readonly messagesFor?: (connection: number) => readonly LoadMessage[];
}

export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly window: number;
  readonly ratePerSecond: number | undefined;
  readonly durationSeconds: number;
  readonly warmUpSeconds: number;
  readonly drainSeconds: number;
  readonly connectsPerSecond: number | undefined;
  readonly lines: readonly (LoadLogin & { readonly messages: readonly LoadMessage[] })[];
}

export interface LoadReport {
  readonly connections: number;
  /** Over the whole run, warm-up included. */
  readonly sent: number;
  readonly receipted: number;
  /** Connections the broker closed while they were sending. */
  readonly closedEarly: number;
  readonly measuredSeconds: number;
  /** Receipts per second in the measured part. */
  readonly perSecond: number;
  readonly eachSecond: readonly number[];
  readonly receiptP50Ms: number;
  readonly receiptP99Ms: number;
  readonly receiptMaxMs: number;
  /** Processor time the generator itself used. */
  readonly cpuSeconds: number;
}

const defaultLogin = (connection: number): LoadLogin => ({ clientId: `load-${connection}` });
const id = (connection: number): string => `load-${String(connection).padStart(5, "0")}`;

/** Tracker readings of about 200 bytes on the topic of vehicle `load-NNNNN`. */
export function vehicleMessages(deviceId: string, connection: number): LoadMessage[] {
  return [0, 1, 2, 3].map((variant) => ({
    topic: `kerbside/v1/vehicle/${deviceId}/telemetry`,
    payload: JSON.stringify({
      ts: 1_700_000_000_000,
      lat: Number((22.7 + ((connection * 7 + variant) % 400) / 10_000).toFixed(6)),
      lon: Number((113.89 + ((connection * 13 + variant) % 400) / 10_000).toFixed(6)),
      speedKmh: 12 + variant * 3.5,
      headingDeg: (connection * 31 + variant * 7) % 360,
      accuracyM: 4.5,
      satellites: 11,
      acc: 1,
      working: variant % 2,
      batteryPct: 87,
      odometerKm: 15_231.4 + variant,
    }),
  }));
}

/**
 * Offers load from a process of its own and measures receipts (PUBACK), so that the generator never shares an event loop
 * with what it measures.
 * @throws Error when a connection is refused or the process dies
 */
export async function startLoad(options: LoadOptions): Promise<LoadReport> {
  const loginFor = options.loginFor ?? defaultLogin;
  const messagesFor = options.messagesFor ?? ((connection: number) => vehicleMessages(id(connection), connection));
  const order: LoadOrder = {
    host: options.host ?? "127.0.0.1",
    port: options.port,
    window: options.window,
    ratePerSecond: options.ratePerSecond,
    durationSeconds: options.durationSeconds,
    warmUpSeconds: options.warmUpSeconds ?? 1,
    drainSeconds: options.drainSeconds ?? 5,
    connectsPerSecond: options.connectsPerSecond,
    lines: Array.from({ length: options.connections }, (_, connection) => ({
      ...loginFor(connection),
      messages: messagesFor(connection),
    })),
  };
  const child = fork(fileURLToPath(new URL("./worker.ts", import.meta.url)), { serialization: "advanced" });
  const { promise, resolve, reject } = Promise.withResolvers<LoadReport>();
  child.on("message", (message: { connected?: number; report?: LoadReport; failed?: string }) => {
    if (message.connected !== undefined) child.send({ go: true });
    if (message.report) resolve(message.report);
    if (message.failed) reject(new Error(`the load generator failed: ${message.failed}`));
  });
  child.on("error", reject);
  child.on("exit", (code) => reject(new Error(`the load generator ended with code ${code} before it had a result`)));
  child.send({ order });
  try {
    return await promise;
  } finally {
    child.kill();
  }
}
