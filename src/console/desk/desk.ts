import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { AlertState } from "../../domain/alert.ts";
import { atLeast, type Role } from "../../domain/roles.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { centerNow } from "../shared/freshness.tsx";
import { alertTitle } from "../shared/subtypes.ts";
import type { Staff } from "../staff/gate.tsx";
import type { Intent } from "../staff/outbox.ts";
import { type QueueFilter, queueOf } from "./order.ts";

/** What can be done with an alert, as the center's catalogue says it. */
export interface Transition {
  readonly id: string;
  readonly from: readonly AlertState[];
  readonly to: AlertState | null;
  readonly role: Role;
}

/** A short word at the edge of the screen; with `undo` it can be taken back for a while. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "good" | "bad" | "plain";
  readonly undo?: (() => void) | undefined;
}

export type Dialog =
  | { readonly kind: "help" }
  | { readonly kind: "search" }
  /** Of a device, or of the alerts. */
  | {
      readonly kind: "export";
      readonly device: { readonly id: string; readonly name: string; readonly kind: string } | null;
    }
  | { readonly kind: "action"; readonly action: string; readonly ids: readonly string[] };

/** A stretch of the past that somebody wants to see, and which alert it is about. */
export interface PastWish {
  readonly from: number;
  readonly to: number;
  readonly alert: AlertView | null;
}

export interface Desk extends Staff {
  readonly page: Signal<string>;
  /** Every alert that is not archived and may be seen, newest state. */
  readonly alerts: ReadonlySignal<ReadonlyMap<string, AlertView>>;
  readonly filter: Signal<QueueFilter>;
  readonly queue: ReadonlySignal<readonly AlertView[]>;
  readonly selectedId: Signal<string | null>;
  readonly selected: ReadonlySignal<AlertView | null>;
  /** Chosen for a bulk action. */
  readonly marked: Signal<ReadonlySet<string>>;
  /** The center's time, once a second. */
  readonly now: ReadonlySignal<number>;
  readonly transitions: ReadonlySignal<ReadonlyMap<string, Transition>>;
  readonly dialog: Signal<Dialog | null>;
  /** What the time machine shows, or is to show when it is opened. */
  readonly past: Signal<PastWish | null>;
  readonly toasts: ReadonlySignal<readonly Toast[]>;
  may(permission: string): boolean;
  /** Whether the role and the alert's state allow it. */
  can(action: string, alert: AlertView): boolean;
  pendingOf(alertId: string): Intent | undefined;
  title(alert: AlertView): string;
  /** What it is about; for an overdue case the alert that is overdue. */
  subject(alert: AlertView): string;
  select(id: string | null): void;
  /** Selects the next (1) or previous (-1) of the queue. */
  step(by: number): void;
  toast(text: string, tone?: Toast["tone"], undo?: () => void): void;
  close(): void;
}

const REDRAW_MS = 200;
const BEAT_MS = 1_000;
const TOAST_MS = 7_000;
const TOASTS = 4;

export function createDesk(staff: Staff): Desk {
  const { session, me, outbox } = staff;
  const view = session.stream.subscribe("alerts", { filter: { open: true } });
  const alerts = signal<ReadonlyMap<string, AlertView>>(new Map());
  const filter = signal<QueueFilter>({ levels: [], show: "all", text: "" });
  const selectedId = signal<string | null>(null);
  /** Where the selection stood: when it is gone, what took its place is next. */
  let lastIndex = 0;
  const now = signal(centerNow(session.stream) ?? Date.now());
  const transitions = signal<ReadonlyMap<string, Transition>>(new Map());
  const toasts = signal<readonly Toast[]>([]);
  let toastId = 0;

  /** Minutes decide what is shelved: recounting the queue every second would be waste. */
  const minute = computed(() => Math.floor(now.value / 10_000));
  const queue = computed(() => {
    minute.value;
    return queueOf(alerts.value.values(), filter.value, now.peek(), (id) => session.ruleTitle(id));
  });
  const selected = computed(() => {
    const id = selectedId.value;
    return id === null ? null : (alerts.value.get(id) ?? null);
  });

  const keepSelection = () => {
    const list = queue.value;
    const at = list.findIndex(({ id }) => id === selectedId.value);
    if (at >= 0) lastIndex = at;
    else if (selectedId.value === null || !alerts.value.has(selectedId.value)) {
      selectedId.value = list[Math.min(lastIndex, list.length - 1)]?.id ?? null;
    }
  };
  let due: ReturnType<typeof setTimeout> | null = null;
  let heard = false;
  view.onChange(({ upsert, gone, replaced }) => {
    // From the first frame on it is the center's time that counts, not this machine's.
    if (!heard) now.value = centerNow(session.stream) ?? now.peek();
    heard = true;
    if (due !== null || (upsert.length === 0 && gone.length === 0 && !replaced)) return;
    due = setTimeout(() => {
      due = null;
      batch(() => {
        alerts.value = new Map(view.items);
        keepSelection();
      });
    }, REDRAW_MS);
  });
  const beat = setInterval(() => {
    now.value = centerNow(session.stream) ?? Date.now();
  }, BEAT_MS);
  void session.load<{ actions?: Transition[] }>("/catalog").then(({ actions = [] }) => {
    transitions.value = new Map(actions.map((one) => [one.id, one]));
  });

  return {
    ...staff,
    page: signal("queue"),
    alerts,
    filter,
    queue,
    selectedId,
    selected,
    marked: signal<ReadonlySet<string>>(new Set()),
    now,
    transitions,
    dialog: signal<Dialog | null>(null),
    past: signal<PastWish | null>(null),
    toasts,
    may: (permission) => me.may.includes(permission),
    can(action, alert) {
      const known = transitions.value.get(action);
      if (!known || !atLeast(me.role, known.role) || !known.from.includes(alert.state)) return false;
      if (action === "approve" || action === "refuse") return alert.request !== null;
      return action !== "resume" || alert.suspendedAt !== null;
    },
    pendingOf: (alertId) => outbox.entries.value.find((one) => one.alertId === alertId),
    title: (alert) => alertTitle(session, alert),
    subject({ subject, subjectName }) {
      const about = subject.kind === "case" ? alerts.value.get(subject.id) : undefined;
      if (!about) return subjectName ?? subject.id;
      return `${session.ruleTitle(about.ruleId)} ${about.subjectName ?? about.subject.id}`;
    },
    select(id) {
      selectedId.value = id;
      keepSelection();
    },
    step(by) {
      const list = queue.value;
      const at = list.findIndex(({ id }) => id === selectedId.value);
      const next = at < 0 ? lastIndex : at + by;
      selectedId.value = list[Math.max(0, Math.min(list.length - 1, next))]?.id ?? null;
      keepSelection();
    },
    toast(text, tone = "plain", undo) {
      const id = ++toastId;
      toasts.value = [...toasts.value.slice(1 - TOASTS), { id, text, tone, undo }];
      setTimeout(() => {
        toasts.value = toasts.value.filter((one) => one.id !== id);
      }, TOAST_MS);
    },
    close() {
      clearInterval(beat);
      view.close();
    },
  };
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("this part belongs into a desk");
  return desk;
}
