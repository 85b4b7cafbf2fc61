import { MINUTE, SECOND } from "../../src/domain/time.ts";
import type { AlertView } from "../../src/stream/protocol.ts";
import type { Rest } from "../rest.ts";
import { after } from "./crews.ts";
import type { Habit } from "./staff.ts";

interface Suggestion {
  readonly crewId: string;
  readonly onDuty: boolean;
  readonly fits: boolean;
}

/** A camera that was less sure than this is looked at twice: half of those show nothing. */
const DOUBTFUL = 0.82;
/** Somebody has to go there; of the rest a call or a look is enough. */
const GOES = /^(bin\.(overflow|fire_risk|disturbed)|street\.|point\.(missed|mixed)|toilet\.|manhole|spot)/;
/** These end by themselves when the device is heard or the figure falls; nobody is called for one. */
const LEFT = /^(device\.|case\.|bin\.near_full|sweep\.|center\.)/;

/** What dispatchers do all shift: look, send somebody, reject what is none, look at the result, close. */
export function dispatchersAtWork(rest: Rest): Habit {
  return (alert, random) => {
    const act = (action: string, body: object = {}) => rest.send("POST", `/alerts/${alert.id}/${action}`, body);
    const { ruleId, state, level, confirmed } = alert;
    if (LEFT.test(ruleId)) return null;
    switch (state) {
      case "open":
        if (!confirmed && sureness(alert) < DOUBTFUL && random.chance(0.5)) {
          return after(random, MINUTE, 6 * MINUTE, () => act("reject", { note: "画面中未见异常" }));
        }
        return after(random, 20 * SECOND, level === 1 ? MINUTE : 5 * MINUTE, () => act("acknowledge"));
      case "acknowledged":
        if (!GOES.test(ruleId))
          return after(random, 4 * MINUTE, 15 * MINUTE, () => act("close", { note: "已电话核实" }));
        return after(random, 20 * SECOND, 2 * MINUTE, async () => {
          const { items } = await rest.get<{ items: Suggestion[] }>(`/alerts/${alert.id}/crews`);
          const crew = items.find(({ onDuty, fits }) => onDuty && fits);
          if (crew) await act("dispatch", { crewId: crew.crewId });
        });
      case "handled":
      case "cleared":
        return after(random, 2 * MINUTE, 8 * MINUTE, () => act("verify"));
      case "verified":
        return after(random, 10 * SECOND, 40 * SECOND, () => act("close"));
      default:
        return null;
    }
  };
}

const sureness = ({ evidence }: AlertView): number => Number(evidence[0]?.confidence ?? 1);
