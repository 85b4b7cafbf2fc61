import { isOpeningHour, odourShares, seesHydrogenSulphide } from "../alerts/judges/facilities.ts";
import type { SeenObservation } from "../center/subject.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { AttributeValue } from "../domain/device.ts";
import { HOUR, MINUTE, type Millis } from "../domain/time.ts";
import type { KpiDraft, KpiRecord } from "./ledger.ts";
import type { Contribution, Measure, Scope } from "./measures.ts";

/** Toilets by windows of ten minutes: was the air within its limits, was it open when it should have been. */

const WINDOW_MS = 10 * MINUTE;
/** A reading later than this changes its window no more: the window is counted as it was. */
const SETTLED_AFTER_MS = 2 * HOUR;
const OPENING_HOURS = [6, 22] as const;
/** GB/T 17217-1998, as the rule `toilet.odor` has it. */
const LIMITS = { nh3MgM3: { 1: 0.3, 2: 1, 3: 3 }, h2sMgM3: 0.01 };
const PREFIX = "toilet:";

interface Window {
  readonly start: Millis;
  readonly scope: Scope;
  readonly toiletClass: AttributeValue | null;
  readonly due: boolean;
  readonly nh3: readonly [sum: number, count: number];
  readonly h2s: readonly [sum: number, count: number];
  readonly open: readonly [sum: number, count: number];
}

export function createToilets(restored: readonly KpiRecord[], calendar: Calendar) {
  const windows = new Map<string, Window>();
  for (const { id, body } of restored) if (id.startsWith(PREFIX)) windows.set(id, body as unknown as Window);

  const contributions = (window: Window | undefined): Contribution[] => {
    if (!window?.due) return [];
    const { start, scope, nh3, h2s, open, toiletClass } = window;
    const found: Contribution[] = [];
    const put = (measure: Measure, amount: number) => found.push({ measure, at: start, scope, amount });
    if (nh3[1] + h2s[1] > 0) {
      const shares = odourShares({ nh3: meanOf(nh3), h2s: meanOf(h2s) }, toiletClass, LIMITS);
      put("toilet.windows", 1);
      if (Math.max(shares.nh3, shares.h2s) <= 1) put("toilet.windowsInLimits", 1);
    }
    if (open[1] > 0) {
      put("toilet.dueMinutes", WINDOW_MS / MINUTE);
      put("toilet.openMinutes", (WINDOW_MS / MINUTE) * meanOf(open));
    }
    return found;
  };

  return {
    see({ metrics, subject, at, receivedAt }: SeenObservation, scope: Scope, draft: () => KpiDraft): void {
      const { nh3Ppm, h2sPpm, open } = metrics;
      if (nh3Ppm === undefined && h2sPpm === undefined && open === undefined) return;
      const start = Math.floor(at / WINDOW_MS) * WINDOW_MS;
      if (receivedAt - start > SETTLED_AFTER_MS) return;
      const { attributes } = subject.device;
      const id = `${PREFIX}${subject.id}:${start}`;
      const before = windows.get(id);
      const known: Window = before ?? {
        start,
        scope,
        toiletClass: attributes.toiletClass ?? null,
        due: isOpeningHour(calendar.hourOfDay(start), attributes, OPENING_HOURS),
        nh3: [0, 0],
        h2s: [0, 0],
        open: [0, 0],
      };
      const after: Window = {
        ...known,
        nh3: plus(known.nh3, nh3Ppm),
        h2s: plus(known.h2s, seesHydrogenSulphide(attributes) ? h2sPpm : undefined),
        open: plus(known.open, open),
      };
      windows.set(id, after);
      draft().replace(id, contributions(before), contributions(after), JSON.parse(JSON.stringify(after)));
    },

    /** Windows that nothing changes any more are let go. */
    settle(now: Millis, draft: () => KpiDraft): void {
      for (const [id, { start }] of windows) {
        if (now - start <= SETTLED_AFTER_MS) continue;
        windows.delete(id);
        draft().settle(id);
      }
    },
  };
}

const plus = ([sum, count]: readonly [number, number], value: number | undefined): readonly [number, number] =>
  value === undefined ? [sum, count] : [sum + value, count + 1];
const meanOf = ([sum, count]: readonly [number, number]): number => (count === 0 ? 0 : sum / count);
