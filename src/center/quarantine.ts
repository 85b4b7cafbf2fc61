import { MINUTE, type Millis } from "../domain/time.ts";
import type { InboundMessage } from "../ingest/inbox.ts";
import type { Changes } from "./changes.ts";

/** Bytes of a refused payload that are kept: enough to see what it was. */
const KEPT_BYTES = 1_024;

/**
 * Refused messages: all are counted, some of each cause are kept. A device that sends one bad message a second must not
 * push out the one that tells what is wrong with another.
 */
export interface Quarantine {
  /** Keeps the message, unless its cause already has as many as allowed within this minute. */
  add(message: InboundMessage, reason: string, detail: string, changes: Changes): void;
  count(reason: string): void;
  /** Refusals since the start by reason. */
  readonly counts: ReadonlyMap<string, number>;
}

/** @param isPersonal whether a message may tell where somebody is: of such a one only the reason is kept */
export function createQuarantine(
  keptPerMinute: number,
  isPersonal: (message: InboundMessage) => boolean = () => false,
): Quarantine {
  const counts = new Map<string, number>();
  const kept = new Map<string, { minute: Millis; rows: number }>();
  const count = (reason: string) => counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return {
    counts,
    count,
    add(message, reason, detail, changes) {
      count(reason);
      const minute = Math.floor(message.receivedAt / MINUTE);
      const sample = kept.get(reason);
      if (sample?.minute === minute) {
        if (sample.rows >= keptPerMinute) return;
        sample.rows++;
      } else {
        kept.set(reason, { minute, rows: 1 });
      }
      changes.quarantine.push({
        at: message.receivedAt,
        reason,
        detail: detail.slice(0, 500),
        topic: message.topic.slice(0, 256),
        device: message.principal?.deviceId ?? null,
        payload: isPersonal(message) ? "" : Buffer.from(message.payload.subarray(0, KEPT_BYTES)).toString("base64"),
      });
    },
  };
}
