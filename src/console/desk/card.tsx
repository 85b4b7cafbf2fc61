import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { TimelineEntry } from "../../domain/alert.ts";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import { usePlaceNames } from "../shared/places.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { agoText, clockText, countdown, dateTimeText } from "../shared/time.ts";
import { levelText, say as sayCommon, stateText } from "../shared/words.ts";
import { actionText, deskActions, start } from "./actions.ts";
import { Clocks } from "./clock.tsx";
import { Crews, useCrewName } from "./crews.tsx";
import { useDesk } from "./desk.ts";
import { Evidence } from "./evidence.tsx";
import { PastLink } from "./past-link.tsx";
import { PlaceMap } from "./place-map.tsx";
import { Telemetry } from "./telemetry.tsx";

const say = words({
  choose: { zh: "选择一条告警（j / k）", en: "Choose an alert (j / k)" },
  gone: { zh: "此告警已结束", en: "This alert has ended" },
  timeline: { zh: "经过", en: "Timeline" },
  opened: { zh: "发现", en: "Opened" },
  count: { zh: "佐证 {n} 次", en: "seen {n} times" },
  reopened: { zh: "复发 {n} 次", en: "reopened {n} times" },
  reworked: { zh: "返工 {n} 次", en: "sent back {n} times" },
  crew: { zh: "班组 {id}", en: "crew {id}" },
  assignee: { zh: "责任人 {id}", en: "{id}" },
  offered: { zh: "已询问 {id}，{time} 内待答复", en: "asking {id}, {time} to answer" },
  request: { zh: "{by} 申请{what}至 {until}：{reason}", en: "{by} asks for {what} until {until}: {reason}" },
  extension: { zh: "延期", en: "more time" },
  suspension: { zh: "挂账", en: "a pause" },
  recurrence: { zh: "回潮自 {id}", en: "came back from {id}" },
  cleared: { zh: "已于 {time} 恢复", en: "over since {time}" },
  proof: { zh: "佐证结论：{verdict}", en: "Proof: {verdict}" },
  serviced: { zh: "已清运", en: "serviced" },
  seenClean: { zh: "画面已干净", en: "seen clean" },
  emptiedByUnknown: { zh: "已清空，未见作业人员", en: "emptied by unknown" },
  servicedNotEmptied: { zh: "到场但未清空", en: "serviced but not emptied" },
  conflictTitle: { zh: "有人更快", en: "Somebody was faster" },
  failedTitle: { zh: "未被接受", en: "Not accepted" },
  conflictNow: {
    zh: "现在是“{state}”。您的操作“{action}”没有执行。",
    en: "It is now {state}. Your {action} was not done.",
  },
  lastStep: { zh: "最近一步：{who} {action}（{ago}）", en: "Last step: {who}, {action} ({ago})" },
  center: { zh: "系统", en: "center" },
  insist: { zh: "仍然执行", en: "Do it all the same" },
  drop: { zh: "放弃", en: "Leave it" },
  code: { zh: "事项 {code}（{standard}）", en: "matter {code} ({standard})" },
});

/** Everything about one alert, and everything that can be done with it. */
export function Card() {
  const desk = useDesk();
  const alert = desk.selected.value;
  if (!alert) return <section class="card empty">{say("choose")}</section>;
  return (
    <section class="card" aria-label={desk.title(alert)}>
      <Head alert={alert} />
      <Conflict alert={alert} />
      <Actions alert={alert} />
      <div class="columns">
        <div>
          <Clocks alert={alert} now={desk.now.value} />
          <Facts alert={alert} />
          <Evidence alert={alert} />
          <Telemetry key={alert.subject.id} alert={alert} />
        </div>
        <div>
          <PlaceMap alert={alert} />
          <Crews alert={alert} />
          <Timeline alert={alert} />
        </div>
      </div>
    </section>
  );
}

function Head({ alert }: { alert: AlertView }) {
  const desk = useDesk();
  const place = usePlaceNames(desk.session);
  return (
    <header class={`head level-${alert.level}`}>
      <LevelBadge level={alert.level} />
      <h2>{desk.title(alert)}</h2>
      <p>
        <span class="state">{stateText(alert.state)}</span> {levelText(alert.level)} · {place(alert)} ·{" "}
        {desk.subject(alert)}
        {alert.subjectName === null ? null : <small>{alert.subject.id}</small>}
        {alert.confirmed ? null : <em>{sayCommon("unconfirmed")}</em>}
        <PastLink alert={alert} />
      </p>
    </header>
  );
}

function Actions({ alert }: { alert: AlertView }) {
  const desk = useDesk();
  // What comes next stands first: work that is said to be done waits for somebody to look, not for another crew.
  const comesNext = ({ id }: (typeof deskActions)[number]) => id === "verify";
  const possible = deskActions.filter(({ id }) => desk.can(id, alert));
  const offered = [...possible.filter(comesNext), ...possible.filter((action) => !comesNext(action))];
  if (offered.length === 0) return null;
  return (
    <div class="actions" role="toolbar">
      {offered.map((action, i) => (
        <button
          key={action.id}
          type="button"
          class={i === 0 ? "primary" : ""}
          onClick={() => start(desk, action, [alert])}
        >
          {actionText(action.id)} <kbd>{action.key}</kbd>
        </button>
      ))}
    </div>
  );
}

/** A colleague was faster, or the center refused: said plainly, with what it is now. */
function Conflict({ alert }: { alert: AlertView }) {
  const desk = useDesk();
  const intent = desk.outbox.entries.value.find(
    (one) => one.alertId === alert.id && (one.status === "conflict" || one.status === "failed"),
  );
  const timeline = useTimeline(intent ? alert : null);
  if (!intent) return null;
  const last = timeline?.findLast(({ actor }) => actor !== "system");
  const { rev, state, assignee, crewId } = alert;
  return (
    <div class="conflict" role="alert">
      <strong>{say(intent.status === "conflict" ? "conflictTitle" : "failedTitle")}</strong>
      <p>{say("conflictNow", { state: stateText(state), action: actionText(intent.action) })}</p>
      {last && (
        <p>
          {say("lastStep", {
            who: whoText(last.actor),
            action: actionText(last.action),
            ago: agoText(desk.now.value - last.at),
          })}
        </p>
      )}
      <p class="detail">{intent.detail}</p>
      {desk.can(intent.action, alert) && (
        <button type="button" onClick={() => desk.outbox.insist(intent.key, { rev, state, assignee, crewId })}>
          {say("insist")}
        </button>
      )}
      <button type="button" onClick={() => desk.outbox.dismiss(intent.key)}>
        {say("drop")}
      </button>
    </div>
  );
}

function Facts({ alert }: { alert: AlertView }) {
  const crewName = useCrewName();
  const { now } = useDesk();
  const { request, proof, offer, matter } = alert;
  const lines = [
    `${say("opened")} ${dateTimeText(alert.openedAt)} · ${say("count", { n: alert.count })}`,
    alert.reopenCount > 0 && say("reopened", { n: alert.reopenCount }),
    alert.reworkCount > 0 && say("reworked", { n: alert.reworkCount }),
    offer
      ? say("offered", { id: crewName(offer.crewId), time: countdown(Math.max(0, offer.expiresAt - now.value)) })
      : alert.crewId && say("crew", { id: crewName(alert.crewId) }),
    alert.assignee && say("assignee", { id: alert.assignee }),
    alert.clearedAt !== null && say("cleared", { time: clockText(alert.clearedAt) }),
    proof && say("proof", { verdict: say(proof.verdict) }),
    request &&
      say("request", {
        by: request.by,
        what: say(request.kind),
        until: dateTimeText(request.until),
        reason: request.reason,
      }),
    alert.recurrenceOf !== null && say("recurrence", { id: alert.recurrenceOf }),
    matter && say("code", { code: matter.code, standard: matter.standardRef }),
  ].filter((line): line is string => typeof line === "string" && line !== "");
  return (
    <ul class="facts">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

/** The alert's history, read anew whenever its revision changes. */
function useTimeline(alert: AlertView | null): readonly TimelineEntry[] | null {
  const { rest } = useDesk();
  const entries = useSignal<readonly TimelineEntry[] | null>(null);
  const id = alert?.id;
  useEffect(() => {
    entries.value = null;
  }, [id]);
  useEffect(() => {
    if (id === undefined) return;
    let current = true;
    rest.get<{ timeline: TimelineEntry[] }>(`/alerts/${encodeURIComponent(id)}`).then(
      ({ timeline }) => {
        if (current) entries.value = timeline;
      },
      () => {},
    );
    return () => {
      current = false;
    };
  }, [
    id,
    alert?.state,
    alert?.level,
    alert?.assignee,
    alert?.crewId,
    alert?.offer?.id,
    alert?.shelvedUntil,
    alert?.pictures.length,
  ]);
  return entries.value;
}

function Timeline({ alert }: { alert: AlertView }) {
  const crewName = useCrewName();
  const timeline = useTimeline(alert);
  if (!timeline || timeline.length === 0) return null;
  return (
    <section class="timeline">
      <h3>{say("timeline")}</h3>
      <ol>
        {timeline.toReversed().map((entry) => (
          <li key={`${entry.rev}-${entry.action}-${entry.at}`}>
            <time>{clockText(entry.at)}</time>
            <strong>{timelineText(entry)}</strong>
            <span>{whoText(entry.actor)}</span>
            {crewOf(entry) !== null && <span>→ {crewName(crewOf(entry) ?? "")}</span>}
            {entry.fromState !== null && entry.fromState !== entry.toState && (
              <span class="step">
                {stateText(entry.fromState)} → {stateText(entry.toState)}
              </span>
            )}
            {entry.note !== null && <q>{entry.note}</q>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The crew that a step names. */
function crewOf({ details }: TimelineEntry): string | null {
  const named = details as { readonly crewId?: unknown } | null;
  return typeof named?.crewId === "string" ? named.crewId : null;
}

const whoText = (actor: string): string => (actor === "system" ? say("center") : actor.replace(/^user:/, ""));

/** Steps nobody has a button for. */
const steps: Readonly<Record<string, Text>> = {
  open: { zh: "发现", en: "Opened" },
  clear: { zh: "恢复", en: "Cleared" },
  escalate: { zh: "上报值班长", en: "Escalated" },
  offer: { zh: "询问班组", en: "Offered" },
  offerExpired: { zh: "班组未答复", en: "No answer" },
  raiseLevel: { zh: "升级", en: "Level raised" },
  flapping: { zh: "频繁波动", en: "Flapping" },
  picture: { zh: "上传照片", en: "Picture" },
  report: { zh: "上报", en: "Reported" },
  expire: { zh: "失效", en: "Expired" },
  clockWarning: { zh: "时限提醒", en: "Time is running out" },
  clockBreach: { zh: "超时", en: "Overdue" },
};

/** What a step of a timeline is called. */
export function timelineText({ action }: Pick<TimelineEntry, "action">): string {
  const step = Object.hasOwn(steps, action) ? steps[action] : undefined;
  return step ? inLanguage(step) : actionText(action);
}
