import { useSignal } from "@preact/signals";
import { sceneNames, scenes, type WallOrder } from "../../domain/wall.ts";
import { inLanguage, words } from "../shared/language.ts";
import { dateTimeText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, type Loaded, Shown, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  pair: { zh: "配对新大屏", en: "Pair a new wall" },
  pairHow: {
    zh: "大屏开机后会显示配对码，在此确认后即可显示。",
    en: "A wall that is switched on shows a code; confirm it here and it begins.",
  },
  code: { zh: "配对码", en: "Code" },
  name: { zh: "大屏名称", en: "Name of the wall" },
  confirm: { zh: "允许显示", en: "Allow it" },
  allowed: { zh: "已允许：{name}", en: "Allowed: {name}" },
  on: { zh: "在线 {n} 屏", en: "{n} on" },
  off: { zh: "未开机", en: "off" },
  shows: { zh: "正在指定：{what}", en: "told to show: {what}" },
  round: { zh: "自动轮播", en: "goes round its scenes" },
  scene: { zh: "场景", en: "Scene" },
  backToRound: { zh: "恢复轮播", en: "Back to the round" },
  minutes: { zh: "持续", en: "For" },
  endless: { zh: "不限", en: "no end" },
  note: { zh: "屏幕文字", en: "A line of text" },
  show: { zh: "显示", en: "Show" },
  alert: { zh: "显示所选告警", en: "Show the selected alert" },
  replay: { zh: "今日三分钟回放", en: "Today in three minutes" },
  until: { zh: "至 {time}", en: "until {time}" },
  theAlert: { zh: "告警 {id}", en: "alert {id}" },
  place: { zh: "指定位置", en: "a place" },
});

interface Wall {
  readonly id: string;
  readonly name: string;
  readonly screens: number;
  readonly order: WallOrder | null;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

/** The walls of the department: who is allowed, and what they show when visitors come. */
export default function Walls() {
  const desk = useDesk();
  const walls = useLoad<{ items: Wall[] }>("/walls", 5_000);
  const minutes = useSignal(10);
  return (
    <>
      <Head title={sayDesk("walls")}>
        <Choice
          label={say("minutes")}
          value={minutes.value}
          options={[
            ...[5, 10, 30, 60].map((n) => [n, sayDesk("minutes", { n })] as const),
            [0, say("endless")] as const,
          ]}
          onChange={(value) => {
            minutes.value = value;
          }}
        />
      </Head>
      {desk.may("pairWalls") && <Pair walls={walls} />}
      <Shown of={walls}>
        {({ items }) => (
          <div class="wall-cards">
            {items.length === 0 && <p class="empty">{sayDesk("nothing")}</p>}
            {items.map((wall) => (
              <WallCard key={wall.id} wall={wall} minutes={minutes.value} walls={walls} />
            ))}
          </div>
        )}
      </Shown>
    </>
  );
}

function Pair({ walls }: { walls: Loaded<unknown> }) {
  const desk = useDesk();
  const problem = useSignal<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { code = "", name = "" } = Object.fromEntries(new FormData(form)) as Record<string, string>;
    try {
      await desk.rest.ask("POST", "/pairings/confirm", { code: code.trim(), name: name.trim() });
      form.reset();
      problem.value = null;
      desk.toast(say("allowed", { name }), "good");
      walls.reload();
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  return (
    <form class="panel inline-form" onSubmit={(event) => void submit(event)}>
      <h3>{say("pair")}</h3>
      <p class="muted">{say("pairHow")}</p>
      <label>
        {say("code")} <input name="code" required autocomplete="off" size={8} />
      </label>
      <label>
        {say("name")} <input name="name" required maxLength={64} autocomplete="off" />
      </label>
      <button type="submit" class="primary">
        {say("confirm")}
      </button>
      <p class="problem" role="alert">
        {problem.value}
      </p>
    </form>
  );
}

function orderText({ scene, place, alertId, replay, note, untilAt }: WallOrder): string {
  return [
    scene && inLanguage(scenes[scene]),
    place && say("place"),
    alertId && say("theAlert", { id: alertId }),
    replay && say("replay"),
    note && `“${note}”`,
    untilAt && say("until", { time: dateTimeText(untilAt) }),
  ]
    .filter(Boolean)
    .join(" · ");
}

function WallCard({ wall, minutes, walls }: { wall: Wall; minutes: number; walls: Loaded<unknown> }) {
  const desk = useDesk();
  const note = useSignal("");
  const tell = async (order: object | null) => {
    try {
      const path = `/walls/${encodeURIComponent(wall.id)}/order`;
      if (order) await desk.rest.ask("PUT", path, { ...order, ...(minutes > 0 && { minutes }) });
      else await desk.rest.ask("DELETE", path);
      walls.reload();
    } catch (error) {
      desk.toast((error as Error).message, "bad");
    }
  };
  const today = () => {
    const toAt = Math.round(desk.now.peek());
    return { replay: { fromAt: toAt - DAY_MINUTES * MINUTE_MS, toAt, seconds: 180 } };
  };
  const selected = desk.selectedId.value;
  return (
    <section class="panel wall-card">
      <h3>
        {wall.name}{" "}
        <em class={wall.screens > 0 ? "badge good" : "badge"}>
          {wall.screens > 0 ? say("on", { n: wall.screens }) : say("off")}
        </em>
      </h3>
      <p role="status">{wall.order ? say("shows", { what: orderText(wall.order) }) : say("round")}</p>
      <div class="choice" role="toolbar" aria-label={say("scene")}>
        {sceneNames.map((scene) => (
          <button
            key={scene}
            type="button"
            aria-pressed={wall.order?.scene === scene}
            onClick={() => void tell({ scene })}
          >
            {inLanguage(scenes[scene])}
          </button>
        ))}
      </div>
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (note.value.trim() !== "") void tell({ scene: wall.order?.scene ?? null, note: note.value.trim() });
        }}
      >
        <label>
          {say("note")}{" "}
          <input
            maxLength={200}
            value={note.value}
            onInput={(event) => {
              note.value = event.currentTarget.value;
            }}
          />
        </label>
        <button type="submit">{say("show")}</button>
      </form>
      <div class="actions">
        <button type="button" disabled={selected === null} onClick={() => void tell({ alertId: selected })}>
          {say("alert")}
        </button>
        <button type="button" onClick={() => void tell(today())}>
          {say("replay")}
        </button>
        <button type="button" disabled={wall.order === null} onClick={() => void tell(null)}>
          {say("backToRound")}
        </button>
      </div>
    </section>
  );
}
