import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { words } from "../shared/language.ts";
import type { ScreenSettings } from "../shared/session.ts";
import { instantOf, isoDate, localText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { useLoad } from "./parts.tsx";

const say = words({
  hour: { zh: "最近一小时", en: "last hour" },
  today: { zh: "今日", en: "today" },
  yesterday: { zh: "昨日", en: "yesterday" },
  shift: { zh: "班次", en: "Shift" },
  from: { zh: "开始", en: "From" },
  to: { zh: "结束", en: "To" },
  play: { zh: "回放", en: "Play" },
  stretches: { zh: "时段", en: "Stretches" },
  needed: { zh: "请填写开始和结束时间", en: "Give both a beginning and an end" },
  order: { zh: "开始时间必须早于结束时间", en: "The beginning must lie before the end" },
  future: { zh: "开始时间必须在过去", en: "The beginning must lie in the past" },
  long: { zh: "一次最多 {n} 天", en: "At most {n} days at once" },
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Why a stretch cannot be had, in words; null when it can. */
export function faultOf({ from, to }: Stretch, now: number, mostDays: number): string | null {
  if (Number.isNaN(from) || Number.isNaN(to)) return say("needed");
  if (from >= to) return say("order");
  if (from >= now) return say("future");
  return to - from > mostDays * DAY_MS ? say("long", { n: mostDays }) : null;
}

interface Shift {
  readonly id: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The newest turn of a shift that has begun. */
function turnOf({ from, to }: Shift, now: number): Stretch {
  const on = (time: string, days: number) => instantOf(`${isoDate(now + days * DAY_MS)}T${time}`);
  const days = on(from, 0) <= now ? 0 : -1;
  return { from: on(from, days), to: Math.min(now, on(to, to > from ? days : days + 1)) };
}

/** The sanitation day that a moment lies in. */
export function dayOf(at: number, startsMinutes: number): Stretch {
  const midnight = instantOf(`${isoDate(at - startsMinutes * 60_000)}T00:00`);
  const from = midnight + startsMinutes * 60_000;
  return { from, to: from + DAY_MS };
}

/** Beginning and end as local times. */
export function StretchInputs({ from, to }: { from: Signal<string>; to: Signal<string> }) {
  const input = (label: string, text: Signal<string>) => (
    <label>
      {label}
      <input
        type="datetime-local"
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
        }}
      />
    </label>
  );
  return (
    <>
      {input(say("from"), from)}
      {input(say("to"), to)}
    </>
  );
}

/** Which stretch of the past: one that is asked for often, a shift, or any. */
export function StretchChooser({ onChoose }: { onChoose: (stretch: Stretch) => void }) {
  const desk = useDesk();
  const from = useSignal("");
  const to = useSignal("");
  const fault = useSignal<string | null>(null);
  const settings = useSignal<ScreenSettings | null>(null);
  const shifts = useLoad<{ items: readonly Shift[] }>(desk.may("readRegistry") ? "/registry/shifts" : null);
  useEffect(() => {
    void desk.session.settings.then((loaded) => {
      settings.value = loaded;
    });
  }, [desk]);
  const wish = desk.past.value;
  useEffect(() => {
    if (!wish) return;
    from.value = localText(wish.from);
    to.value = localText(wish.to);
    fault.value = null;
  }, [wish]);
  const known = settings.value;
  if (!known) return null;
  const present = () => Math.floor(desk.now.peek());
  const choose = (stretch: Stretch) => {
    const now = present();
    fault.value = faultOf(stretch, now, known.past.replayDays);
    if (fault.value === null) onChoose({ from: stretch.from, to: Math.min(stretch.to, now) });
  };
  const day = (before: number) => dayOf(present() - before * DAY_MS, known.dayStartsMinutes);
  const turns = shifts.data.value?.items ?? [];
  return (
    <>
      <div class="choice" role="toolbar" aria-label={say("stretches")}>
        <button type="button" onClick={() => choose({ from: present() - HOUR_MS, to: present() })}>
          {say("hour")}
        </button>
        <button type="button" onClick={() => choose(day(0))}>
          {say("today")}
        </button>
        <button type="button" onClick={() => choose(day(1))}>
          {say("yesterday")}
        </button>
        {turns.map((shift) => (
          <button key={shift.id} type="button" onClick={() => choose(turnOf(shift, present()))}>
            {shift.name}
          </button>
        ))}
      </div>
      <form
        class="stretch"
        onSubmit={(event) => {
          event.preventDefault();
          choose({ from: instantOf(from.value), to: instantOf(to.value) });
        }}
      >
        <StretchInputs from={from} to={to} />
        <button type="submit">{say("play")}</button>
      </form>
      {fault.value !== null && (
        <p class="problem" role="alert">
          {fault.value}
        </p>
      )}
    </>
  );
}
