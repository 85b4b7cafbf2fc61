import type { SeenObservation } from "../center/subject.ts";
import type { Calendar } from "../domain/calendar.ts";
import { isDepositHour } from "../domain/deposits.ts";
import { FOOD_STREAM, isSameLoad, netKgOf, streamOf, type WeighedLoad } from "../domain/loads.ts";
import type { KpiDraft } from "./ledger.ts";
import { EVERYWHERE, type Scope } from "./measures.ts";

/** Figures that come straight from readings, each counted once: repetitions never reach this. */

export function createReadingFigures(calendar: Calendar) {
  const lastLoads = new WeakMap<object, WeighedLoad>();

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
    const netKg = netKgOf(metrics);
    if (netKg === null || isSameLoad(lastLoads.get(subject), { at, netKg })) return;
    lastLoads.set(subject, { at, netKg });
    const stream = streamOf(event, subject.device.attributes);
    const category = { ...scope, category: stream };
    draft().add({ measure: "collect.kg", at, scope: category, amount: netKg });
    if (stream === FOOD_STREAM) draft().add({ measure: "collect.foodKg", at, scope: category, amount: netKg });
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
