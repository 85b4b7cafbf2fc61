export interface JsonLimits {
  readonly jsonDepth: number;
  /** Keys of all objects of one message. In an array of messages each is counted by itself. */
  readonly jsonKeys: number;
  readonly jsonStringBytes: number;
}

export const defaultJsonLimits: JsonLimits = { jsonDepth: 16, jsonKeys: 256, jsonStringBytes: 16 * 1024 };

export type ParsedJson = { readonly value: unknown } | { readonly refused: { reason: string; detail: string } };

const utf8 = new TextDecoder("utf-8", { fatal: true });
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const refuse = (reason: string, detail: string): ParsedJson => ({ refused: { reason, detail } });

/** Decodes UTF-8; null when the bytes are none. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Whether bytes can be a JSON object or list at all. */
export function looksLikeJson(bytes: Uint8Array): boolean {
  let i = 0;
  while (isSpace(bytes[i])) i++;
  return bytes[i] === OPEN_OBJECT || bytes[i] === OPEN_ARRAY;
}

/**
 * Parses JSON within bounds. Depth, keys and text lengths are counted on the bytes before anything is built, so that a
 * bomb costs a scan and not a heap. Of a key that stands twice the last value counts, as everywhere in JavaScript.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits = defaultJsonLimits): ParsedJson {
  const excess = measure(bytes, limits);
  if (excess) return excess;
  const text = decodeText(bytes);
  if (text === null) return refuse("notJson", "the payload is not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse("notJson", (error as Error).message);
  }
  // Only an escape can hide a lone surrogate or the letters of the key, so nearly every message skips the walk.
  if (text.includes("\\u") || text.includes("__proto__")) {
    const fault = unsafe(value);
    if (fault) return refuse("notJson", fault);
  }
  return { value };
}

/** A key that would change the prototype of whatever copies the object carelessly, or text no database can keep as it is. */
function unsafe(value: unknown): string | null {
  if (typeof value === "string") return value.isWellFormed() ? null : "a text holds half a character";
  if (value === null || typeof value !== "object") return null;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "__proto__") return "the key __proto__ is not allowed";
    const fault = unsafe(inner) ?? unsafe(key);
    if (fault) return fault;
  }
  return null;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

function measure(bytes: Uint8Array, limits: JsonLimits): ParsedJson | null {
  const { length } = bytes;
  let depth = 0;
  let keys = 0;
  let i = 0;
  while (isSpace(bytes[i])) i++;
  const several = bytes[i] === OPEN_ARRAY;
  for (; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      const start = i;
      for (i++; i < length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
      if (i - start > limits.jsonStringBytes)
        return refuse("tooLarge", `a text exceeds ${limits.jsonStringBytes} bytes`);
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (++depth > limits.jsonDepth) return refuse("tooDeep", `the JSON is nested deeper than ${limits.jsonDepth}`);
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (--depth === 1 && several) keys = 0;
    } else if (byte === COLON && ++keys > limits.jsonKeys) {
      return refuse("tooLarge", `the JSON has more than ${limits.jsonKeys} keys`);
    }
  }
  return null;
}
