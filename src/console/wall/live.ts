import { signal } from "@preact/signals";
import type { Millis } from "../../domain/time.ts";
import type { AlertView, CellView, Topics, WallView } from "../../stream/protocol.ts";
import { standing } from "../shared/alert-order.ts";
import { centerNow, type Freshness, freshnessOf } from "../shared/freshness.tsx";
import type { KindTotal } from "../shared/map-split.ts";
import type { Session } from "../shared/session.ts";

const TOTALS_EVERY_MS = 2_000;
const KPIS_EVERY_MS = 1_000;
/** Cells so large that a district has a handful: their sums are its totals. */
const TOTALS_ZOOM = 9;
const SETTLE_MS = 250;

/**
 * What the wall knows, as signals: a component that reads one is drawn again when it changes and otherwise left alone.
 * Bursts are gathered: the screen changes at most four times a second, however many frames come.
 */
export function openLive({ stream }: Session) {
  // All alerts of the last day, ended ones too: numbers, trends and list come from the same records.
  const alertsView = stream.subscribe("alerts", {});
  const totalsView = stream.subscribe("cells", { filter: { zoom: TOTALS_ZOOM }, everyMs: TOTALS_EVERY_MS });
  const kpisView = stream.subscribe("kpis", { everyMs: KPIS_EVERY_MS });
  const wallsView = stream.subscribe("walls", { everyMs: 100 });

  const alerts = signal<readonly AlertView[]>([]);
  const totals = signal<ReadonlyMap<string, KindTotal>>(new Map());
  const kpis = signal<readonly Topics["kpis"][]>([]);
  const wall = signal<WallView | null>(null);
  /** The center's time; until it has spoken, the screen's own, by which nothing is judged. */
  const now = signal<Millis>(Date.now());
  /** `now` in whole minutes, for what need not change every second. */
  const minute = signal<Millis>(now.value);
  const freshness = signal<Freshness>("connecting");

  const gathered = (read: () => void) => {
    let due = false;
    let readAt = Number.NEGATIVE_INFINITY;
    return ({ upsert, gone, replaced }: { upsert: readonly unknown[]; gone: readonly string[]; replaced: boolean }) => {
      if (due || (upsert.length === 0 && gone.length === 0 && !replaced)) return;
      due = true;
      // The first of a burst is shown at once, the others together.
      setTimeout(
        () => {
          due = false;
          readAt = performance.now();
          // The first records must not be judged by the clock of a screen that is wrong by hours.
          tick();
          read();
        },
        Math.max(0, readAt + SETTLE_MS - performance.now()),
      );
    };
  };
  alertsView.onChange(
    gathered(() => {
      alerts.value = [...alertsView.items.values()];
    }),
  );
  totalsView.onChange(
    gathered(() => {
      totals.value = sumOf(totalsView.items.values());
    }),
  );
  kpisView.onChange(
    gathered(() => {
      kpis.value = [...kpisView.items.values()];
    }),
  );
  wallsView.onChange(() => {
    wall.value = [...wallsView.items.values()][0] ?? null;
  });
  const tick = () => {
    now.value = centerNow(stream) ?? now.value;
    const wholeMinute = Math.floor(now.value / 60_000) * 60_000;
    if (wholeMinute !== minute.value) minute.value = wholeMinute;
    freshness.value = freshnessOf(stream);
  };
  setInterval(tick, 500);
  tick();

  return {
    alerts,
    /** By id, for who looks one up; the same records as `alerts`. */
    alertsById: alertsView.items,
    standing: () => alerts.value.filter(standing),
    totals,
    /** Live figures by the catalogue's own formulas. */
    kpis,
    wall,
    now,
    minute,
    freshness,
  };
}
export type Live = ReturnType<typeof openLive>;

function sumOf(cells: Iterable<CellView>): Map<string, Required<KindTotal>> {
  const sums = new Map<string, Required<KindTotal>>();
  for (const { kinds } of cells) {
    for (const [kind, { count, online, moving = 0 }] of Object.entries(kinds)) {
      const before = sums.get(kind) ?? { count: 0, online: 0, moving: 0 };
      sums.set(kind, { count: before.count + count, online: before.online + online, moving: before.moving + moving });
    }
  }
  return sums;
}
