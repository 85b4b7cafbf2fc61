import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Level } from "../../domain/levels.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { usePlaceNames } from "../shared/places.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { agoText } from "../shared/time.ts";
import { levelText, say as sayCommon, stateText } from "../shared/words.ts";
import { actionOf, actionText, deskActions, start } from "./actions.ts";
import { DueMark } from "./clock.tsx";
import { useDesk } from "./desk.ts";
import { everything, isShelved, type QueueFilter } from "./order.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  todo: { zh: "待处理", en: "To do" },
  underWay: { zh: "处置中", en: "Under way" },
  toVerify: { zh: "待核查", en: "To verify" },
  shelved: { zh: "已搁置", en: "Shelved" },
  all: { zh: "全部", en: "All" },
  alerts: { zh: "告警", en: "Alerts" },
  shown: { zh: "{n} 条", en: "{n} shown" },
  ofAll: { zh: "{n} / {all} 条", en: "{n} of {all}" },
  clear: { zh: "清除筛选", en: "Clear filter" },
  none: { zh: "没有符合条件的告警", en: "No alert fits the filter" },
  quiet: { zh: "暂无待处置告警", en: "All quiet: no open alerts" },
  chosen: { zh: "已选 {n} 条", en: "{n} chosen" },
  unchoose: { zh: "取消选择", en: "Choose none" },
  waits: { zh: "待提交：{action}", en: "to be sent: {action}" },
  contested: { zh: "证据矛盾", en: "contested" },
  cameBack: { zh: "回潮", en: "came back" },
  filterBy: { zh: "筛选：{text}", en: "Filter: {text}" },
});

/** Height of a line in pixels: with it the list knows what it has to draw, however long it is. */
const LINE = 62;
const AROUND = 6;

const shows: readonly QueueFilter["show"][] = ["all", "todo", "underWay", "toVerify", "shelved"];

/** The live queue: thousands of alerts, of which only what is seen is drawn. */
export function Queue() {
  const desk = useDesk();
  const list = desk.queue.value;
  const scroll = useSignal(0);
  const height = useSignal(800);
  const frame = useRef<HTMLDivElement>(null);
  const selectedId = desk.selectedId.value;
  const at = list.findIndex(({ id }) => id === selectedId);

  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [height]);
  // The selected line stays in sight when keys move it; nobody's scrolling is disturbed by news.
  useEffect(() => {
    const element = frame.current;
    if (!element || at < 0) return;
    if (at * LINE < element.scrollTop) element.scrollTop = at * LINE;
    else if ((at + 1) * LINE > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 1) * LINE - element.clientHeight;
  }, [selectedId]);

  const from = Math.max(0, Math.floor(scroll.value / LINE) - AROUND);
  const to = Math.min(list.length, Math.ceil((scroll.value + height.value) / LINE) + AROUND);
  const drawn = list.slice(from, to).map((alert, i) => ({ alert, at: from + i }));
  const selected = list[at];
  // What a screen reader is told to be active must be there.
  if (selected && (at < from || at >= to)) drawn.push({ alert: selected, at });
  return (
    <section class="queue" aria-label={say("alerts")}>
      <FilterBar />
      <div
        ref={frame}
        class="lines"
        role="listbox"
        tabIndex={0}
        aria-label={say("alerts")}
        aria-multiselectable="true"
        aria-activedescendant={at >= 0 ? `line-${selectedId}` : undefined}
        onScroll={(event) => {
          scroll.value = event.currentTarget.scrollTop;
        }}
      >
        <div class="sheet" style={{ height: `${list.length * LINE}px` }}>
          {drawn.map(({ alert, at: index }) => (
            <Line key={alert.id} alert={alert} at={index} of={list.length} />
          ))}
        </div>
        {list.length === 0 && <p class="empty">{desk.alerts.value.size === 0 ? say("quiet") : say("none")}</p>}
      </div>
      <BulkBar />
    </section>
  );
}

function Line({ alert, at, of }: { alert: AlertView; at: number; of: number }) {
  const desk = useDesk();
  const place = usePlaceNames(desk.session);
  const now = desk.now.value;
  const chosen = desk.marked.value.has(alert.id);
  const selected = desk.selectedId.value === alert.id;
  const pending = desk.pendingOf(alert.id);
  const marks = [
    alert.confirmed ? null : sayCommon("unconfirmed"),
    alert.contested ? say("contested") : null,
    alert.stale ? sayCommon("stale") : null,
    alert.late ? sayCommon("late") : null,
    alert.recurrenceOf === null ? null : say("cameBack"),
    isShelved(alert, now) ? say("shelved") : null,
  ].filter(Boolean);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has keys of its own (keys.ts)
    <div
      id={`line-${alert.id}`}
      class={`line level-${alert.level}${selected ? " selected" : ""}${chosen ? " chosen" : ""}${alert.state === "open" ? " fresh" : ""}`}
      role="option"
      tabIndex={-1}
      aria-selected={selected || chosen}
      aria-posinset={at + 1}
      aria-setsize={of}
      style={{ transform: `translateY(${at * LINE}px)` }}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) toggle(desk.marked, alert.id);
        desk.select(alert.id);
      }}
    >
      <LevelBadge level={alert.level} />
      <strong>{desk.title(alert)}</strong>
      <span class="when">
        <DueMark alert={alert} now={now} />
      </span>
      <span class="facts">
        {place(alert)} · {desk.subject(alert)}
        {marks.map((mark) => (
          <em key={mark}>{mark}</em>
        ))}
      </span>
      <span class="age">
        {pending ? (
          <em class="pending">{say("waits", { action: actionText(pending.action) })}</em>
        ) : (
          stateText(alert.state)
        )}{" "}
        · {agoText(now - alert.openedAt)}
      </span>
    </div>
  );
}

function toggle(marked: { value: ReadonlySet<string> }, id: string): void {
  const next = new Set(marked.value);
  if (!next.delete(id)) next.add(id);
  marked.value = next;
}

function FilterBar() {
  const desk = useDesk();
  const filter = desk.filter.value;
  const change = (fields: Partial<QueueFilter>) => {
    desk.filter.value = { ...filter, ...fields };
  };
  const counts = new Map<number, number>();
  for (const { level } of desk.alerts.value.values()) counts.set(level, (counts.get(level) ?? 0) + 1);
  const shown = desk.queue.value.length;
  const all = desk.alerts.value.size;
  return (
    <div class="filter">
      <div class="levels">
        {([1, 2, 3, 4] as const).map((level: Level) => {
          const on = filter.levels.includes(level);
          const levels = on ? filter.levels.filter((one) => one !== level) : [...filter.levels, level];
          return (
            <button
              key={level}
              type="button"
              aria-pressed={on}
              title={levelText(level)}
              onClick={() => change({ levels })}
            >
              <LevelBadge level={level} />
              <span>{counts.get(level) ?? 0}</span>
            </button>
          );
        })}
      </div>
      <div class="shows" role="toolbar">
        {shows.map((show) => (
          <button key={show} type="button" aria-pressed={filter.show === show} onClick={() => change({ show })}>
            {say(show)}
          </button>
        ))}
      </div>
      <p class="count" role="status">
        {shown === all ? say("shown", { n: shown }) : say("ofAll", { n: shown, all })}
        {filter.text !== "" && <span> · {say("filterBy", { text: filter.text })}</span>}
        {(shown !== all || filter.text !== "") && (
          <button
            type="button"
            class="link"
            onClick={() => {
              desk.filter.value = everything;
            }}
          >
            {say("clear")}
          </button>
        )}
        {desk.may("exportData") && (
          <button
            type="button"
            class="link export"
            onClick={() => {
              desk.dialog.value = { kind: "export", device: null };
            }}
          >
            {sayDesk("export")}
          </button>
        )}
      </p>
    </div>
  );
}

/** What can be done with all that are chosen. */
function BulkBar() {
  const desk = useDesk();
  const marked = desk.marked.value;
  if (marked.size === 0) return null;
  const chosen = [...marked].flatMap((id) => desk.alerts.value.get(id) ?? []);
  return (
    <div class="bulk" role="toolbar" aria-label={say("chosen", { n: chosen.length })}>
      <strong>{say("chosen", { n: chosen.length })}</strong>
      {deskActions
        .filter(({ bulk, id }) => bulk && chosen.some((alert) => desk.can(id, alert)))
        .map(({ id, key }) => (
          <button key={id} type="button" onClick={() => start(desk, actionOf(id) as never, chosen)}>
            {actionText(id)} <kbd>{key}</kbd>
          </button>
        ))}
      <button
        type="button"
        class="link"
        onClick={() => {
          desk.marked.value = new Set();
        }}
      >
        {say("unchoose")}
      </button>
    </div>
  );
}
