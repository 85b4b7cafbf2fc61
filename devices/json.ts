export interface JsonLimits {
  readonly jsonDepth: number;
  /** Keys of all objects together. */
  readonly jsonKeys: number;
  readonly jsonStringBytes: number;
}

export const defaultJsonLimits: JsonLimits = { jsonDepth: 16, jsonKeys: 256, jsonStringBytes: 16 * 1024 };

export type ParsedJson = { readonly value: unknown } | { readonly refused: { reason: string; detail: string } };

const utf8 = new TextDecoder("utf-8", { fatal: true });
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const refuse = (reason: string, detail: string): ParsedJson => ({ refused: { reason, detail } });

/** Decodes UTF-8; null when the bytes are none. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Parses JSON within bounds. Depth, keys and string lengths are counted on the bytes before anything is built, so that a
 * bomb costs a scan and not a heap.
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
  // A key of this name would change the prototype of whatever copies the object carelessly.
  if (text.includes("__proto__")) return refuse("notJson", "the key __proto__ is not allowed");
  return { value };
}

function measure(bytes: Uint8Array, limits: JsonLimits): ParsedJson | null {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      const start = i;
      for (i++; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
      if (i - start > limits.jsonStringBytes)
        return refuse("tooLarge", `a text exceeds ${limits.jsonStringBytes} bytes`);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > limits.jsonDepth) return refuse("tooDeep", `the JSON is nested deeper than ${limits.jsonDepth}`);
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x3a && ++keys > limits.jsonKeys) {
      return refuse("tooLarge", `the JSON has more than ${limits.jsonKeys} keys`);
    }
  }
  return null;
}
