import { computed, useSignal } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import { useEffect, useMemo, useRef } from "preact/hooks";
import "./coverage.css";
import { words } from "../shared/language.ts";
import { placeName, usePlaceNames } from "../shared/places.ts";
import { isoDate } from "../shared/time.ts";
import { anySweep, fitsFilter, SweepFilters, useLineTitles } from "./coverage-filters.tsx";
import { groupsOf, SweepGroups } from "./coverage-groups.tsx";
import { leftText, SweepList } from "./coverage-list.tsx";
import { CoverageMap } from "./coverage-map.tsx";
import { SectionDetail } from "./coverage-section.tsx";
import { useDesk } from "./desk.ts";
import { usePageKeys } from "./page-keys.ts";
import { Choice, Head, Shown, useLoad } from "./parts.tsx";
import { StandingMark, standingText } from "./standing.tsx";
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
import { say as sayDesk } from "./words.ts";

const say = words({
  day: { zh: "日期", en: "Day" },
  yesterday: { zh: "昨日", en: "yesterday" },
  today: { zh: "今日", en: "today" },
  tomorrow: { zh: "明日", en: "tomorrow" },
  by: { zh: "按", en: "By" },
  section: { zh: "路段", en: "section" },
  crewId: { zh: "班组", en: "crew" },
  line: { zh: "条线", en: "line" },
  communityId: { zh: "社区", en: "community" },
  standing: { zh: "状态", en: "State" },
  plan: { zh: "清扫计划", en: "Sweep plan" },
  noPlan: { zh: "这一天没有从头看到的清扫计划", en: "No sweep plan of this day was watched from its beginning" },
  risk: { zh: "{n} 个路段按目前进度将无法按时完成", en: "{n} will not be done in time" },
  more: { zh: "另 {n} 个", en: "{n} more" },
  sum: { zh: "{done} / {all} 路段已完成", en: "{done} of {all} sections done" },
});

const groupings = ["section", "crewId", "communityId", "line"] as const;
type Grouping = (typeof groupings)[number];
const AGAIN_MS = 20_000;
const GROUND_AGAIN_MS = 600_000;
const DAY_MS = 86_400_000;
const RISKS_SHOWN = 3;
const RULE = "sweep.coverage_low";

/** The sweep plan of a day: what is at risk on top, the list beside the map, who swept what below it. */
export default function Coverage() {
  const desk = useDesk();
  usePlaceNames(desk.session);
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
  const now = Math.max(plan.now, desk.now.value);
  const standing = useSignal<Standing | "">("");
  const filter = useSignal(anySweep);
  const by = useSignal<Grouping>("section");
  const lineTitle = useLineTitles();
  const chosen = useSignal<string | null>(null);
  // Names of roads come with the district, a moment later.
  const titles: Titles = useMemo(() => computed(() => sectionsOf(ground, placeName)), [ground]).value;
  const there = plan.items.filter((row) => fitsFilter(filter.value, row)).sort(byUrgency(now));
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
  const crews = new Map(plan.items.map(({ crewId, crewName }) => [crewId, crewName]));
  const nameOf = { crewId: (id: string) => crews.get(id) ?? id, communityId: placeName, line: lineTitle };
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
              {titleOf(risk)} · {leftText(risk, now)}
            </button>
          ))}
          {risks.length > RISKS_SHOWN && <span>{say("more", { n: risks.length - RISKS_SHOWN })}</span>}
        </div>
      )}
      <section class="plan" aria-label={say("plan")}>
        <div class="tools">
          <Choice
            label={say("by")}
            value={by.value}
            options={groupings.map((name) => [name, say(name)] as const)}
            onChange={(value) => {
              by.value = value;
            }}
          />
          <span class="muted">{say("sum", { done: count("done"), all: there.length })}</span>
        </div>
        <div class="tools">
          <SweepFilters
            rows={plan.items}
            filter={filter.value}
            lineTitle={lineTitle}
            onChange={(value) => {
              filter.value = value;
            }}
          />
        </div>
        {by.value === "section" ? (
          <>
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
            <SweepList rows={rows} now={now} chosen={row} titleOf={titleOf} onChoose={(id) => (chosen.value = id)} />
          </>
        ) : (
          <SweepGroups
            groups={groupsOf(there, by.value, titles, now)}
            named={nameOf[by.value]}
            onOpen={(id) => {
              filter.value = { ...filter.value, [by.value]: id };
              by.value = "section";
            }}
          />
        )}
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
