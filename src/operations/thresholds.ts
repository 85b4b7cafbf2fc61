import type { Rule } from "../alerts/rule.ts";
import type { PersonThresholds } from "./person-duty.ts";
import type { VehicleThresholds } from "./vehicle-duty.ts";

/** What managers may set by `PUT /rules/{id}`: the thresholds of the rules about work. */
export interface Thresholds {
  number(ruleId: string, name: string, preset: number): number;
  person(): PersonThresholds;
  vehicle(): VehicleThresholds;
}

/** @param ruleOf the rule as it is in force */
export function createThresholds(ruleOf: (id: string) => Rule | undefined): Thresholds {
  const number = (ruleId: string, name: string, preset: number): number => {
    const value = ruleOf(ruleId)?.thresholds?.[name];
    return typeof value === "number" ? value : preset;
  };
  return {
    number,
    person: sameWhile(["person.absent", "person.off_post", "person.idle"], () => ({
      graceMinutes: number("person.absent", "graceMinutes", 15),
      noSignalMinutes: number("person.absent", "noSignalMinutes", 10),
      offPostM: number("person.off_post", "toleranceM", 30),
      offPostMinutes: number("person.off_post", "minutes", 15),
      backMinutes: number("person.off_post", "backMinutes", 3),
      idleM: number("person.idle", "radiusM", 20),
      idleMinutes: number("person.idle", "minutes", 30),
      idleLongMinutes: number("person.idle", "minorMinutes", 60),
      movedM: number("person.idle", "movedM", 50),
    })),
    vehicle: sameWhile(["vehicle.not_on_duty", "vehicle.idle"], () => ({
      graceMinutes: number("vehicle.not_on_duty", "graceMinutes", 15),
      workedMinutes: number("vehicle.not_on_duty", "workedMinutes", 5),
      noSignalMinutes: number("vehicle.not_on_duty", "noSignalMinutes", 15),
      standMinutes: number("vehicle.idle", "minutes", 20),
      standLongMinutes: number("vehicle.idle", "minorMinutes", 40),
      idlingMinutes: number("vehicle.idle", "idlingMinutes", 10),
    })),
  };

  /** Looked up with each fix: put together anew only when one of the rules was changed. */
  function sameWhile<T>(ruleIds: readonly string[], make: () => T): () => T {
    let known: { readonly rules: readonly (Rule | undefined)[]; readonly made: T } | null = null;
    return () => {
      if (known?.rules.every((rule, index) => rule === ruleOf(ruleIds[index] as string))) return known.made;
      known = { rules: ruleIds.map(ruleOf), made: make() };
      return known.made;
    };
  }
}
