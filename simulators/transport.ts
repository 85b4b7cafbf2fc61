import { connectAsync, type MqttClient } from "mqtt";

/** Username and password of a device or gateway. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface TransportCounts {
  sent: number;
  receipted: number;
  failed: number;
}

/** The simulated devices' connections to a broker: one for each login. */
export interface Transport extends AsyncDisposable {
  readonly counts: Readonly<TransportCounts>;
  readonly connections: number;
  /** Publishes with QoS 1; resolves with the receipt. Messages of one login stay in order. */
  publish(login: string, topic: string, payload: Uint8Array | string): Promise<void>;
  /** Resolves when every message has its receipt. */
  settled(): Promise<void>;
}

/** A broker may limit unreceipted messages per connection; the center's default is 100. */
const WINDOW = 95;
const CONNECTS_AT_ONCE = 20;
/** Stays below the center's limit of connects per address. */
const CONNECTS_PER_SECOND = 40;

interface Line {
  readonly client: MqttClient;
  readonly waiting: (() => void)[];
  inFlight: number;
}

/**
 * Connects all logins. A connection that breaks later comes back by itself and sends again what has no receipt.
 * @throws Error that says which login was refused and why
 */
export async function connectLogins(url: string, logins: readonly Login[], burst = 150): Promise<Transport> {
  const lines = new Map<string, Line>();
  const startedAt = performance.now();
  const queue = logins.entries();
  const connectNext = async (): Promise<void> => {
    for (const [index, { username, password }] of queue) {
      const dueMs = Math.max(0, ((index - burst) / CONNECTS_PER_SECOND) * 1_000);
      const waitMs = dueMs - (performance.now() - startedAt);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const client = await connect(url, username, password);
      lines.set(username, { client, waiting: [], inFlight: 0 });
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, connectNext));
  } catch (error) {
    await Promise.all([...lines.values()].map((line) => line.client.endAsync(true)));
    throw error;
  }

  const counts: TransportCounts = { sent: 0, receipted: 0, failed: 0 };
  let idle: PromiseWithResolvers<void> | null = null;
  const done = (): void => {
    if (idle && counts.receipted + counts.failed === counts.sent) {
      idle.resolve();
      idle = null;
    }
  };
  return {
    counts,
    connections: lines.size,
    publish(login, topic, payload) {
      const line = lines.get(login);
      if (!line) return Promise.reject(new Error(`nobody is logged in as ${login}`));
      counts.sent++;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const send = (): void => {
        line.inFlight++;
        line.client.publish(topic, payload as Buffer, { qos: 1 }, (error) => {
          line.inFlight--;
          line.waiting.shift()?.();
          if (error) counts.failed++;
          else counts.receipted++;
          done();
          if (error) reject(error);
          else resolve();
        });
      };
      if (line.inFlight < WINDOW && line.waiting.length === 0) send();
      else line.waiting.push(send);
      return promise;
    },
    settled() {
      if (counts.receipted + counts.failed === counts.sent) return Promise.resolve();
      idle ??= Promise.withResolvers<void>();
      return idle.promise;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...lines.values()].map((line) => line.client.endAsync(true)));
    },
  };
}

async function connect(url: string, username: string, password: string): Promise<MqttClient> {
  try {
    const client = await connectAsync(
      url,
      {
        username,
        password,
        clientId: username,
        clean: true,
        protocolVersion: 4,
        reconnectPeriod: 1_000,
        connectTimeout: 15_000,
        keepalive: 120,
      },
      false,
    );
    // Later troubles are seen as missing receipts; without a listener they would end the process.
    client.on("error", () => {});
    return client;
  } catch (error) {
    throw new Error(
      `login ${username} at ${url} failed: ${(error as Error).message || "no connection"}. ` +
        "Check --url, and that the device is registered and its secret is current.",
    );
  }
}
