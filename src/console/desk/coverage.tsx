import { computed, useSignal } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import { useEffect, useMemo, useRef } from "preact/hooks";
import "./coverage.css";
import type { Text } from "../../domain/text.ts";
import { centerNow } from "../shared/freshness.tsx";
import { inLanguage, words } from "../shared/language.ts";
import { isoDate, minuteText } from "../shared/time.ts";
import { CoverageMap } from "./coverage-map.tsx";
import { SectionDetail } from "./coverage-section.tsx";
import { useDesk } from "./desk.ts";
import { usePageKeys } from "./page-keys.ts";
import { Choice, Head, Shown, useLoad } from "./parts.tsx";
import { placeName, usePlaceNames } from "./places.ts";
import { StandingMark, SweptBar, shareText, standingText } from "./standing.tsx";
import {
  byUrgency,
  type SectionFacts,
  type Standing,
  type SweepPlan,
  type SweepRow,
  sectionsOf,
  standingOf,
  standings,
  wholePlan,
} from "./sweep-plan.ts";
import { durationText, say as sayDesk } from "./words.ts";

const say = words({
  day: { zh: "日期", en: "Day" },
  yesterday: { zh: "昨日", en: "yesterday" },
  today: { zh: "今日", en: "today" },
  tomorrow: { zh: "明日", en: "tomorrow" },
  community: { zh: "社区", en: "Community" },
  line: { zh: "业务条线", en: "Line" },
  allCommunities: { zh: "全部社区", en: "all communities" },
  allLines: { zh: "全部条线", en: "all lines" },
  standing: { zh: "状态", en: "State" },
  plan: { zh: "清扫计划", en: "Sweep plan" },
  noPlan: { zh: "这一天没有清扫计划", en: "No sweeping is planned for this day" },
  noneFits: { zh: "没有符合筛选的路段", en: "No section fits the filter" },
  left: { zh: "剩 {time}", en: "{time} left" },
  over: { zh: "已截止", en: "over" },
  begins: { zh: "{time} 开始", en: "begins {time}" },
  rest: { zh: "约需 {time}", en: "needs about {time}" },
  idle: { zh: "尚未开始清扫", en: "nobody has begun" },
  risk: { zh: "{n} 个路段按目前进度将无法按时完成", en: "{n} sections will not be done in time" },
  more: { zh: "另 {n} 个", en: "{n} more" },
  nobody: { zh: "未指派", en: "nobody named" },
  sum: { zh: "{done} / {all} 路段已完成", en: "{done} of {all} sections done" },
});

const AGAIN_MS = 20_000;
const GROUND_AGAIN_MS = 600_000;
const DAY_MS = 86_400_000;
const RISKS_SHOWN = 3;
const RULE = "sweep.coverage_low";

/** The sweep plan of a day: what is at risk on top, the list beside the map, who swept what below it. */
export default function Coverage() {
  const desk = useDesk();
  usePlaceNames();
  /** Null: today, whatever day the center has. */
  const date = useSignal<string | null>(null);
  const plan = useLoad<SweepPlan>(
    `/sweeps?limit=500${date.value === null ? "" : `&date=${date.value}`}`,
    date.value === null ? AGAIN_MS : 0,
    wholePlan,
  );
  const day = (days: number) => isoDate((plan.data.value?.now ?? desk.now.value) + days * DAY_MS);
  const shownDay = date.value ?? day(0);
  const ground = useLoad<FeatureCollection>("/coverage", GROUND_AGAIN_MS);
  // A warning comes by the stream at once; the list need not wait for its turn.
  const alarms = [...desk.alerts.value.values()]
    .flatMap(({ ruleId, id, state }) => (ruleId === RULE ? `${id} ${state}` : []))
    .join();
  const known = useRef(alarms);
  useEffect(() => {
    if (known.current !== alarms) plan.reload();
    known.current = alarms;
  }, [alarms]);
  return (
    <>
      <Head title={sayDesk("coverage")}>
        <Choice
          label={say("day")}
          value={shownDay}
          options={([-1, 0, 1] as const).map((days) => [
            day(days),
            say(days === 0 ? "today" : days < 0 ? "yesterday" : "tomorrow"),
          ])}
          onChange={(value) => {
            date.value = value === day(0) ? null : value;
          }}
        />
        <input
          type="date"
          aria-label={say("day")}
          value={shownDay}
          onChange={({ currentTarget: { value } }) => {
            if (value !== "") date.value = value === day(0) ? null : value;
          }}
        />
      </Head>
      <Shown of={ground}>
        {(lines) => (
          <Shown of={plan}>
            {(loaded) =>
              loaded.date === shownDay ? (
                <Plan key={loaded.date} plan={loaded} ground={lines} />
              ) : (
                <p class="empty">{sayDesk("loading")}</p>
              )
            }
          </Shown>
        )}
      </Shown>
    </>
  );
}

type Titles = ReadonlyMap<string, SectionFacts & { readonly title: string }>;

function Plan({ plan, ground }: { plan: SweepPlan; ground: FeatureCollection }) {
  const desk = useDesk();
  const now = Math.max(plan.now, centerNow(desk.session.stream) ?? 0);
  desk.now.value;
  const standing = useSignal<Standing | "">("");
  const community = useSignal("");
  const line = useSignal("");
  const chosen = useSignal<string | null>(null);
  // Names of roads come with the district, a moment later.
  const titles: Titles = useMemo(() => computed(() => sectionsOf(ground, placeName)), [ground]).value;
  const there = plan.items
    .filter((row) => community.value === "" || row.communityId === community.value)
    .filter((row) => line.value === "" || row.line === line.value)
    .sort(byUrgency(now));
  const rows = there.filter((row) => standing.value === "" || standingOf(row, now) === standing.value);
  const count = (name: Standing) => there.filter((row) => standingOf(row, now) === name).length;
  const risks = there.filter((row) => standingOf(row, now) === "willMiss");
  const row = plan.items.find(({ id }) => id === chosen.value) ?? null;
  const chooseSection = (sectionId: string) => {
    const [first] = there.filter((one) => one.sectionId === sectionId);
    if (first) chosen.value = first.id;
    if (first && !rows.includes(first)) standing.value = "";
  };
  const at = rows.findIndex(({ id }) => id === chosen.value);
  const choose = (index: number) => {
    chosen.value = rows[Math.max(0, Math.min(rows.length - 1, index))]?.id ?? null;
  };
  usePageKeys({
    j: () => choose(at + 1),
    k: () => choose(at - 1),
    ArrowDown: () => choose(at + 1),
    ArrowUp: () => choose(at - 1),
    Home: () => choose(0),
    End: () => choose(rows.length - 1),
    Escape: () => {
      chosen.value = null;
      standing.value = "";
    },
    ...Object.fromEntries(
      standings.map((name, i) => [
        String(i + 1),
        () => {
          standing.value = standing.value === name ? "" : name;
        },
      ]),
    ),
  });
  if (plan.items.length === 0) return <p class="empty">{say("noPlan")}</p>;
  const titleOf = ({ sectionId }: SweepRow) => titles.get(sectionId)?.title ?? sectionId;
  return (
    <div class="coverage">
      {risks.length > 0 && (
        <div class="risks" role="status">
          <StandingMark standing="willMiss" />
          <strong>{say("risk", { n: risks.length })}</strong>
          {risks.slice(0, RISKS_SHOWN).map((risk) => (
            <button
              key={risk.id}
              type="button"
              onClick={() => {
                chosen.value = risk.id;
              }}
            >
              {titleOf(risk)} · {say("left", { time: durationText(risk.to - now) })}
            </button>
          ))}
          {risks.length > RISKS_SHOWN && <span>{say("more", { n: risks.length - RISKS_SHOWN })}</span>}
        </div>
      )}
      <section class="plan" aria-label={say("plan")}>
        <div class="tools">
          <Filter
            label={say("community")}
            all={say("allCommunities")}
            value={community.value}
            options={plan.items.map((one) => one.communityId)}
            named={placeName}
            onChange={(value) => {
              community.value = value;
            }}
          />
          <LineFilter
            rows={plan.items}
            value={line.value}
            onChange={(value) => {
              line.value = value;
            }}
          />
          <span class="muted">{say("sum", { done: count("done"), all: there.length })}</span>
        </div>
        <div class="choice" role="toolbar" aria-label={say("standing")}>
          {standings
            .filter((name) => count(name) > 0 || standing.value === name)
            .map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={standing.value === name}
                onClick={() => {
                  standing.value = standing.value === name ? "" : name;
                }}
              >
                <StandingMark standing={name} /> {standingText(name)} <strong>{count(name)}</strong>
              </button>
            ))}
        </div>
        <List rows={rows} now={now} chosen={row} titleOf={titleOf} onChoose={(id) => (chosen.value = id)} />
      </section>
      <div class="ground">
        <CoverageMap ground={ground} rows={there} now={now} chosen={row?.sectionId ?? null} onChoose={chooseSection} />
        {row && (
          <SectionDetail
            key={row.sectionId}
            row={row}
            windows={plan.items.filter(({ sectionId }) => sectionId === row.sectionId)}
            facts={titles.get(row.sectionId) ?? null}
            now={now}
            onChoose={(id) => (chosen.value = id)}
          />
        )}
      </div>
    </div>
  );
}

interface ListProps {
  readonly rows: readonly SweepRow[];
  readonly now: number;
  readonly chosen: SweepRow | null;
  readonly titleOf: (row: SweepRow) => string;
  readonly onChoose: (id: string) => void;
}

function List({ rows, now, chosen, titleOf, onChoose }: ListProps) {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    frame.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);
  return (
    <div
      ref={frame}
      class="sweeps"
      role="listbox"
      tabIndex={0}
      aria-label={say("plan")}
      aria-activedescendant={chosen && rows.includes(chosen) ? `sweep-${chosen.id}` : undefined}
    >
      {rows.map((row) => {
        const standing = standingOf(row, now);
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the page has keys of its own
          <div
            key={row.id}
            id={`sweep-${row.id}`}
            class={`sweep ${standing}`}
            role="option"
            tabIndex={-1}
            aria-selected={row === chosen}
            onClick={() => onChoose(row.id)}
          >
            <StandingMark standing={standing} />
            <strong>{titleOf(row)}</strong>
            <span class="share">
              <SweptBar coverage={row.coverage} target={row.target} />
              <span>{shareText(row.coverage)}</span>
            </span>
            <span class="facts">
              {minuteText(row.from)}–{minuteText(row.to)} · {placeName(row.communityId)} ·{" "}
              {row.crewName ?? row.vehicleId ?? say("nobody")}
            </span>
            <span class="time">{timeText(row, standing, now)}</span>
          </div>
        );
      })}
      {rows.length === 0 && <p class="empty">{say("noneFits")}</p>}
    </div>
  );
}

function timeText(row: SweepRow, standing: Standing, now: number): string {
  if (standing === "planned") return say("begins", { time: minuteText(row.from) });
  if (standing === "done") return row.lastAt === null ? "" : minuteText(row.lastAt);
  if (standing === "missed") return say("over");
  const left = say("left", { time: durationText(row.to - now) });
  if (row.firstAt === null) return `${say("idle")} · ${left}`;
  if (row.restMinutes === null) return left;
  return `${say("rest", { time: durationText(row.restMinutes * 60_000) })} · ${left}`;
}

interface FilterProps {
  readonly label: string;
  readonly all: string;
  readonly value: string;
  readonly options: readonly (string | null)[];
  readonly named: (id: string) => string;
  readonly onChange: (value: string) => void;
}

/** What the rows differ in can be chosen; where there is only one there is nothing to choose. */
function Filter({ label, all, value, options, named, onChange }: FilterProps) {
  const ids = [...new Set(options)].flatMap((id) => id ?? []);
  if (ids.length < 2) return null;
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      <option value="">{all}</option>
      {ids.map((id) => (
        <option key={id} value={id}>
          {named(id)}
        </option>
      ))}
    </select>
  );
}

function LineFilter({ rows, ...rest }: Pick<FilterProps, "value" | "onChange"> & { rows: readonly SweepRow[] }) {
  const lines = useLoad<{ items: { readonly id: string; readonly title: Text }[] }>("/registry/lines");
  const named = (id: string) => {
    const title = lines.data.value?.items.find((line) => line.id === id)?.title;
    return title ? inLanguage(title) : id;
  };
  return (
    <Filter label={say("line")} all={say("allLines")} options={rows.map(({ line }) => line)} named={named} {...rest} />
  );
}
