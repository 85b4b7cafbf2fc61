import type { Millis } from "../domain/time.ts";

/** Who delivered a message. A gateway may speak for the devices and dialect topics it is allowed. */
export interface Principal {
  readonly deviceId: string;
  readonly gateway: boolean;
  /** Ids a gateway may speak for; `*` means all. */
  readonly devices: ReadonlySet<string>;
}

/** A message at the door, accepted by the topic gate but not yet understood. */
export interface InboundMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly receivedAt: Millis;
  /** Null when it comes from an external broker, which has checked who may publish what. */
  readonly principal: Principal | null;
  /** A door could not let it in; it is only kept in the quarantine, where operators look. */
  readonly refusal?: { readonly reason: string; readonly detail: string };
}

/** The one way in. Every door (embedded broker, external broker, HTTP, TCP) feeds it. */
export interface Inbox {
  /**
   * `settled` is called once the message's effect is synced to disk (then the receipt may leave), in order of submission.
   * It is never called with an error: while the disk fails it is simply not called, and the device keeps its message.
   */
  submit(message: InboundMessage, settled: () => void): void;
  /** True when more is queued than the limits allow: doors stop reading until `onRelief` calls. */
  readonly full: boolean;
  onRelief(listener: () => void): void;
}
