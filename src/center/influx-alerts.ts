import { INFLUX_RULE } from "../alerts/catalogue/derived.ts";
import { finalStates } from "../domain/alert.ts";
import type { Json } from "../domain/text.ts";
import { type Millis, SECOND } from "../domain/time.ts";
import type { Following } from "../influx/following.ts";
import { behindMs } from "../influx/lag.ts";
import type { Center } from "./access.ts";

const LOOKS_EVERY_MS = SECOND;
const SUBJECT = { kind: "center", id: "influx" } as const;

/** What is wrong with the copy: each its own alert, which is over as soon as delivery goes on. */
const subtypes = ["notAllowed", "behind", "refusedLines"] as const;
type Subtype = (typeof subtypes)[number];

export interface InfluxAlertParts {
  readonly following: Pick<Following, "status">;
  readonly center: Pick<Center, "alerting" | "clock" | "operate">;
  /** The copy may be behind by so much before somebody is told. */
  readonly lateMs: Millis;
  /** Told when an alert could not be written; it is tried again. */
  readonly failed: (error: unknown) => void;
}

/**
 * The center's own alerts about InfluxDB: a token or bucket that is wrong, a copy that is too far behind, lines it refuses.
 * @returns ends it
 */
export function watchInflux({ following, center, lateMs, failed }: InfluxAlertParts): () => void {
  const { alerting, clock } = center;
  // After a restart those that stand are known from the journal, and end when delivery goes on.
  const standing = new Set<Subtype>();
  for (const { ruleId, subtype, state, clearedAt } of alerting.live()) {
    if (ruleId !== INFLUX_RULE || finalStates.has(state) || clearedAt !== null) continue;
    const known = subtypes.find((one) => one === subtype);
    if (known) standing.add(known);
  }
  let seen = { taken: 0, refused: 0 };
  let looking = false;

  const holds = (subtype: Subtype, facts: { readonly [fact: string]: Json }) =>
    center.operate((now, changes) => {
      alerting.holds({ ruleId: INFLUX_RULE, subtype, subject: SUBJECT, place: null, at: now, facts }, now, changes);
      standing.add(subtype);
    });
  const over = (subtype: Subtype, note: string) =>
    center.operate((now, changes) => {
      alerting.over(INFLUX_RULE, SUBJECT.id, subtype, now, note, changes);
      standing.delete(subtype);
    });

  const look = async (): Promise<void> => {
    const { status } = following;
    const { stuck, counters, entries } = status;
    const { taken } = counters.requests;
    const { refused } = counters;
    // A thread that was started again counts from nothing.
    const before = taken < seen.taken ? { taken: 0, refused: 0 } : seen;
    const goesOn = stuck === null && (taken > before.taken || (taken > 0 && entries === 0));
    const lag = behindMs(status, clock.now());

    if (stuck?.is === "notAllowed" && !standing.has("notAllowed")) await holds("notAllowed", { reason: stuck.reason });
    if (stuck?.is !== "notAllowed" && goesOn && standing.has("notAllowed"))
      await over("notAllowed", "delivery goes on");

    // A copy that may not be written is behind as well: one alert says why.
    if (lag > lateMs && !standing.has("behind") && !standing.has("notAllowed"))
      await holds("behind", { reason: stuck?.reason ?? null, behindMs: lag });
    if (lag <= lateMs && goesOn && standing.has("behind")) await over("behind", "the copy has caught up");

    if (refused > before.refused) await holds("refusedLines", { lines: refused - before.refused });
    else if (goesOn && standing.has("refusedLines")) await over("refusedLines", "the lines after them were taken");
    seen = { taken, refused };
  };

  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(failed)
      .finally(() => {
        looking = false;
      });
  }, LOOKS_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
