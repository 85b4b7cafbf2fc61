import type { SeenObservation } from "../center/subject.ts";
import type { Calendar } from "../domain/calendar.ts";
import { isDepositHour } from "../domain/deposits.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { KpiDraft } from "./ledger.ts";
import { EVERYWHERE, type Scope } from "./measures.ts";

/** Figures that come straight from readings, each counted once: repetitions never reach this. */

/** The same load weighed twice within this is one load. */
const SAME_LOAD_MS = 10 * MINUTE;
const FOOD = "food";

export function createReadingFigures(calendar: Calendar) {
  const lastLoads = new WeakMap<object, { at: Millis; netKg: number }>();

  const deposit = ({ event, subject, at }: SeenObservation, scope: Scope, draft: () => KpiDraft) => {
    if (event?.type !== "card" || event.code === "refused") return;
    draft().add({ measure: "point.deposits", at, scope, amount: 1 });
    const inTime = isDepositHour(calendar.hoursOfDay(at), subject.device.attributes.depositHours);
    if (inTime) draft().add({ measure: "point.depositsInTime", at, scope, amount: 1 });
  };

  /** Somebody, or a camera over the bin, looked whether it was sorted rightly: the event says `sorted`. */
  const check = ({ event, at }: SeenObservation, scope: Scope, draft: () => KpiDraft) => {
    const sorted = event && "details" in event ? event.details?.sorted : undefined;
    if (typeof sorted !== "boolean") return;
    draft().add({ measure: "point.checks", at, scope, amount: 1 });
    if (sorted) draft().add({ measure: "point.checksPassed", at, scope, amount: 1 });
  };

  const load = ({ metrics, event, subject, at }: SeenObservation, scope: Scope, draft: () => KpiDraft) => {
    const { grossKg, tareKg } = metrics;
    if (grossKg === undefined || tareKg === undefined || grossKg <= tareKg) return;
    const netKg = grossKg - tareKg;
    const last = lastLoads.get(subject);
    if (last && last.netKg === netKg && Math.abs(at - last.at) < SAME_LOAD_MS) return;
    lastLoads.set(subject, { at, netKg });
    const told = event && "details" in event ? event.details?.stream : undefined;
    const stream = String(told ?? subject.device.attributes.stream ?? "residual");
    const category = { ...scope, category: stream };
    draft().add({ measure: "collect.kg", at, scope: category, amount: netKg });
    if (stream === FOOD) draft().add({ measure: "collect.foodKg", at, scope: category, amount: netKg });
  };

  return (observation: SeenObservation, scope: Scope, draft: () => KpiDraft): void => {
    const { subject, at, receivedAt } = observation;
    const { kind } = subject.device;
    // A device without a clock says nothing about how long its word took.
    if (at !== receivedAt) {
      draft().add({
        measure: "data.delay",
        at,
        scope: { ...EVERYWHERE, category: kind },
        amount: 1,
        ms: Math.max(0, receivedAt - at),
      });
    }
    if (kind === "foodWastePoint") {
      deposit(observation, scope, draft);
      check(observation, scope, draft);
    } else if (kind === "station") load(observation, scope, draft);
  };
}
