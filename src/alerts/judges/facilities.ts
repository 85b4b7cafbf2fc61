import { z } from "zod";
import { MINUTE } from "../../domain/time.ts";
import { BETWEEN, defineJudge, type Judgement, memory, metric, OVER, oldestWithin } from "./judging.ts";

/** Judgements of toilets and stations. */

const number = z.number().finite();
const milliseconds = z.number().int().min(1_000).max(86_400_000);

/** Hygiene limits are in mg/m³, sensors speak ppm: at 25 °C and 1 atm, molar mass divided by 24.45 litres. */
const NH3_MG_PER_PPM = 0.697;
const H2S_MG_PER_PPM = 1.394;
/** The limit of hydrogen sulphide is 0.0072 ppm: only a sensor with steps of 0.001 ppm can see it. */
const H2S_STEP_PPM = 0.001;
const CLEARS_BELOW_SHARE = 0.8;

const toilet = z.enum(["1", "2", "3"]);

/** The mean of each window beside the limit of the toilet's class. Attributes: `toiletClass`, `h2sResolutionPpm`. */
export const odour = defineJudge(
  z.strictObject({
    type: z.literal("odour"),
    windowMs: milliseconds,
    /** Ammonia by class of toilet, and hydrogen sulphide for all of them. */
    nh3MgM3: z.record(toilet, number.min(0.001)),
    h2sMgM3: number.min(0.0001),
    majorFactor: number.min(1),
  }),
  ({ windowMs, majorFactor, nh3MgM3, h2sMgM3 }) => {
    const windows = memory<{ start: number; nh3: number[]; h2s: number[] }>();
    const mean = (values: readonly number[]) =>
      values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
    return ({ metrics, subject, at, outOfOrder }): Judgement | null => {
      if (outOfOrder || (metrics.nh3Ppm === undefined && metrics.h2sPpm === undefined)) return null;
      const start = Math.floor(at / windowMs) * windowMs;
      const done = windows.of(subject);
      const current = done?.start === start ? done : { start, nh3: [], h2s: [] };
      windows.put(subject, current);
      if (metrics.nh3Ppm !== undefined) current.nh3.push(metrics.nh3Ppm);
      if (metrics.h2sPpm !== undefined && seesHydrogenSulphide(subject.device.attributes))
        current.h2s.push(metrics.h2sPpm);
      if (!done || done === current) return null;
      const ppm = { nh3: mean(done.nh3), h2s: mean(done.h2s) };
      const shares = odourShares(ppm, subject.device.attributes.toiletClass, { nh3MgM3, h2sMgM3 });
      const share = Math.max(shares.nh3, shares.h2s);
      if (share <= 1) return share < CLEARS_BELOW_SHARE ? OVER : BETWEEN;
      const [gas, mgM3] =
        shares.nh3 >= shares.h2s
          ? (["nh3", ppm.nh3 * NH3_MG_PER_PPM] as const)
          : (["h2s", ppm.h2s * H2S_MG_PER_PPM] as const);
      const facts = { gas, mgM3: Number(mgM3.toPrecision(3)), timesLimit: Number(share.toFixed(2)) };
      return { says: "holds", facts, ...(share >= majorFactor && { level: 2 as const }) };
    };
  },
);
const ORDINARY_CLASS = "2";

/** Whether a toilet should be open: its attributes `opensAt` and `closesAt` replace the hours that hold elsewhere. */
export function isOpeningHour(
  hour: number,
  own: { readonly [name: string]: unknown },
  [opensAt, closesAt]: readonly [number, number],
): boolean {
  return hour >= Number(own.opensAt ?? opensAt) && hour < Number(own.closesAt ?? closesAt);
}

/** Ammonia and hydrogen sulphide beside the limits of a toilet's class: 1 is the limit. */
export function odourShares(
  ppm: { readonly nh3: number; readonly h2s: number },
  toiletClass: unknown,
  limits: { readonly nh3MgM3: Readonly<Record<"1" | "2" | "3", number>>; readonly h2sMgM3: number },
): { readonly nh3: number; readonly h2s: number } {
  const known = toilet.safeParse(String(toiletClass ?? ORDINARY_CLASS)).data ?? ORDINARY_CLASS;
  return {
    nh3: (ppm.nh3 * NH3_MG_PER_PPM) / limits.nh3MgM3[known],
    h2s: (ppm.h2s * H2S_MG_PER_PPM) / limits.h2sMgM3,
  };
}

/** Whether a sensor is fine enough to see the limit of hydrogen sulphide. */
export function seesHydrogenSulphide(attributes: { readonly [name: string]: unknown }): boolean {
  return Number(attributes.h2sResolutionPpm ?? 1) <= H2S_STEP_PPM;
}

/** Growth of a counter per hour above a limit in hours when nothing should grow: a leak at night. */
export const growsAtNight = defineJudge(
  z.strictObject({
    type: z.literal("growsAtNight"),
    metric,
    perHour: number,
    hours: z.tuple([z.number().int().min(0).max(24), z.number().int().min(0).max(24)]),
  }),
  ({ metric, perHour, hours: [from, to] }) => {
    const oldest = oldestWithin(30 * MINUTE);
    return ({ metrics, subject, at, outOfOrder }, { calendar }) => {
      const value = metrics[metric];
      if (value === undefined || outOfOrder) return null;
      const first = oldest(subject, at, value);
      const hour = calendar.hourOfDay(at);
      if (hour < from || hour >= to) return OVER;
      if (at - first.at < 10 * MINUTE) return null;
      const rate = ((value - first.value) * 60 * MINUTE) / (at - first.at);
      return rate > perHour ? { says: "holds", facts: { perHour: Number(rate.toFixed(2)) } } : OVER;
    };
  },
);

/** A device that says it is closed during its opening hours (attributes `opensAt`, `closesAt`, local hours). */
export const closedInOpeningHours = defineJudge(
  z.strictObject({ type: z.literal("closedInOpeningHours"), opensAt: number, closesAt: number }),
  ({ opensAt, closesAt }) =>
    ({ metrics: { open }, subject, at }, { calendar }) => {
      if (open === undefined) return null;
      const due = isOpeningHour(calendar.hourOfDay(at), subject.device.attributes, [opensAt, closesAt]);
      return due && open === 0 ? { says: "holds", facts: { open } } : OVER;
    },
);
