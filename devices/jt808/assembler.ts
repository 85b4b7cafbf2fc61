import type { Jt808Frame } from "./frame.ts";

/** A message with the serials of all frames it came in: each of them is answered. */
export interface WholeMessage extends Jt808Frame {
  readonly serials: readonly number[];
}

/** What is missing of a message that has begun. */
export interface Incomplete {
  readonly messageId: number;
  /** Serial of the first fragment, by which a resend is asked for; null while that one itself is missing. */
  readonly firstSerial: number | null;
  readonly missing: readonly number[];
}

interface Assembly {
  readonly messageId: number;
  readonly parts: (Jt808Frame | undefined)[];
  bytes: number;
}

/** Parts hold about a kilobyte each: more of them is no message. */
const MOST_PARTS = 512;

/** Puts the fragments of one terminal together again. One message at a time: a terminal sends its fragments in a row. */
export class Jt808Assembler {
  readonly #maxBytes: number;
  #assembly: Assembly | null = null;

  constructor(maxBytes = 64 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** The whole message when this frame completes it, the frame itself when it is no fragment, null while parts are missing. */
  add(frame: Jt808Frame): WholeMessage | null {
    const { fragment } = frame;
    if (!fragment) return { ...frame, serials: [frame.serial] };
    const { total, index } = fragment;
    if (index < 1 || index > total || total > MOST_PARTS) return null;
    const known = this.#assembly;
    const assembly: Assembly =
      known?.messageId === frame.messageId && known.parts.length === total
        ? known
        : { messageId: frame.messageId, parts: new Array<Jt808Frame | undefined>(total), bytes: 0 };
    this.#assembly = assembly;
    assembly.bytes += frame.body.length - (assembly.parts[index - 1]?.body.length ?? 0);
    assembly.parts[index - 1] = frame;
    if (assembly.bytes > this.#maxBytes) {
      this.#assembly = null;
      return null;
    }
    const parts: Jt808Frame[] = [];
    for (const part of assembly.parts) if (part) parts.push(part);
    if (parts.length < total) return null;
    this.#assembly = null;
    const body = Buffer.concat(parts.map((part) => part.body));
    const serials = parts.map(({ serial }) => serial);
    return { ...frame, serial: serials[0] ?? frame.serial, fragment: null, body, declaredLength: body.length, serials };
  }

  /** What is still waited for; null when nothing has begun. */
  get incomplete(): Incomplete | null {
    if (!this.#assembly) return null;
    const { messageId, parts } = this.#assembly;
    const missing: number[] = [];
    for (let i = 0; i < parts.length; i++) if (!parts[i]) missing.push(i + 1);
    return { messageId, firstSerial: parts[0]?.serial ?? null, missing };
  }

  /** Gives up on what has begun. */
  drop(): void {
    this.#assembly = null;
  }
}
