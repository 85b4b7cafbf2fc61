import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import type { Desk } from "./desk.ts";

/** What a dispatcher does with alerts, by key. Who may and from which state is the center's to say (`Desk.can`). */

const names: Readonly<Record<string, Text>> = {
  acknowledge: { zh: "确认", en: "Acknowledge" },
  dispatch: { zh: "派单", en: "Dispatch" },
  reject: { zh: "误报", en: "False alarm" },
  comment: { zh: "备注", en: "Comment" },
  shelve: { zh: "搁置", en: "Shelve" },
  verify: { zh: "核查通过", en: "Verify" },
  rework: { zh: "返工", en: "Rework" },
  close: { zh: "办结", en: "Close" },
  reopen: { zh: "重新打开", en: "Reopen" },
  requestExtension: { zh: "申请延期", en: "Ask for time" },
  requestSuspension: { zh: "申请挂账", en: "Ask for pause" },
  approve: { zh: "批准", en: "Approve" },
  refuse: { zh: "不批准", en: "Refuse" },
  resume: { zh: "恢复计时", en: "Resume" },
  merge: { zh: "合并到…", en: "Merge into…" },
  accept: { zh: "接单", en: "Accept" },
  arrive: { zh: "到场", en: "Arrive" },
  handle: { zh: "处置完成", en: "Handled" },
  decline: { zh: "退单", en: "Decline" },
  assign: { zh: "指定责任人", en: "Assign" },
  undo: { zh: "撤销", en: "Undo" },
};

const say = words({
  did: { zh: "{action}：{about}", en: "{action}: {about}" },
  willDo: {
    zh: "{action}：{about}（{seconds} 秒内可撤销）",
    en: "{action}: {about} (can be taken back for {seconds} s)",
  },
  bulkDone: { zh: "{action}：{done} 条完成", en: "{action}: {done} done" },
  bulkSome: {
    zh: "{action}：{done} 条完成，{refused} 条未完成（{why}）",
    en: "{action}: {done} done, {refused} not ({why})",
  },
  undone: { zh: "已撤销：{about}", en: "Taken back: {about}" },
  notUndone: { zh: "无法撤销：{why}", en: "It cannot be taken back: {why}" },
  offline: { zh: "已记录，连接恢复后自动提交：{about}", en: "Noted, and sent when the connection is back: {about}" },
});

export interface DeskAction {
  readonly id: string;
  readonly key: string;
  /** What has to be asked first. */
  readonly asks?: "note" | "crew" | "until" | "reason" | "alert";
  /** Cannot be undone at the center: it is held back for a moment instead. */
  readonly ends?: true;
  readonly bulk?: true;
}

/** In the order of the buttons. */
export const deskActions: readonly DeskAction[] = [
  { id: "acknowledge", key: "a", bulk: true },
  { id: "dispatch", key: "d", asks: "crew", bulk: true },
  { id: "verify", key: "v", bulk: true },
  { id: "rework", key: "r", asks: "note" },
  { id: "close", key: "x", asks: "note", ends: true, bulk: true },
  { id: "reject", key: "n", asks: "reason", ends: true, bulk: true },
  { id: "shelve", key: "s", asks: "until", bulk: true },
  { id: "comment", key: "c", asks: "note", bulk: true },
  { id: "merge", key: "m", asks: "alert", ends: true },
  { id: "approve", key: "p" },
  { id: "refuse", key: "P", asks: "note" },
  { id: "resume", key: "t" },
  { id: "reopen", key: "o", asks: "note" },
  { id: "requestExtension", key: "e", asks: "until" },
  { id: "requestSuspension", key: "h", asks: "until" },
];
export const actionOf = (id: string): DeskAction | undefined => deskActions.find((one) => one.id === id);

/** Ending an alert cannot be undone at the center, so the desk waits so long before it says so. */
export const HOLD_MS = 5_000;
const UNDOABLE = new Set(["acknowledge", "assign", "shelve", "dispatch", "verify"]);

export function actionText(id: string): string {
  const name = Object.hasOwn(names, id) ? names[id] : undefined;
  return name ? inLanguage(name) : id;
}

export const aboutOf = (desk: Desk, alert: AlertView): string => `${desk.title(alert)} · ${desk.subject(alert)}`;

/** The last one that can be taken back with a key. */
let lastUndo: (() => void) | null = null;
export const undoLast = (): void => {
  lastUndo?.();
  lastUndo = null;
};

/** Asks what must be asked, else does it. */
export function start(desk: Desk, action: DeskAction, alerts: readonly AlertView[]): void {
  const possible = alerts.filter((alert) => desk.can(action.id, alert));
  if (possible.length === 0) return;
  if (action.asks) desk.dialog.value = { kind: "action", action: action.id, ids: possible.map(({ id }) => id) };
  else void perform(desk, action, possible, {});
}

/** Does it: through the outbox, so that nothing is lost on the way. */
export async function perform(
  desk: Desk,
  action: DeskAction,
  alerts: readonly AlertView[],
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const [first] = alerts;
  if (!first) return;
  desk.marked.value = new Set();
  // While this one is under way, the key must not take back the one before it.
  lastUndo = null;
  if (alerts.length > 1) return performAll(desk, action, alerts, body);
  const { id, rev, state, assignee, crewId } = first;
  const about = aboutOf(desk, first);
  const name = actionText(action.id);
  const intent = await desk.outbox.add({
    path: `/alerts/${encodeURIComponent(id)}/${action.id}`,
    body,
    action: action.id,
    alertId: id,
    about,
    seen: { rev, state, assignee, crewId },
    ...(action.ends && { holdMs: HOLD_MS }),
  });
  if (action.ends) {
    const cancel = () => {
      if (desk.outbox.cancel(intent.key)) desk.toast(say("undone", { about }), "plain");
    };
    lastUndo = cancel;
    desk.toast(say("willDo", { action: name, about, seconds: HOLD_MS / 1_000 }), "plain", cancel);
    // What is about to end is out of the way already.
    if (desk.selectedId.peek() === id) desk.step(1);
    return;
  }
  const left = desk.outbox.entries.peek().find(({ key }) => key === intent.key);
  if (left?.status === "conflict" || left?.status === "failed") return;
  if (left) return desk.toast(say("offline", { about: `${name} · ${about}` }), "plain");
  const undo = UNDOABLE.has(action.id) ? () => void takeBack(desk, [id], about) : undefined;
  lastUndo = undo ?? null;
  desk.toast(say("did", { action: name, about }), "good", undo);
}

/** Many at once are one request with a result for each. */
async function performAll(
  desk: Desk,
  action: DeskAction,
  alerts: readonly AlertView[],
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const name = actionText(action.id);
  const about = `${alerts.length} × ${aboutOf(desk, alerts[0] as AlertView)} …`;
  const items = alerts.map(({ id, rev }) => ({ id, rev }));
  const intent = await desk.outbox.add({
    path: "/alerts/bulk",
    body: { action: action.id, items, ...body },
    action: action.id,
    alertId: null,
    about,
    seen: null,
  });
  const answer = desk.outbox.answerTo(intent.key)?.items;
  if (!answer) return desk.toast(say("offline", { about: `${name} · ${about}` }), "plain");
  const done = answer.filter(({ status }) => status < 300).map(({ id }) => id);
  const refused = answer.filter(({ status }) => status >= 300);
  const undo = UNDOABLE.has(action.id) && done.length > 0 ? () => void takeBack(desk, done, name) : undefined;
  lastUndo = undo ?? null;
  const numbers = { action: name, done: done.length, refused: refused.length, why: refused[0]?.detail ?? "" };
  if (refused.length === 0) desk.toast(say("bulkDone", numbers), "good", undo);
  else desk.toast(say("bulkSome", numbers), "bad", undo);
}

async function takeBack(desk: Desk, ids: readonly string[], about: string): Promise<void> {
  try {
    if (ids.length === 1) await desk.rest.ask("POST", `/alerts/${encodeURIComponent(ids[0] ?? "")}/undo`, {});
    else await desk.rest.ask("POST", "/alerts/bulk", { action: "undo", items: ids.map((id) => ({ id })) });
    desk.toast(say("undone", { about }), "plain");
  } catch (error) {
    desk.toast(say("notUndone", { why: (error as Error).message }), "bad");
  }
}
