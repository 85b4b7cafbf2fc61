import { MINUTE, type Millis, SECOND } from "../../src/domain/time.ts";
import type { AlertView } from "../../src/stream/protocol.ts";
import type { Command } from "../actors/actor.ts";
import type { Random } from "../random.ts";
import type { Rest } from "../rest.ts";
import { drawScene } from "../street-scene.ts";
import type { Habit, Move } from "./staff.ts";

export interface CrewsParts {
  /** Crews that are played, each with the token of its own page. */
  readonly crews: ReadonlyMap<string, Rest>;
  /** Badges of a crew that can be sent to a place, the nearest first. */
  readonly nearest: (crewId: string, place: { readonly lat: number; readonly lon: number }) => readonly string[];
  /** What a simulated device is made to do, now. */
  readonly order: (deviceId: string, command: Command) => void;
}

/** Of the nearest some are off duty and stay where they are. */
const SENT = 3;
/** Whoever is there by then and was not seen says so. */
const WAY_MS = { least: 9 * MINUTE, most: 14 * MINUTE };
const WORK_MS = { least: 3 * MINUTE, most: 9 * MINUTE };

/**
 * What crews do with what they are offered: they say yes, somebody goes there, the problem is taken away, a picture is made,
 * and it is reported as done. What is taken away is really gone: the sensors and cameras of the place say so by themselves.
 */
export function crewsAtWork({ crews, nearest, order }: CrewsParts): Habit {
  return (alert, random) => {
    const crewId = alert.offer?.crewId ?? alert.crewId;
    const rest = crewId === null ? undefined : crews.get(crewId);
    if (!rest || crewId === null) return null;
    const act = (action: string, body: object = {}) => rest.send("POST", `/alerts/${alert.id}/${action}`, body);
    const { place } = alert;
    switch (alert.state) {
      case "dispatched":
        return after(random, 15 * SECOND, 90 * SECOND, async () => {
          await act("accept");
          if (!place) return;
          const goal = { lat: place.lat, lon: place.lon, minutes: 8 };
          for (const member of nearest(crewId, place).slice(0, SENT)) order(member, { do: "goTo", ...goal });
        });
      case "accepted":
        return after(random, WAY_MS.least, WAY_MS.most, () => act("arrive"));
      case "arrived":
        return after(random, WORK_MS.least, WORK_MS.most, async (at) => {
          for (const { source } of alert.evidence) order(source, { do: "takeAway" });
          if (place) await picture(rest, alert, at);
          await act("handle", { note: random.pick(DONE) });
        });
      default:
        return null;
    }
  };
}

const DONE = ["已清理干净", "已清运", "现场已恢复", "已劝导并清理"];

async function picture(rest: Rest, { id, place, subject }: AlertView, at: Millis): Promise<void> {
  const scene = { camera: subject.id, bins: subject.kind === "bin" ? 3 : 0, at, category: null } as const;
  const query = `lat=${place?.lat}&lon=${place?.lon}&at=${Math.floor(at)}`;
  await rest.send("POST", `/alerts/${id}/pictures?${query}`, drawScene({ ...scene, bbox: [0, 0, 0, 0] }));
}

/** Between two times, somewhere. */
export const after = (random: Random, least: Millis, most: Millis, make: Move["make"]): Move => ({
  afterMs: Math.floor(random.between(least, most)),
  make,
});
