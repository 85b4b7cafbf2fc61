import type { Changes } from "../center/changes.ts";
import type { Level } from "../domain/levels.ts";
import { distanceM } from "../domain/place.ts";
import { conflict, notFound, Problem } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import { MINUTE, type Millis } from "../domain/time.ts";
import type { Ground } from "./ground.ts";
import { createItems, type Item } from "./planned-items.ts";
import type { Raising } from "./raising.ts";
import type { TaskRun } from "./schedule.ts";
import type { Visit } from "./visits.ts";

/** One engine for the work of every line: a window, a place, a crew, and the proof that it was done. */

export const taskActions = ["start", "complete", "cancel", "reopen"] as const;
export type TaskAction = (typeof taskActions)[number];
export type TaskStatus = "planned" | "started" | "done" | "cancelled";

export interface TaskState {
  readonly status: TaskStatus;
  readonly startedAt: Millis | null;
  readonly doneAt: Millis | null;
  readonly by: string | null;
  readonly note: string | null;
  readonly pictures: readonly string[];
  /** The longest stay of the crew at the place inside the window, once it is long enough. */
  readonly visit: { readonly subjectId: string; readonly from: Millis; readonly to: Millis } | null;
  readonly raised: boolean;
  readonly rev: number;
}
export type LiveTask = Item<TaskRun, TaskState>;

export interface TaskTimer {
  readonly type: "task";
  readonly taskId: string;
}

export interface TasksParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly ground: () => Ground;
  readonly timer: (dueAt: Millis, timer: TaskTimer) => void;
  readonly memberOf: (deviceId: string, crewId: string) => boolean;
  readonly lineOf: (deviceId: string) => string | null;
  /** When the line's tolerance after a window ends, and how grave being overdue is. */
  readonly overdue: (line: string, windowEnd: Millis) => { readonly at: Millis; readonly level: Level };
  readonly raising: Raising;
  /** Told of every change of a task's state. */
  readonly counted: (before: LiveTask, after: LiveTask, changes: Changes) => void;
}

const RULE = "task.overdue";
/** Proof counts from within this distance (domain: proof within 50 m). */
const PROOF_WITHIN_M = 50;
const AGAIN_MS = 10 * MINUTE;
const PICTURES = 20;

export function createTasks(parts: TasksParts) {
  const items = createItems<TaskRun, TaskState>("taskRun", parts.documents);
  const open = new Set<string>();
  const { timer } = parts;

  const set = (item: LiveTask, fields: Partial<TaskState>, changes: Changes): void => {
    const before = { ...item };
    items.set(item, { ...item.state, ...fields, rev: item.state.rev + 1 }, changes);
    parts.counted(before, item, changes);
    const { planned, state } = item;
    if (isEnded(state)) open.delete(planned.id);
    else open.add(planned.id);
    if (state.status === "done" || state.status === "cancelled" || state.raised) {
      const body = JSON.parse(JSON.stringify({ ...planned, ...state })) as Json;
      changes.work.push({ id: planned.id, kind: "task", at: planned.from, subjectId: planned.taskId, body });
    }
  };

  const find = (id: string): LiveTask => {
    const item = items.get(id);
    if (!item) throw notFound(`task ${id}`);
    return item;
  };

  /** What is still asked for, in words; empty when the task may be completed. */
  const missing = ({ planned, state }: LiveTask, note: string | null): string[] => {
    const { proof } = planned;
    const list: string[] = [];
    if (proof.visitMinutes !== undefined && !state.visit) {
      list.push(`a stay of ${proof.visitMinutes} minutes within ${PROOF_WITHIN_M} m of the place, inside the window`);
    }
    if (proof.picture && state.pictures.length === 0) list.push(`a picture (POST /tasks/${planned.id}/pictures)`);
    if (proof.note && !note) list.push("a note");
    return list;
  };

  const finish = (item: LiveTask, at: Millis, by: string, note: string | null, changes: Changes): void => {
    if (item.state.raised) parts.raising.over(RULE, item.planned.id, null, at, "done", changes);
    set(item, { status: "done", doneAt: at, by, note, raised: false }, changes);
  };

  return {
    all: items.all,
    get: items.get,
    missing: (item: LiveTask) => missing(item, item.state.note),

    plan(wanted: readonly TaskRun[], now: Millis, changes: Changes): void {
      items.plan(wanted, now, changes, {
        fresh: () => ({
          status: "planned",
          startedAt: null,
          doneAt: null,
          by: null,
          note: null,
          pictures: [],
          visit: null,
          raised: false,
          rev: 0,
        }),
        stays: ({ state, planned }) =>
          state.raised || (!isEnded(state) && now < parts.overdue(planned.line, planned.to).at),
        added(item) {
          const { id, line, to } = item.planned;
          if (isEnded(item.state)) return;
          open.add(id);
          timer(Math.max(now, parts.overdue(line, to).at), { type: "task", taskId: id });
        },
        dropped: ({ planned }) => open.delete(planned.id),
      });
    },

    /** A crew at the place of one of its tasks has done what only presence proves. */
    visited(visit: Visit, changes: Changes): void {
      for (const id of open) {
        const item = items.get(id);
        if (!item || item.state.visit) continue;
        const { planned } = item;
        const minutes = planned.proof.visitMinutes;
        if (minutes === undefined || visit.to < planned.from || visit.from > parts.overdue(planned.line, planned.to).at)
          continue;
        if (visit.to - Math.max(visit.from, planned.from) < minutes * MINUTE) continue;
        const outside = parts.ground().metresOutside(planned.where, visit.lat, visit.lon);
        if (outside === null || outside > PROOF_WITHIN_M) continue;
        const { crewId, line } = planned;
        const right =
          crewId !== null ? parts.memberOf(visit.subjectId, crewId) : parts.lineOf(visit.subjectId) === line;
        if (!right) continue;
        const { subjectId, from, to } = visit;
        const status = item.state.status === "planned" ? "started" : item.state.status;
        set(item, { visit: { subjectId, from, to }, status, startedAt: item.state.startedAt ?? from }, changes);
        if (missing(item, item.state.note).length === 0) finish(item, to, `device:${subjectId}`, null, changes);
      }
    },

    /** @throws Problem 404, 409 when somebody was faster or the task has ended, 422 when proof is missing */
    act(
      id: string,
      action: TaskAction,
      input: { note?: string | undefined; expectedRev?: number | undefined },
      actor: Actor,
      now: Millis,
      changes: Changes,
    ): LiveTask {
      const item = find(id);
      const { state } = item;
      if (input.expectedRev !== undefined && input.expectedRev !== state.rev) {
        throw conflict("conflict", `somebody was faster: task ${id} is at revision ${state.rev}`, { rev: state.rev });
      }
      if (action === "reopen" ? !isEnded(state) : isEnded(state)) {
        throw conflict("state", `task ${id} is ${state.status}: ${action} does not apply`, { status: state.status });
      }
      const note = input.note ?? state.note;
      if (action === "start") {
        if (state.status === "started") throw conflict("state", `task ${id} was started already`);
        set(item, { status: "started", startedAt: now, by: actor.name, note }, changes);
      } else if (action === "complete") {
        const lacks = missing(item, note);
        if (lacks.length > 0) {
          throw new Problem(422, "proofMissing", `task ${id} still needs ${lacks.join(" and ")}`, { missing: lacks });
        }
        finish(item, now, actor.name, note, changes);
      } else if (action === "cancel") {
        if (state.raised) parts.raising.over(RULE, id, null, now, "cancelled", changes);
        set(item, { status: "cancelled", doneAt: now, by: actor.name, note, raised: false }, changes);
      } else {
        set(item, { status: "planned", doneAt: null, by: actor.name, note }, changes);
        timer(Math.max(now, parts.overdue(item.planned.line, item.planned.to).at), { type: "task", taskId: id });
      }
      changes.audit.push({ at: now, actor: actor.name, action: `task.${action}`, target: id, details: { note } });
      return item;
    },

    /** @throws Problem 409 when it was taken too far away or there are enough */
    addPicture(
      id: string,
      picture: { id: string; position?: { lat: number; lon: number } | undefined },
      actor: Actor,
      now: Millis,
      changes: Changes,
    ): LiveTask {
      const item = find(id);
      const place = parts.ground().placeOf(item.planned.where, now);
      if (isEnded(item.state)) throw conflict("state", `task ${id} is ${item.state.status}`);
      if (item.state.pictures.length >= PICTURES)
        throw conflict("tooMany", `task ${id} has ${PICTURES} pictures already`);
      const { position } = picture;
      const away = position && parts.ground().metresOutside(item.planned.where, position.lat, position.lon);
      if (away !== undefined && away !== null && away > PROOF_WITHIN_M) {
        const metres = Math.round(place && position ? distanceM(place, position) : away);
        throw conflict("tooFar", `the picture was taken ${metres} m away; take it within ${PROOF_WITHIN_M} m`);
      }
      set(item, { pictures: [...item.state.pictures, picture.id] }, changes);
      changes.audit.push({
        at: now,
        actor: actor.name,
        action: "task.picture",
        target: id,
        details: { id: picture.id },
      });
      return item;
    },

    fire({ taskId }: TaskTimer, dueAt: Millis, changes: Changes): void {
      const item = items.get(taskId);
      if (!item || isEnded(item.state) || item.state.raised) return;
      const { planned } = item;
      const { at, level } = parts.overdue(planned.line, planned.to);
      if (dueAt < at) {
        timer(at, { type: "task", taskId });
        return;
      }
      const facts = {
        taskId: planned.taskId,
        title: planned.title,
        line: planned.line,
        from: planned.from,
        to: planned.to,
      };
      const subject = { kind: "task", id: planned.id } as const;
      const place = parts.ground().placeOf(planned.where, dueAt);
      const problem = {
        ruleId: RULE,
        subtype: null,
        subject,
        place,
        at: planned.to,
        level,
        facts: { ...facts, crewId: planned.crewId },
      };
      if (parts.raising.holds(problem, dueAt, changes)) set(item, { raised: true }, changes);
      else timer(dueAt + AGAIN_MS, { type: "task", taskId });
    },
  };
}
export type Tasks = ReturnType<typeof createTasks>;

const isEnded = ({ status }: TaskState): boolean => status === "done" || status === "cancelled";
