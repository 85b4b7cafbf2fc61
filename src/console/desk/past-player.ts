import { batch, signal } from "@preact/signals";
import type { AlertView, CellView, ReplayOrder } from "../../stream/protocol.ts";
import type { KindTotal } from "../shared/map-split.ts";
import type { Session } from "../shared/session.ts";

const PRESET_SPEED = 60;
const LOOK_EVERY_MS = 100;
/** Alerts come in bursts: they are taken over so often. */
const GATHER_MS = 200;
/** Cells so large that a district has a handful: their sums are its totals. */
const TOTALS_ZOOM = 9;
const TOTALS_EVERY_MS = 1_000;

export type PastProblem = { readonly code: "tooMany" | "refused"; readonly message: string };

/**
 * Plays a stretch of the past through the stream's own protocol, from where it stood after any interruption.
 * @param stretch epoch ms, `from` before `to`
 */
export function openPast(session: Session, { from, to }: { readonly from: number; readonly to: number }) {
  const at = signal(from);
  const speed = signal(PRESET_SPEED);
  const paused = signal(false);
  const ended = signal(false);
  /** No scene stands yet: of the beginning, or of where somebody jumped to. */
  const loading = signal(true);
  const problem = signal<PastProblem | null>(null);
  const alerts = signal<ReadonlyMap<string, AlertView>>(new Map());
  const totals = signal<ReadonlyMap<string, KindTotal>>(new Map());
  let target: number | null = from;

  const stream = session.replay(from, to, PRESET_SPEED, {
    onReplay(frame) {
      // Where it stands before a jump is done is not where it was sent.
      if (target !== null && frame.now !== Math.min(frame.to, Math.max(frame.from, target))) return;
      target = null;
      batch(() => {
        loading.value = false;
        at.value = frame.now;
        speed.value = frame.speed;
        paused.value = frame.paused;
        ended.value = frame.ended;
      });
    },
    onError({ code, message }) {
      problem.value = { code: code === "tooMany" ? "tooMany" : "refused", message };
      close();
    },
    onStatus(status) {
      if (status === "refused") problem.value = { code: "refused", message: status };
      if (status === "waiting") loading.value = true;
      // A replay that is opened anew begins at its beginning, and what was wanted meanwhile went nowhere.
      const elsewhere = at.peek() !== from || speed.peek() !== PRESET_SPEED || paused.peek();
      if (status !== "live" || !elsewhere) return;
      target = Math.round(at.peek());
      stream.replay({ at: target, speed: speed.peek(), paused: paused.peek() });
    },
  });

  const alertsView = stream.subscribe("alerts", {});
  let due: ReturnType<typeof setTimeout> | null = null;
  alertsView.onChange(({ upsert, gone, replaced }) => {
    if (due !== null || (upsert.length === 0 && gone.length === 0 && !replaced)) return;
    due = setTimeout(() => {
      due = null;
      alerts.value = new Map(alertsView.items);
    }, GATHER_MS);
  });
  const cells = stream.subscribe("cells", { filter: { zoom: TOTALS_ZOOM }, everyMs: TOTALS_EVERY_MS });
  cells.onChange(({ upsert, gone, replaced }) => {
    if (upsert.length > 0 || gone.length > 0 || replaced) totals.value = sumOf(cells.items.values());
  });
  const looking = setInterval(() => {
    const { heard } = stream;
    if (!heard || loading.peek() || paused.peek() || ended.peek()) return;
    // Between two frames the replayed time goes on at its own speed.
    at.value = Math.min(to, Math.max(at.peek(), heard.now + (performance.now() - heard.at) * speed.peek()));
  }, LOOK_EVERY_MS);

  /** What is told while nobody hears it is told when the connection is back. */
  const tell = (order: ReplayOrder): void => {
    if (stream.status === "live") stream.replay(order);
  };

  function close(): void {
    clearInterval(looking);
    if (due !== null) clearTimeout(due);
    stream.close();
  }

  return {
    from,
    to,
    stream,
    at,
    speed,
    paused,
    ended,
    loading,
    problem,
    /** As they stood then. */
    alerts,
    totals,
    play(goesOn: boolean): void {
      if (goesOn && ended.peek()) this.seek(from);
      paused.value = !goesOn;
      tell({ paused: !goesOn });
    },
    pace(wanted: number): void {
      speed.value = wanted;
      tell({ speed: wanted });
    },
    seek(wanted: number): void {
      target = Math.round(Math.min(to, Math.max(from, wanted)));
      batch(() => {
        loading.value = true;
        ended.value = false;
        at.value = target ?? from;
      });
      tell({ at: target });
    },
    close,
  };
}
export type PastPlayer = ReturnType<typeof openPast>;

function sumOf(cells: Iterable<CellView>): Map<string, KindTotal> {
  const sums = new Map<string, KindTotal>();
  for (const { kinds } of cells) {
    for (const [kind, { count, online }] of Object.entries(kinds)) {
      const before = sums.get(kind) ?? { count: 0, online: 0 };
      sums.set(kind, { count: before.count + count, online: before.online + online });
    }
  }
  return sums;
}
