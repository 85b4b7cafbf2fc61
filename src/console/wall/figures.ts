import type { Session } from "../shared/session.ts";
import { useLoad } from "./use-load.ts";

/** A figure of the catalogue over today, `GET /kpis`. */
export interface Figure {
  readonly id: string;
  /** In the figure's own unit, per cent for shares; null where there is nothing to reckon from. */
  readonly value: number | null;
  readonly denominator: number | null;
}

const EVERY_MS = 60_000;

/** Figures of today by id, by the catalogue's own formulas; empty until the first answer. */
export function useFigures(session: Session, ...ids: string[]): ReadonlyMap<string, Figure> {
  const path = `/kpis?${ids.map((id) => `id=${encodeURIComponent(id)}`).join("&")}`;
  const loaded = useLoad<{ items: readonly Figure[] }>(session, path, EVERY_MS);
  return new Map(loaded?.items.map((figure) => [figure.id, figure]));
}
