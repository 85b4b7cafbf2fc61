/** One part of a multipart body: its own type, and its bytes. */
export interface BodyPart {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const MOST_PARTS = 64;
const HEAD_BYTES = 4_096;
const GAP = Buffer.from("\r\n\r\n");

/** The boundary of `multipart/…; boundary=…`, or null when the type is another one. */
export function boundaryOf(contentType: string): string | null {
  if (!/^multipart\//i.test(contentType)) return null;
  const [, quoted, plain] = /boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType) ?? [];
  return quoted ?? plain ?? null;
}

/**
 * The parts of a multipart body (RFC 2046); null when it is none. A last part that was cut off is left out, more parts than
 * bounds allow are left.
 */
export function partsOf(body: Buffer, boundary: string): BodyPart[] | null {
  const mark = Buffer.from(`--${boundary}`);
  const parts: BodyPart[] = [];
  let from = body.indexOf(mark);
  if (from < 0) return null;
  while (parts.length < MOST_PARTS) {
    from += mark.length;
    if (body.subarray(from, from + 2).toString("latin1") === "--") return parts;
    const next = body.indexOf(mark, from);
    if (next < 0) return parts;
    const gap = body.indexOf(GAP, from);
    if (gap >= 0 && gap < next && gap - from <= HEAD_BYTES) {
      const head = body.subarray(from, gap).toString("latin1");
      const [, type = "text/plain"] = /^content-type:\s*([^;\r\n]+)/im.exec(head) ?? [];
      // The line break before a boundary belongs to the boundary.
      const end = body.subarray(next - 2, next).toString("latin1") === "\r\n" ? next - 2 : next;
      parts.push({ type: type.trim().toLowerCase(), bytes: body.subarray(gap + GAP.length, Math.max(end, gap + 4)) });
    }
    from = next;
  }
  return parts;
}

/** What can hold a message; everything else beside it is a picture. */
export const isMessage = ({ type }: BodyPart): boolean => /^text\/|\bxml\b|\bjson\b/.test(type);

const LESS_THAN = 0x3c;
const LETTERS_BEFORE = 64;

/**
 * XML that declares entities or a document type: no device needs that, and it is how a small body becomes a huge one. In an
 * encoding of two bytes it would pass unseen, so XML in one is refused as well.
 */
export function isDangerousXml({ type, bytes }: BodyPart): boolean {
  const head = bytes.subarray(0, LETTERS_BEFORE);
  if (/xml/i.test(type) && (head.includes(0) || head[0] === 0xfe || head[0] === 0xff)) return true;
  if (!head.includes(LESS_THAN)) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return /^(?:\xef\xbb\xbf)?\s*</.test(text) && /<!(?:DOCTYPE|ENTITY)/i.test(text);
}
