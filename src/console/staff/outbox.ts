import { type ReadonlySignal, signal } from "@preact/signals";
import { findBlob, forgetBlob, keepBlob } from "./blobs.ts";
import type { Rest } from "./rest.ts";

/** How an alert looked when somebody decided: a conflict is only what has changed in this. */
export interface Seen {
  readonly rev: number;
  readonly state: string;
  /** Absent on screens that may not know. */
  readonly assignee?: string | null;
  readonly crewId: string | null;
}

/** Something a person has decided and the center has not confirmed yet. */
export interface Intent {
  /** Idempotency key: however often it is sent, it is done once. */
  readonly key: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly action: string;
  readonly alertId: string | null;
  /** What it is about, for people. */
  readonly about: string;
  readonly seen: Seen | null;
  readonly madeAt: number;
  /** Held back until then, so that it can still be taken back. */
  readonly notBefore: number;
  /** The body is a picture that lies in the browser's database under the key. */
  readonly picture?: string | undefined;
  readonly status: "waiting" | "sending" | "conflict" | "failed";
  readonly detail: string | null;
}

export type IntentInput = Pick<Intent, "path" | "body" | "action" | "alertId" | "about" | "seen"> & {
  readonly holdMs?: number;
  readonly picture?: Blob;
};

export interface Answer {
  readonly rev?: number;
  readonly state?: string;
  readonly assignee?: string | null;
  readonly crewId?: string | null;
  readonly code?: string;
  readonly detail?: string;
  /** Of a bulk action. */
  readonly items?: readonly { readonly id: string; readonly status: number; readonly detail?: string }[];
}

export interface Outbox {
  readonly entries: ReadonlySignal<readonly Intent[]>;
  /** True while the center does not answer. */
  readonly cutOff: ReadonlySignal<boolean>;
  add(input: IntentInput): Promise<Intent>;
  /** Takes back what has not been sent; false when it is too late. */
  cancel(key: string): boolean;
  dismiss(key: string): void;
  /** Send a conflicting one all the same: the person has looked at what it is now. */
  insist(key: string, seen: Seen): void;
  /** What the center said to one that is done; the newest are kept. */
  answerTo(key: string): Answer | undefined;
  close(): void;
}

const sameCase = (seen: Seen, { state, assignee = null, crewId = null }: Answer): boolean =>
  state === seen.state && (seen.assignee === undefined || assignee === seen.assignee) && crewId === seen.crewId;

const KEPT = 500;
const ANSWERS_KEPT = 50;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/**
 * The queue of one person's own actions. Each is written down before it is sent, and leaves only with the center's answer: a
 * closed laptop, a tunnel or a restarted center lose nothing, and the idempotency key does nothing twice.
 */
export function createOutbox(owner: string, rest: Rest): Outbox {
  const stored = `kerbside.outbox.${owner}`;
  const load = (): Intent[] => JSON.parse(localStorage.getItem(stored) ?? "[]") as Intent[];
  const entries = signal<readonly Intent[]>(
    load().map((one) => (one.status === "sending" ? { ...one, status: "waiting" } : one)),
  );
  const cutOff = signal(false);
  const answers = new Map<string, Answer>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let closed = false;
  let retries = 0;

  const keep = (next: readonly Intent[]) => {
    localStorage.setItem(stored, JSON.stringify(next));
    entries.value = next;
  };
  const change = (key: string, fields: Partial<Intent>) =>
    keep(entries.value.map((one) => (one.key === key ? { ...one, ...fields } : one)));
  const drop = (key: string) => {
    keep(entries.value.filter((one) => one.key !== key));
    void forgetBlob(key);
  };
  const wake = (ms: number) => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), ms);
  };

  const send = async (intent: Intent): Promise<Response> => {
    if (intent.picture !== undefined) {
      const blob = await findBlob(intent.key);
      if (!blob) return Response.json({ detail: "the picture is no longer in this browser" }, { status: 410 });
      return rest.call("POST", intent.path, blob, { "content-type": intent.picture });
    }
    const match = intent.seen ? { "if-match": String(intent.seen.rev) } : {};
    return rest.call("POST", intent.path, intent.body, { "idempotency-key": intent.key, ...match });
  };

  /** What comes next about the same alert starts from how this one left it. */
  const rebase = ({ alertId }: Intent, { rev, state, assignee = null, crewId = null }: Answer) => {
    if (alertId === null || rev === undefined || state === undefined) return;
    keep(
      entries.value.map((one) =>
        one.alertId === alertId && one.seen && one.status === "waiting"
          ? { ...one, seen: { ...one.seen, rev, state, crewId, ...(one.seen.assignee !== undefined && { assignee }) } }
          : one,
      ),
    );
  };

  /** @returns false: the center cannot be reached or is too busy, try later */
  const deliver = async (intent: Intent): Promise<boolean> => {
    change(intent.key, { status: "sending" });
    const response = await send(intent).catch(() => null);
    if (!response || response.status >= 500 || response.status === 429 || response.status === 401) {
      change(intent.key, { status: "waiting" });
      return false;
    }
    const answer = ((await response.json().catch(() => null)) ?? {}) as Answer;
    if (response.ok) {
      drop(intent.key);
      rebase(intent, answer);
      answers.set(intent.key, answer);
      if (answers.size > ANSWERS_KEPT) answers.delete(answers.keys().next().value as string);
      return true;
    }
    const { seen } = intent;
    // Another reading has come in, or a colleague wrote a comment: nothing that was decided about has changed.
    if (answer.code === "conflict" && answer.rev !== undefined && seen && sameCase(seen, answer)) {
      change(intent.key, { status: "waiting", seen: { ...seen, rev: answer.rev } });
      return true;
    }
    change(intent.key, {
      status: response.status === 409 ? "conflict" : "failed",
      detail: answer.detail ?? `${response.status}`,
    });
    return true;
  };

  const flush = async (): Promise<void> => {
    if (busy || closed) return;
    busy = true;
    try {
      for (;;) {
        const now = Date.now();
        const waiting = entries.value.filter(({ status }) => status === "waiting");
        // One stuck behind a conflict waits for a person; others pass.
        const blocked = new Set(
          entries.value.filter(({ status }) => status === "conflict").map(({ alertId }) => alertId),
        );
        const next = waiting.find((one) => one.notBefore <= now && (one.alertId === null || !blocked.has(one.alertId)));
        if (!next) {
          const soonest = Math.min(...waiting.map(({ notBefore }) => notBefore).filter((at) => at > now));
          if (Number.isFinite(soonest)) wake(soonest - now);
          return;
        }
        const reached = await deliver(next);
        cutOff.value = !reached;
        if (!reached) {
          wake(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** retries++));
          return;
        }
        retries = 0;
      }
    } finally {
      busy = false;
    }
  };

  const online = () => {
    retries = 0;
    wake(0);
  };
  addEventListener("online", online);
  wake(0);

  return {
    entries,
    cutOff,
    async add({ holdMs = 0, picture, ...input }) {
      if (entries.value.length >= KEPT) throw new Error("too much is waiting to be sent");
      const now = Date.now();
      const intent: Intent = {
        ...input,
        key: crypto.randomUUID(),
        madeAt: now,
        notBefore: now + holdMs,
        status: "waiting",
        detail: null,
        ...(picture && { picture: picture.type }),
      };
      if (picture) await keepBlob(intent.key, picture);
      keep([...entries.value, intent]);
      wake(holdMs);
      if (holdMs === 0) await flush();
      return intent;
    },
    cancel(key) {
      const found = entries.value.find((one) => one.key === key);
      if (found?.status !== "waiting" || found.notBefore <= Date.now()) return false;
      drop(key);
      return true;
    },
    dismiss: drop,
    insist(key, seen) {
      // Another key: what is asked now is another question.
      keep(
        entries.value.map((one) =>
          one.key === key ? { ...one, key: crypto.randomUUID(), status: "waiting", detail: null, seen } : one,
        ),
      );
      wake(0);
    },
    answerTo: (key) => answers.get(key),
    close() {
      closed = true;
      clearTimeout(timer);
      removeEventListener("online", online);
    },
  };
}
