import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HttpError, InfluxDB, setLogger, type WriteApi } from "@influxdata/influxdb-client";
import type { Millis } from "../domain/time.ts";

export interface InfluxTarget {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly bucket: string;
  readonly timeoutMs: Millis;
}

/** What became of a request, as far as the next step depends on it. */
export type Outcome =
  | { readonly is: "taken" }
  /** It may pass by itself: down, overloaded, hanging. `afterMs` when the server says when to come back. */
  | { readonly is: "later"; readonly reason: string; readonly afterMs: Millis | null }
  | { readonly is: "tooLarge"; readonly reason: string }
  /** A line of it is refused for good. */
  | { readonly is: "refused"; readonly reason: string }
  /** Somebody has to do something: token, organisation, bucket. */
  | { readonly is: "notAllowed"; readonly reason: string };

export interface Sender {
  send(lines: readonly string[]): Promise<Outcome>;
  close(): void;
}

/**
 * One request at a time through InfluxDB's own client. Its retry buffer is off: it lives in memory, gives up after minutes
 * and drops the oldest, while the journal keeps everything (store/journal.ts). So a batch is one request with one outcome.
 * @param linesAtOnce what a batch has at most
 */
export function createSender({ url, token, org, bucket, timeoutMs }: InfluxTarget, linesAtOnce: number): Sender {
  // The client would print every failure; the follower counts and shows them instead.
  setLogger({ error: () => {}, warn: () => {} });
  const secure = url.startsWith("https:");
  const open = () => {
    const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
    const client = new InfluxDB({ url, token, timeout: timeoutMs, transportOptions: { agent } });
    const api = client.getWriteApi(org, bucket, "ns", {
      maxRetries: 0,
      flushInterval: 0,
      // A full buffer would send itself, and its failure would be nobody's: it never gets full.
      batchSize: linesAtOnce + 1,
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
    });
    return { agent, api };
  };
  let connection: { agent: HttpAgent | HttpsAgent; api: WriteApi } = open();

  return {
    async send(lines) {
      try {
        connection.api.writeRecords([...lines]);
        await connection.api.flush();
        return { is: "taken" };
      } catch (error) {
        if (error instanceof HttpError) return outcomeOf(error);
        // The client leaves a request that hangs open for ever: only closing the connection ends it.
        connection.agent.destroy();
        connection = open();
        return { is: "later", reason: (error as Error).message || String(error), afterMs: null };
      }
    },
    close() {
      connection.api.dispose();
      connection.agent.destroy();
    },
  };
}

function outcomeOf(error: HttpError): Outcome {
  const status = error.statusCode;
  const reason = `${status}: ${error.message}`.slice(0, 500);
  if (status === 413) return { is: "tooLarge", reason };
  if (status === 401 || status === 403 || status === 404) return { is: "notAllowed", reason };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { is: "later", reason, afterMs: retryAfterMs(error.headers?.["retry-after"], Date.now()) };
  }
  // A success other than 204 is no success: something that is no InfluxDB answers there.
  return status < 300 ? { is: "notAllowed", reason } : { is: "refused", reason };
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | readonly string[] | undefined, now: Millis): Millis | null {
  const text = typeof header === "string" ? header.trim() : header?.[0];
  if (!text) return null;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
