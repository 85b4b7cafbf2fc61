import { MINUTE, type Millis } from "../src/domain/time.ts";
import type { Rest } from "./rest.ts";

/** Something an operator does at a time of a scenario. Data, as the rest of a script is. */
export type Order = { readonly atMinutes: number } & (
  | {
      /** The open alert that is meant, by what it is about. */
      readonly ruleId: string;
      readonly subjectId: string;
      readonly action: string;
      readonly body?: { readonly [field: string]: unknown };
    }
  | {
      readonly silence: "maintenance" | "permitted" | "closure" | "storm";
      readonly minutes: number;
      readonly ruleIds?: readonly string[];
      readonly subjectIds?: readonly string[];
      /** Within so many metres of a device. */
      readonly around?: { readonly device: string; readonly radiusM: number };
      readonly hours?: readonly [number, number];
    }
  | { readonly enable: string }
  /** Puts a record into the register. */
  | { readonly plan: string; readonly record: { readonly id: string; readonly [field: string]: unknown } }
);

export interface Operator {
  readonly nextAt: Millis;
  /** Does everything that is due up to and including `until`. */
  run(until: Millis): Promise<void>;
}

/** Carries out the orders of a scenario over REST, as a desk would. */
export function createOperator(rest: Rest, startAt: Millis, orders: readonly Order[]): Operator {
  const waiting = [...orders].sort((a, b) => a.atMinutes - b.atMinutes);
  const dueAt = (order: Order): Millis => startAt + order.atMinutes * MINUTE;
  return {
    get nextAt() {
      return waiting[0] ? dueAt(waiting[0]) : Number.POSITIVE_INFINITY;
    },
    async run(until) {
      for (let order = waiting[0]; order && dueAt(order) <= until; order = waiting[0]) {
        waiting.shift();
        await carryOut(rest, order, dueAt(order));
      }
    },
  };
}

async function carryOut(rest: Rest, order: Order, at: Millis): Promise<void> {
  if ("enable" in order) {
    const rule = await rest.get<Record<string, unknown>>(`/rules/${order.enable}`);
    await rest.send("PUT", `/rules/${order.enable}`, { ...rule, enabled: true });
  } else if ("plan" in order) {
    await rest.send("PUT", `/registry/${order.plan}/${order.record.id}`, order.record);
  } else if ("silence" in order) {
    const { silence: kind, minutes, around, atMinutes: _at, ...limits } = order;
    const circle = around && { ...(await placeOf(rest, around.device)), radiusM: around.radiusM };
    const body = { kind, reason: "scenario", to: at + minutes * MINUTE, ...limits, ...(circle && { circle }) };
    await rest.send("POST", "/silences", body);
  } else {
    const { ruleId, subjectId, action, body } = order;
    const [alert] = await rest.all<{ id: string }>(`/alerts?open=true&ruleId=${ruleId}&subjectId=${subjectId}`);
    if (!alert) throw new Error(`${action} at ${new Date(at).toISOString()}: no open ${ruleId} about ${subjectId}`);
    await rest.send("POST", `/alerts/${alert.id}/${action}`, body ?? {});
  }
}

async function placeOf(rest: Rest, device: string): Promise<{ lat: number; lon: number }> {
  const { place } = await rest.get<{ place: { lat: number; lon: number } | null }>(`/devices/${device}`);
  if (!place) throw new Error(`${device} has no place`);
  return { lat: place.lat, lon: place.lon };
}
