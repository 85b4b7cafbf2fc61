import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import "./time-machine.css";
import type { Level } from "../../domain/levels.ts";
import { standing } from "../shared/alert-order.ts";
import { words } from "../shared/language.ts";
import { usePlaceNames } from "../shared/places.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { clockText, dateText, dateTimeText } from "../shared/time.ts";
import { levelText } from "../shared/words.ts";
import { timelineText } from "./card.tsx";
import { useDesk } from "./desk.ts";
import { type Happening, openHappenings } from "./happenings.ts";
import { usePageKeys } from "./page-keys.ts";
import { Choice, Head } from "./parts.tsx";
import { PastMap, whereText } from "./past-map.tsx";
import { openPast, type PastPlayer } from "./past-player.ts";
import { type Stretch, StretchChooser } from "./past-stretch.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  choose: {
    zh: "选择一段过去的时间，地图与告警将如当时一样重现",
    en: "Choose a stretch of the past: map and alerts will be as they were",
  },
  past: { zh: "这是过去", en: "This is the past" },
  play: { zh: "播放", en: "Play" },
  pause: { zh: "暂停", en: "Pause" },
  speed: { zh: "速度", en: "Speed" },
  times: { zh: "×{n}", en: "×{n}" },
  when: { zh: "时间", en: "Time" },
  loading: { zh: "正在读取过去…", en: "Reading the past…" },
  ended: { zh: "已到结尾", en: "The end" },
  leave: { zh: "返回现在", en: "Back to the present" },
  happened: { zh: "经过", en: "What happened" },
  nothingYet: { zh: "到此刻为止没有告警，也没有操作", en: "No alert and no action until now" },
  silent: {
    zh: "此刻之前没有任何设备上报过：要么尚未开始，要么已超过保存期限",
    en: "No device had reported until here: it had not begun yet, or is kept no longer",
  },
  nothing: { zh: "这段时间没有保存任何数据", en: "Nothing is stored of this stretch" },
  busy: { zh: "同时进行的回放已达上限，请稍后再试", en: "As many replays as may be are under way; try again later" },
  refused: { zh: "无法回放：{why}", en: "It cannot be played: {why}" },
  open: { zh: "当时未结", en: "open then" },
});

const SPEEDS = [1, 10, 60, 300, 900, 3_600] as const;
/** Before the name of whoever did something. */
const USER = "user:";
const SHOWN = 200;
const BARS = 96;

/** Any stretch of the past on the map, with what happened, at any speed. */
export default function TimeMachine() {
  const desk = useDesk();
  usePlaceNames(desk.session);
  const wish = desk.past.value;
  return (
    <>
      <Head title={sayDesk("timeMachine")}>
        <StretchChooser
          onChoose={(stretch) => {
            desk.past.value = { ...stretch, alert: null };
          }}
        />
        {wish && (
          <button
            type="button"
            class="leave"
            onClick={() => {
              desk.past.value = null;
            }}
          >
            {say("leave")}
          </button>
        )}
      </Head>
      {wish ? (
        <Opened key={`${wish.from} ${wish.to} ${wish.alert?.id}`} stretch={wish} />
      ) : (
        <p class="empty">{say("choose")}</p>
      )}
    </>
  );
}

function Opened({ stretch }: { stretch: Stretch }) {
  const { session } = useDesk();
  const player = useSignal<PastPlayer | null>(null);
  useEffect(() => {
    const opened = openPast(session, stretch);
    player.value = opened;
    return () => opened.close();
  }, [session]);
  return player.value ? <Player player={player.value} /> : null;
}

function Player({ player }: { player: PastPlayer }) {
  const desk = useDesk();
  const happened = useSignal<readonly Happening[]>([]);
  const focus = useSignal<{ lat: number; lon: number } | null>(desk.past.peek()?.alert?.place ?? null);
  useEffect(() => {
    const happenings = openHappenings(desk.rest, player.from, player.to);
    const stops = [
      happenings.all.subscribe((all) => {
        happened.value = all;
      }),
      player.alerts.subscribe((alerts) => happenings.see(alerts)),
    ];
    return () => {
      for (const stop of stops) stop();
      happenings.close();
    };
  }, [desk, player]);
  const problem = player.problem.value;
  if (problem) {
    return (
      <p class="empty" role="alert">
        {problem.code === "tooMany" ? say("busy") : say("refused", { why: problem.message })}
      </p>
    );
  }
  return (
    <div class="past">
      <Controls player={player} happened={happened.value} />
      <PastMap player={player} focus={focus.value} />
      <List
        player={player}
        happened={happened.value}
        onChoose={({ alert }) => {
          if (alert.place) focus.value = { ...alert.place };
        }}
      />
    </div>
  );
}

function Controls({ player, happened }: { player: PastPlayer; happened: readonly Happening[] }) {
  const held = useSignal<number | null>(null);
  const at = held.value ?? player.at.value;
  const still = player.paused.value || player.ended.value;
  const speed = player.speed.value;
  const step = Math.max(60_000, (player.to - player.from) / 60);
  const faster = (by: number) => {
    const index = SPEEDS.findIndex((one) => one >= speed);
    const next = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, index + by))];
    if (next !== undefined) player.pace(next);
  };
  usePageKeys({
    " ": () => player.play(still),
    k: () => player.play(still),
    ArrowLeft: () => player.seek(player.at.peek() - step),
    ArrowRight: () => player.seek(player.at.peek() + step),
    Home: () => player.seek(player.from),
    End: () => player.seek(player.to),
    "+": () => faster(1),
    "=": () => faster(1),
    "-": () => faster(-1),
  });
  return (
    <section class="past-controls" aria-label={sayDesk("timeMachine")}>
      <div class="band">
        <button
          type="button"
          class="play"
          aria-label={say(still ? "play" : "pause")}
          onClick={() => player.play(still)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={still ? "M7 4l13 8l-13 8Z" : "M6 4h4v16H6ZM14 4h4v16h-4Z"} />
          </svg>
        </button>
        <p class="is-past">
          <strong>{say("past")}</strong> {dateText(at)} <time>{clockText(at)}</time>
        </p>
        <span class="told" role="status">
          {player.loading.value ? say("loading") : player.ended.value ? say("ended") : ""}
        </span>
        <Standing player={player} />
        <Choice
          label={say("speed")}
          value={speed}
          options={SPEEDS.map((n) => [n, say("times", { n })] as const)}
          onChange={(value) => player.pace(value)}
        />
      </div>
      <div class="track">
        <Openings player={player} happened={happened} />
        <input
          type="range"
          min={player.from}
          max={player.to}
          step={1_000}
          value={at}
          aria-label={say("when")}
          aria-valuetext={dateTimeText(at)}
          onInput={({ currentTarget }) => {
            held.value = Number(currentTarget.value);
          }}
          onChange={({ currentTarget }) => {
            held.value = null;
            player.seek(Number(currentTarget.value));
          }}
        />
        <p class="ends">
          <span>{dateTimeText(player.from)}</span>
          <span>{dateTimeText(player.to)}</span>
        </p>
      </div>
      <Silence player={player} happened={happened} />
    </section>
  );
}

/** How many stood open at that time, by level. */
function Standing({ player }: { player: PastPlayer }) {
  const counts = new Map<Level, number>();
  for (const alert of player.alerts.value.values()) {
    if (standing(alert)) counts.set(alert.level, (counts.get(alert.level) ?? 0) + 1);
  }
  return (
    <ul class="levels-line" aria-label={say("open")}>
      {([1, 2, 3, 4] as const).map((level) => (
        <li key={level} title={levelText(level)}>
          <LevelBadge level={level} /> {counts.get(level) ?? 0}
        </li>
      ))}
    </ul>
  );
}

/** When alerts opened, over the whole stretch: where to look. */
function Openings({ player: { from, to }, happened }: { player: PastPlayer; happened: readonly Happening[] }) {
  const bars = Array.from({ length: BARS }, () => ({ urgent: 0, all: 0 }));
  for (const { action, at, alert } of happened) {
    const bar = bars[Math.min(BARS - 1, Math.floor(((at - from) / (to - from)) * BARS))];
    if (action !== "open" || !bar) continue;
    bar.all++;
    if (alert.level <= 2) bar.urgent++;
  }
  const most = Math.max(1, ...bars.map(({ all }) => all));
  return (
    <svg class="openings" viewBox={`0 0 ${BARS} 20`} preserveAspectRatio="none" aria-hidden="true">
      {bars.map(({ all, urgent }, i) => (
        <g key={i}>
          <rect x={i + 0.1} width={0.8} y={20 - (all / most) * 20} height={(all / most) * 20} />
          <rect class="urgent" x={i + 0.1} width={0.8} y={20 - (urgent / most) * 20} height={(urgent / most) * 20} />
        </g>
      ))}
    </svg>
  );
}

/** An empty map is explained: nothing was said yet, or nothing is kept. */
function Silence({ player, happened }: { player: PastPlayer; happened: readonly Happening[] }) {
  const heard = [...player.totals.value.values()].some(({ online }) => online > 0);
  if (player.loading.value || heard || player.alerts.value.size > 0) return null;
  const over = player.ended.value && happened.length === 0;
  return <p class="notice">{say(over ? "nothing" : "silent")}</p>;
}

interface ListProps {
  readonly player: PastPlayer;
  readonly happened: readonly Happening[];
  readonly onChoose: (happening: Happening) => void;
}

/** Alerts and what operators did, as it came, the newest first. */
function List({ player, happened, onChoose }: ListProps) {
  const desk = useDesk();
  const place = usePlaceNames(desk.session);
  const at = player.at.value;
  const until = happened.findLastIndex((one) => one.at <= at) + 1;
  const shown = happened.slice(Math.max(0, until - SHOWN), until).toReversed();
  return (
    <section class="happened" aria-label={say("happened")}>
      <h3>
        {say("happened")} <small>{until}</small>
      </h3>
      {shown.length === 0 && <p class="empty">{say("nothingYet")}</p>}
      <ol hidden={shown.length === 0}>
        {shown.map((one) => (
          <li key={`${one.alertId} ${one.action} ${one.at}`} class={one.action === "open" ? "opening" : "step"}>
            <button type="button" onClick={() => onChoose(one)}>
              <LevelBadge level={one.alert.level} />
              <span class="what">
                <strong>{timelineText(one)}</strong> {desk.title(one.alert)}
              </span>
              <time>{clockText(one.at)}</time>
              <span class="facts">
                {whereText(place(one.alert), one.alert)}
                {one.actor.startsWith(USER) && <em>{one.actor.slice(USER.length)}</em>}
              </span>
              {one.actor.startsWith(USER) && one.note !== null && <q>{one.note}</q>}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
