import type { Millis } from "../../domain/time.ts";
import type { AlertView } from "../../stream/protocol.ts";
import type { Session } from "../shared/session.ts";

/** Positions of one vehicle over time, oldest first. */
export interface Track {
  readonly id: string;
  readonly at: Float64Array;
  readonly lon: Float64Array;
  readonly lat: Float64Array;
}

export interface Past {
  readonly tracks: readonly Track[];
  readonly alerts: readonly AlertView[];
}

/** Tracks are thinned to about so many steps: a replay of minutes shows no more. */
const STEPS = 1_500;
const AT_ONCE = 4;
const PAGE = 500;
const MOST_PAGES = 10;
/** A vehicle not heard for this long is not shown. */
const SILENT_MS = 15 * 60_000;

/**
 * What happened in a stretch of time, as far as a wall may know: vehicles and alerts. The past of people is nobody's picture.
 * @returns null when it was called off
 */
export async function loadPast(session: Session, from: Millis, to: Millis, signal: AbortSignal): Promise<Past | null> {
  const vehicles = await pages<{ id: string }>(session, "/devices?kind=vehicle", signal);
  const alerts = await pages<AlertView>(session, `/alerts?from=${from}&to=${to}`, signal);
  const tracks: Track[] = [];
  const waiting = [...vehicles];
  const worker = async () => {
    for (let next = waiting.pop(); next && !signal.aborted; next = waiting.pop()) {
      const answer = await get<TrackAnswer>(
        session,
        `/devices/${encodeURIComponent(next.id)}/track?from=${from}&to=${to}`,
      );
      if (answer) tracks.push(thinned(next.id, answer, (to - from) / STEPS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return signal.aborted ? null : { tracks, alerts };
}

interface TrackAnswer {
  readonly geometry: { readonly coordinates: readonly (readonly [number, number])[] };
  readonly properties: { readonly at: readonly Millis[] };
}

async function get<T>(session: Session, path: string): Promise<T | null> {
  const answer = await session.rest("GET", path).catch(() => null);
  return answer?.ok ? ((await answer.json()) as T) : null;
}

async function pages<T>(session: Session, path: string, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor = "";
  for (let page = 0; page < MOST_PAGES && !signal.aborted; page++) {
    const answer = await get<{ items: T[]; next: string | null }>(session, `${path}&limit=${PAGE}${cursor}`);
    items.push(...(answer?.items ?? []));
    if (!answer?.next) break;
    cursor = `&cursor=${encodeURIComponent(answer.next)}`;
  }
  return items;
}

function thinned(id: string, { geometry: { coordinates }, properties }: TrackAnswer, stepMs: Millis): Track {
  const kept: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const [i, at] of properties.at.entries()) {
    if (at - last < stepMs) continue;
    kept.push(i);
    last = at;
  }
  const pick = (of: (i: number) => number) => Float64Array.from(kept, of);
  return {
    id,
    at: pick((i) => properties.at[i] ?? 0),
    lon: pick((i) => coordinates[i]?.[0] ?? 0),
    lat: pick((i) => coordinates[i]?.[1] ?? 0),
  };
}

/** Where it was at a moment and where it headed; null when it was not heard around then. */
export function positionAt(
  { at, lon, lat }: Track,
  moment: Millis,
): { lon: number; lat: number; headingDeg: number } | null {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] as number) <= moment) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  if (before < 0) return null;
  const after = Math.min(low, at.length - 1);
  const [t0, t1] = [at[before] as number, at[after] as number];
  if (moment - t0 > SILENT_MS) return null;
  const part = t1 > t0 && t1 - t0 < SILENT_MS ? (moment - t0) / (t1 - t0) : 0;
  const [x0, y0] = [lon[before] as number, lat[before] as number];
  const [x1, y1] = [lon[after] as number, lat[after] as number];
  const heading = (Math.atan2((x1 - x0) * Math.cos((y0 * Math.PI) / 180), y1 - y0) * 180) / Math.PI;
  return { lon: x0 + (x1 - x0) * part, lat: y0 + (y1 - y0) * part, headingDeg: (heading + 360) % 360 };
}
