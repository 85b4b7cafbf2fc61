import type { Millis } from "../src/domain/time.ts";

/** What a device's time field says: a time, nothing that can be trusted, or nonsense. */
export type Timestamp = { readonly at: Millis } | { readonly untrusted: true } | { readonly invalid: string };

/** Below this a number is epoch seconds (up to year 5138), below the next one milliseconds, then micro- and nanoseconds. */
const SECONDS_BELOW = 1e11;
const MILLISECONDS_BELOW = 1e14;
const MICROSECONDS_BELOW = 1e17;
const NANOSECONDS_BELOW = 1e20;
const DAY_MS = 86_400_000;

/** Days that clocks show which were never set, and how long after them a device may count on: 1970, 1980, 2000, 2001, 2004, 2011. */
const DEFAULT_CLOCKS: readonly { from: Millis; to: Millis }[] = [
  { from: Date.UTC(1970, 0, 1), to: Date.UTC(1972, 0, 1) },
  { from: Date.UTC(1980, 0, 1), to: Date.UTC(1980, 1, 1) },
  ...[2000, 2001, 2004, 2011].map((year) => ({
    from: Date.UTC(year, 0, 1) - DAY_MS,
    to: Date.UTC(year, 0, 2),
  })),
];

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Epoch seconds, milliseconds, microseconds or nanoseconds by size, or ISO 8601 with a zone (`+0000` as well as `+00:00`). */
export function readTimestamp(value: unknown): Timestamp {
  if (typeof value === "number") return fromNumber(value);
  if (typeof value !== "string") return { invalid: "a time must be a number or a text" };
  if (/^\d+(\.\d+)?$/.test(value)) return fromNumber(Number(value));
  if (!ISO.test(value)) return { invalid: `${JSON.stringify(value.slice(0, 40))} is no ISO 8601 time with a zone` };
  const at = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2").replace(/(\.\d{3})\d+/, "$1"));
  return !(at >= 0) ? { invalid: `${value} is no time` } : trusted(at);
}

function fromNumber(value: number): Timestamp {
  if (!(value >= 0 && value < NANOSECONDS_BELOW)) return { invalid: `${value} is no time` };
  if (value < SECONDS_BELOW) return trusted(Math.round(value * 1_000));
  if (value < MILLISECONDS_BELOW) return trusted(Math.round(value));
  if (value < MICROSECONDS_BELOW) return trusted(Math.round(value / 1_000));
  return trusted(Math.round(value / 1_000_000));
}

function trusted(at: Millis): Timestamp {
  return DEFAULT_CLOCKS.some(({ from, to }) => at >= from && at < to) ? { untrusted: true } : { at };
}
