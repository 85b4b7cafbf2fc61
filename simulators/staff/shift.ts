import { distanceM } from "../../src/domain/place.ts";
import type { Millis } from "../../src/domain/time.ts";
import type { Actor, SimulatedDevice } from "../actors/actor.ts";
import type { Operator } from "../orders.ts";
import type { Records } from "../organisation.ts";
import type { Player } from "../player.ts";
import type { Rest } from "../rest.ts";
import { crewsAtWork } from "./crews.ts";
import { dispatchersAtWork } from "./dispatchers.ts";
import { createStaff } from "./staff.ts";
import { restAs } from "./tokens.ts";

export interface ShiftParts {
  /** As administrator: everybody gets a token of their own. */
  readonly rest: Rest;
  readonly organisation: Records;
  readonly player: Pick<Player, "add">;
  readonly actors: readonly Actor[];
  readonly now: () => Millis;
  /** Whether dispatchers are simulated too, or somebody real sits at the desk. */
  readonly dispatchers: boolean;
  /** Crews that are left to somebody real. */
  readonly left: ReadonlySet<string>;
}

interface CrewRecord {
  readonly id: string;
  readonly name: string;
  readonly members: readonly string[];
}

/** Everybody who works in the simulated district: crews that go where they are sent, and those who send them. */
export async function openShift(parts: ShiftParts): Promise<Operator> {
  const { rest, organisation, player, actors, now } = parts;
  const devices = new Map(actors.map(({ device }) => [device.id, device]));
  const records = (organisation.crews ?? []) as unknown as readonly CrewRecord[];
  const played = records.filter(({ id }) => !parts.left.has(id));
  const crews = new Map<string, Rest>();
  for (const { id, name } of played) crews.set(id, await restAs(rest, name, "crew", { crewId: id }));
  const badges = new Map(
    played.map(({ id, members }) => [
      id,
      members.flatMap((member) => devices.get(member) ?? []).filter(({ beat }) => beat),
    ]),
  );
  const crewHabit = crewsAtWork({
    crews,
    nearest(crewId, place) {
      const away = ({ beat }: SimulatedDevice) => (beat ? distanceM(beat, place) : Number.POSITIVE_INFINITY);
      return (badges.get(crewId) ?? []).toSorted((a, b) => away(a) - away(b)).map(({ id }) => id);
    },
    order(device, command) {
      if (devices.has(device)) player.add(now(), [{ atMinutes: 0, device, command }]);
    },
  });
  const habits = parts.dispatchers
    ? [dispatchersAtWork(await restAs(rest, "班长（模拟）", "dispatcher")), crewHabit]
    : [crewHabit];
  return createStaff({ rest, seed: 1, habits });
}
