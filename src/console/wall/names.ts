import { signal } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import { isKind } from "../../domain/kinds.ts";
import type { AlertView } from "../../stream/protocol.ts";
import type { Session } from "../shared/session.ts";
import { placeName } from "./wall-parts.ts";
import { say } from "./words.ts";

/** More names than a wall shows in a day; then the oldest are asked for again. */
const REMEMBERED = 1_000;
/** The stream's name of somebody whom a wall may not know: their number follows. */
const STAFF = /^staff~(\d*)$/;

/** A spot that the center found by itself has a number for a name. */
const NUMBERED = /^spot-[0-9A-Z]{26}$/;

/** What a subject is called on a wall; null when it has no name of its own to show. */
export type NameOf = (subject: AlertView["subject"]) => string | null;

/**
 * Names for ids: of places from the district, of devices from the center, asked once each. People are a role and a number.
 * A name that is still to come is left out, and the component that read it is drawn again.
 */
export function openNames({ rest }: Pick<Session, "rest">, district: FeatureCollection): NameOf {
  const known = signal<ReadonlyMap<string, string>>(new Map());
  const asked = new Set<string>();

  const ask = async (id: string): Promise<void> => {
    asked.add(id);
    const answer = await rest("GET", `/devices/${encodeURIComponent(id)}`).catch(() => null);
    asked.delete(id);
    if (!answer || (!answer.ok && answer.status !== 404)) return;
    const name = answer.ok ? ((await answer.json()) as { name: string }).name : id;
    known.value = new Map([...known.value, [id, name] as const].slice(-REMEMBERED));
  };

  return ({ kind, id }) => {
    // A case is about another alert: its id tells nobody anything.
    if (kind === "case" || NUMBERED.test(id)) return null;
    const staff = STAFF.exec(id);
    if (staff) return say("crewMember", { number: staff[1] ?? "" }).trim();
    if (!isKind(kind)) return placeName({ district }, id);
    const name = known.value.get(id);
    if (name === undefined && !asked.has(id)) queueMicrotask(() => void ask(id));
    return name ?? null;
  };
}
