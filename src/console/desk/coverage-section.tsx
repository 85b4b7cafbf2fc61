import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { dateTimeText, minuteText } from "../shared/time.ts";
import { stateText } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import { everything } from "./order.ts";
import { Shown, Table, useLoad } from "./parts.tsx";
import { StandingMark, SweptBar, shareText, standingText } from "./standing.tsx";
import { type SectionFacts, type SweepRow, standingOf } from "./sweep-plan.ts";
import { durationText } from "./words.ts";

const say = words({
  class: { zh: "{n} 级道路", en: "class {n} road" },
  size: { zh: "{length} 米 × {width} 米", en: "{length} m × {width} m" },
  windows: { zh: "当日时段", en: "Windows of the day" },
  swept: { zh: "谁在何时清扫", en: "Who swept it, and when" },
  nobody: { zh: "此时段内没有作业车清扫过", en: "No vehicle swept it in this window" },
  vehicle: { zh: "车辆", en: "Vehicle" },
  when: { zh: "时间", en: "When" },
  long: { zh: "时长", en: "For" },
  part: { zh: "覆盖", en: "Covered" },
  alerts: { zh: "告警", en: "Alerts" },
  noAlerts: { zh: "近期没有告警", en: "No alerts lately" },
  target: { zh: "要求 {share}", en: "{share} asked for" },
});

interface Pass {
  readonly vehicleId: string;
  readonly name: string;
  readonly plate: string | null;
  readonly crewId: string | null;
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** Sweeping a quarter of an hour before a window counts for it, and so does a make-up pass of the hours after it. */
const BEFORE_MS = 15 * 60_000;
const AFTER_MS = 4 * 3_600_000;
const AGAIN_MS = 30_000;

interface SectionDetailProps {
  readonly row: SweepRow;
  readonly windows: readonly SweepRow[];
  readonly facts: (SectionFacts & { readonly title: string }) | null;
  readonly now: number;
  readonly onChoose: (id: string) => void;
}

/** One section: its windows, who passed over it, and what was raised about it. */
export function SectionDetail({ row, windows, facts, now, onChoose }: SectionDetailProps) {
  const title = facts?.title ?? row.sectionId;
  return (
    <section class="section-detail panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <p class="muted">
          {[placeName(row.communityId), placeName(row.gridId)].filter(Boolean).join(" · ")}
          {facts && ` · ${say("class", { n: facts.class })} · `}
          {facts && say("size", { length: Math.round(facts.lengthM), width: facts.widthM })}
        </p>
      </header>
      <div class="parts">
        <div>
          <h3>{say("windows")}</h3>
          <ul class="windows">
            {windows
              .toSorted((a, b) => a.from - b.from)
              .map((one) => {
                const standing = standingOf(one, now);
                return (
                  <li key={one.id}>
                    <button type="button" aria-pressed={one.id === row.id} onClick={() => onChoose(one.id)}>
                      <StandingMark standing={standing} /> {minuteText(one.from)}–{minuteText(one.to)}{" "}
                      <strong>{shareText(one.coverage)}</strong> <small>{standingText(standing)}</small>
                    </button>
                  </li>
                );
              })}
          </ul>
          <p class="target">
            <SweptBar coverage={row.coverage} target={row.target} /> <strong>{shareText(row.coverage)}</strong>{" "}
            <span class="muted">{say("target", { share: shareText(row.target) })}</span>
          </p>
          <SectionAlerts sectionId={row.sectionId} />
        </div>
        <div>
          <h3>{say("swept")}</h3>
          <Passes row={row} now={now} />
        </div>
      </div>
    </section>
  );
}

function Passes({ row, now }: { row: SweepRow; now: number }) {
  const from = row.from - BEFORE_MS;
  const until = row.to + AFTER_MS;
  const live = now < until;
  const passes = useLoad<{ items: Pass[] }>(
    now <= from
      ? null
      : `/coverage/${encodeURIComponent(row.sectionId)}/passes?from=${from}${live ? "" : `&to=${until}`}`,
    live ? AGAIN_MS : 0,
  );
  if (now <= from) return <p class="muted">{say("nobody")}</p>;
  return (
    <Shown of={passes}>
      {({ items }) =>
        items.length === 0 ? (
          <p class="muted">{say("nobody")}</p>
        ) : (
          <Table
            label={say("swept")}
            rows={items.toReversed()}
            keyOf={(pass) => `${pass.vehicleId} ${pass.from}`}
            columns={[
              { title: say("vehicle"), cell: ({ name, plate }) => [name, plate].filter(Boolean).join(" · ") },
              { title: say("when"), number: true, cell: (pass) => `${minuteText(pass.from)}–${minuteText(pass.to)}` },
              { title: say("long"), number: true, cell: (pass) => durationText(Math.max(60_000, pass.to - pass.from)) },
              { title: say("part"), number: true, cell: ({ share }) => <strong>{shareText(share)}</strong> },
            ]}
          />
        )
      }
    </Shown>
  );
}

function SectionAlerts({ sectionId }: { sectionId: string }) {
  const desk = useDesk();
  const alerts = useLoad<{ items: AlertView[] }>(
    `/alerts?subjectId=${encodeURIComponent(sectionId)}&limit=5`,
    AGAIN_MS,
  );
  const open = (id: string) => {
    desk.filter.value = everything;
    desk.page.value = "queue";
    desk.select(id);
  };
  return (
    <>
      <h3>{say("alerts")}</h3>
      <Shown of={alerts}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="muted">{say("noAlerts")}</p>
          ) : (
            <ul class="plain">
              {items.map((alert) => (
                <li key={alert.id}>
                  <LevelBadge level={alert.level} /> {dateTimeText(alert.openedAt)} · {desk.title(alert)} ·{" "}
                  {desk.alerts.value.has(alert.id) ? (
                    <button type="button" class="link" onClick={() => open(alert.id)}>
                      {stateText(alert.state)}
                    </button>
                  ) : (
                    stateText(alert.state)
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </>
  );
}
