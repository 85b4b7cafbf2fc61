import { type ReadonlySignal, signal } from "@preact/signals";
import type { TimelineEntry } from "../../domain/alert.ts";
import type { AlertView } from "../../stream/protocol.ts";
import type { Rest } from "../staff/rest.ts";

/** What happened in a stretch of the past, alert by alert: openings, what operators did, ends. */

export interface Happening extends Pick<TimelineEntry, "alertId" | "at" | "action" | "actor" | "note"> {
  readonly alert: AlertView;
}

export interface Happenings {
  /** In the order of their time. */
  readonly all: ReadonlySignal<readonly Happening[]>;
  /** Alerts as they come by the stream. */
  see(alerts: ReadonlyMap<string, AlertView>): void;
  close(): void;
}

const PAGE = 500;
/** Of a month with more alerts than this the openings of the first are listed at once, the others as they are reached. */
const PAGES = 6;
/** Timelines are asked for one by one, so many at a time. */
const AT_ONCE = 3;
const GATHER_MS = 250;

export function openHappenings(rest: Rest, from: number, to: number): Happenings {
  const all = signal<readonly Happening[]>([]);
  const known = new Map<string, readonly Happening[]>();
  const revs = new Map<string, number>();
  const asked = new Set<string>();
  const waiting: AlertView[] = [];
  let running = 0;
  let closed = false;
  let due: ReturnType<typeof setTimeout> | null = null;

  const publish = () => {
    due ??= setTimeout(() => {
      due = null;
      all.value = [...known.values()].flat().sort((a, b) => a.at - b.at);
    }, GATHER_MS);
  };
  const opened = (alert: AlertView) => {
    if (known.has(alert.id) || alert.openedAt < from || alert.openedAt > to) return;
    const { id: alertId, openedAt: at } = alert;
    known.set(alertId, [{ alertId, at, action: "open", actor: "system", note: null, alert }]);
    publish();
  };

  const next = () => {
    const alert = closed || running >= AT_ONCE ? undefined : waiting.shift();
    if (!alert) return;
    running++;
    rest
      .get<{ timeline: readonly TimelineEntry[] }>(`/alerts/${encodeURIComponent(alert.id)}`)
      .then(
        ({ timeline }) => {
          const steps = timeline.filter(({ at }) => at >= from && at <= to);
          if (steps.length > 0)
            known.set(
              alert.id,
              steps.map((step) => ({ ...step, alert })),
            );
          publish();
        },
        // Kept no longer, or out of reach: what the stream tells of it stays.
        () => {},
      )
      .finally(() => {
        running--;
        next();
      });
    next();
  };

  const openings = async () => {
    let cursor = "";
    for (let page = 0; page < PAGES && !closed; page++) {
      const path = `/alerts?from=${from}&to=${to}&limit=${PAGE}${cursor}`;
      const { items, next: rest_ } = await rest.get<{ items: AlertView[]; next: string | null }>(path);
      for (const alert of items) opened(alert);
      if (rest_ === null) return;
      cursor = `&cursor=${encodeURIComponent(rest_)}`;
    }
  };
  void openings().catch(() => {});

  return {
    all,
    see(alerts) {
      for (const alert of alerts.values()) {
        const before = revs.get(alert.id);
        if (before === alert.rev) continue;
        revs.set(alert.id, alert.rev);
        opened(alert);
        // What was open already when the stretch began has a history worth asking for once something happens to it.
        const moved = before !== undefined || (alert.openedAt >= from && alert.state !== "open");
        if (!moved || asked.has(alert.id)) continue;
        asked.add(alert.id);
        waiting.push(alert);
      }
      next();
    },
    close() {
      closed = true;
      if (due !== null) clearTimeout(due);
    },
  };
}
