import type { Metrics } from "../../src/domain/metrics.ts";
import type { DeviceEvent } from "../../src/domain/observation.ts";
import type { Step } from "../player.ts";
import type { ExpectedAlert } from "../scenario.ts";

/** Minutes from a scenario's start to a time of its day; times before the start belong to the next day. */
export function minutesAfter(startAt: string): (time: string) => number {
  const minutes = (time: string): number => {
    const [hours = 0, rest = 0] = time.split(":").map(Number);
    return hours * 60 + rest;
  };
  const start = minutes(startAt.slice(11));
  return (time) => (minutes(time) - start + 1_440) % 1_440;
}

/** From here on a bin reports every minute, so that expected times are exact to a minute. */
export const watchClosely = (device: string): Step => ({
  atMinutes: 0,
  device,
  command: { do: "reportEvery", seconds: 60 },
});

/** A bin is this full from now on, and stays so until somebody changes it. */
export const filled = (atMinutes: number, device: string, pct: number): Step[] => [
  { atMinutes, device, command: { do: "fillPerDay", pct: 0 } },
  { atMinutes, device, command: { do: "fill", pct } },
];

export const emptied = (atMinutes: number, device: string): Step => ({ atMinutes, device, command: { do: "empty" } });

/** Tolerance of times that follow from a report every minute. */
export const TO_THE_MINUTE_SECONDS = 100;

/** Short words for the lines of a script; times are times of its day. */
export function scriptOf(startAt: string) {
  const at = minutesAfter(startAt);
  return {
    at,
    /** A device tells something once, on top of what it tells by itself. */
    report: (time: string, device: string, metrics: Metrics, event?: DeviceEvent): Step => ({
      atMinutes: at(time),
      device,
      report: { metrics, ...(event && { event }) },
    }),
    /** Whatever a device tells from one time to another, these values stand in it. */
    says: (from: string, to: string, device: string, metrics: Metrics): Step => ({
      atMinutes: at(from),
      device,
      fault: { fault: "says", minutes: at(to) - at(from), metrics },
    }),
    silent: (from: string, to: string, device: string): Step => ({
      atMinutes: at(from),
      device,
      fault: { fault: "silence", minutes: at(to) - at(from) },
    }),
    /** Does not leave the yard, or does not come to work. */
    staysIn: (from: string, to: string, device: string): Step => ({
      atMinutes: at(from),
      device,
      command: { do: "stayIn", minutes: at(to) - at(from) },
    }),
    /** A camera sees something from one time to another. */
    sees: (from: string, to: string, device: string, category: string, confidence = 0.9): Step => ({
      atMinutes: at(from),
      device,
      command: { do: "street", category, minutes: at(to) - at(from), confidence },
    }),
    /** @param to null: it lasts; absent: nobody looks when it ends */
    alert: (
      ruleId: string,
      subjectId: string,
      from: string,
      to?: string | null,
      more: Partial<ExpectedAlert> = {},
    ): ExpectedAlert => ({
      ruleId,
      subjectId,
      openAt: at(from),
      ...(to !== undefined && { clearAt: to === null ? null : at(to) }),
      toleranceSeconds: TO_THE_MINUTE_SECONDS,
      ...more,
    }),
  };
}
