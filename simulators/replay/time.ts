/** Reads the times of recorded data: with a zone, without one (local in `zone`), or a date only (noon in `zone`). */

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that local time in a zone is ahead of UTC at an instant. */
function offsetAt(zone: string, instant: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
}

/** Local wall time in a zone → epoch milliseconds; in the hour that a clock change skips or repeats, the earlier offset. */
export function fromLocal(wallAsUtc: number, zone: string): number {
  const guess = wallAsUtc - offsetAt(zone, wallAsUtc);
  return wallAsUtc - offsetAt(zone, guess);
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const localPattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/;

/** Epoch milliseconds, or NaN when the text is no time. Plain numbers are epoch seconds below 1e11, else milliseconds. */
export function parseTime(text: string, zone: string): number {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    const value = Number(trimmed);
    return value < 1e11 ? value * 1_000 : value;
  }
  const date = datePattern.exec(trimmed);
  if (date) return fromLocal(Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]), 12), zone);
  const local = localPattern.exec(trimmed);
  if (local) return fromLocal(Date.parse(`${local[1]}T${local[2]}Z`), zone);
  return Date.parse(trimmed);
}

/** @throws Error when the machine does not know the zone */
export function checkZone(zone: string): void {
  try {
    offsetAt(zone, 0);
  } catch {
    throw new Error(`--zone ${zone} is not a time zone like Europe/London or Asia/Shanghai`);
  }
}
