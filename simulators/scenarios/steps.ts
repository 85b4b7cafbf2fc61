import type { Step } from "../player.ts";

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
