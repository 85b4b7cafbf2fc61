import type { FeatureCollection } from "geojson";
import { isKind } from "../../domain/kinds.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { placeName } from "./wall-parts.ts";
import { say } from "./words.ts";

/** The stream's name of somebody whom a wall may not know: their number follows. */
const STAFF = /^staff~(\d*)$/;

/** A spot that the center found by itself has a number for a name. */
const NUMBERED = /^spot-[0-9A-Z]{26}$/;

/** What an alert's subject is called on a wall; null when it has no name to show. People are a role and a number. */
export function subjectName(
  { subject: { kind, id }, subjectName }: Pick<AlertView, "subject" | "subjectName">,
  district: FeatureCollection,
): string | null {
  // A case is about another alert: its id tells nobody anything.
  if (kind === "case" || NUMBERED.test(id)) return null;
  const staff = STAFF.exec(id);
  if (staff) return say("crewMember", { number: staff[1] ?? "" }).trim();
  return isKind(kind) ? (subjectName ?? id) : placeName({ district }, id);
}
