import type { Session } from "../shared/session.ts";
import { useLoad } from "./use-load.ts";

/** Numbers of who works, as `GET /operations/summary` gives them. */
export interface WorkSummary {
  readonly people: { readonly due: number; readonly onDuty: number };
  readonly vehicles: { readonly started: number; readonly due: number };
  readonly sweeps: { readonly planned: number; readonly coverage: number | null };
}

const EVERY_MS = 15_000;

/** Null until the first answer, and in a district that plans nobody: then who is online is all that can be said. */
export function useWork(session: Session): WorkSummary | null {
  const summary = useLoad<WorkSummary>(session, "/operations/summary", EVERY_MS);
  return summary && summary.people.due + summary.vehicles.due > 0 ? summary : null;
}
