import { type Signal, useSignal } from "@preact/signals";
import { dateOf, dayOf, weekdayOf } from "../../domain/calendar.ts";
import { type ReportKind, type ReportNote, type ReportPeriod, reportKinds } from "../../reports/period.ts";
import { kindWords, reportTitle } from "../../reports/words.ts";
import { inLanguage, language, words } from "../shared/language.ts";
import { dateTimeText, isoDate } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { OutsideFigures } from "./outside-figures.tsx";
import { Choice, Head, Shown, useLoad } from "./parts.tsx";
import { ReportSheet } from "./report-sheet.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  kind: { zh: "报告类型", en: "Kind" },
  periods: { zh: "统计期", en: "Periods" },
  date: { zh: "所在日期", en: "A date of it" },
  older: { zh: "更早", en: "Older" },
  running: { zh: "进行中，暂计", en: "still running: preliminary" },
  waiting: { zh: "已结束，等待迟到数据", en: "over, late data still counts" },
  frozen: { zh: "{at} 定稿", en: "frozen {at}" },
  none: { zh: "尚无报告", en: "No report yet" },
});

interface Listed {
  readonly items: readonly ReportNote[];
  readonly running: readonly ReportPeriod[];
  readonly next: string | null;
}

/** Reports on one side, the one that is read on the other; and what others reckon, to take over. */
export default function Reports() {
  const desk = useDesk();
  const kind = useSignal<ReportKind>("day");
  const chosen = useSignal<string | null>(null);
  return (
    <>
      <Head title={sayDesk("reports")}>
        <Choice
          label={say("kind")}
          value={kind.value}
          options={reportKinds.map((name) => [name, inLanguage(kindWords[name])] as const)}
          onChange={(value) => {
            chosen.value = null;
            kind.value = value;
          }}
        />
      </Head>
      {desk.may("importTickets") && <OutsideFigures />}
      <Periods key={kind.value} kind={kind.value} chosen={chosen} />
    </>
  );
}

const AT_ONCE = 20;
const AGAIN_MS = 60_000;

function Periods({ kind, chosen }: { kind: ReportKind; chosen: Signal<string | null> }) {
  const desk = useDesk();
  const path = `/reports?kind=${kind}&limit=${AT_ONCE}`;
  const listed = useLoad<Listed>(path, AGAIN_MS);
  /** Pages behind the first, as far as somebody has asked. */
  const older = useSignal<Pick<Listed, "items" | "next"> | null>(null);
  const more = async (next: string) => {
    try {
      const page = await desk.rest.get<Listed>(`${path}&cursor=${encodeURIComponent(next)}`);
      older.value = { items: [...(older.value?.items ?? []), ...page.items], next: page.next };
    } catch (error) {
      desk.toast((error as Error).message, "bad");
    }
  };
  return (
    <div class="with-side reports">
      <aside class="no-print">
        <label class="stack">
          {say("date")}
          <input
            type="date"
            max={isoDate(desk.now.value)}
            onChange={({ currentTarget: { value } }) => {
              if (value !== "") chosen.value = idOf(kind, value);
            }}
          />
        </label>
        <Shown of={listed}>
          {({ items, running, next }) => {
            const kept = [...items, ...(older.value?.items ?? [])];
            const open = running.filter(({ id }) => !items.some((one) => one.id === id));
            const further = older.value ? older.value.next : next;
            return (
              <>
                <ul class="periods" aria-label={say("periods")}>
                  {open.map(({ id, to }) => (
                    <Period
                      key={id}
                      id={id}
                      state={say(to > desk.now.value ? "running" : "waiting")}
                      chosen={chosen}
                      now={(chosen.value ?? kept[0]?.id ?? open[0]?.id) === id}
                    />
                  ))}
                  {kept.map(({ id, madeAt }) => (
                    <Period
                      key={id}
                      id={id}
                      state={say("frozen", { at: dateTimeText(madeAt) })}
                      chosen={chosen}
                      now={(chosen.value ?? kept[0]?.id) === id}
                    />
                  ))}
                </ul>
                {further !== null && (
                  <button type="button" onClick={() => void more(further)}>
                    {say("older")}
                  </button>
                )}
              </>
            );
          }}
        </Shown>
      </aside>
      <Reading listed={listed.data.value} chosen={chosen.value} onMade={listed.reload} />
    </div>
  );
}

/** What was chosen, else the newest that will not change, else the one that runs. */
function Reading(props: { listed: Listed | null; chosen: string | null; onMade: () => void }) {
  const { listed, chosen, onMade } = props;
  const id = chosen ?? listed?.items[0]?.id ?? listed?.running[0]?.id;
  return id === undefined ? <p class="empty">{say("none")}</p> : <ReportSheet key={id} id={id} onMade={onMade} />;
}

function Period(props: { id: string; state: string; now: boolean; chosen: Signal<string | null> }) {
  const { id, state, now, chosen } = props;
  return (
    <li>
      <button
        type="button"
        aria-current={now ? "true" : undefined}
        onClick={() => {
          chosen.value = id;
        }}
      >
        <strong>{reportTitle(id, language.value)}</strong>
        <small>{state}</small>
      </button>
    </li>
  );
}

/** The report a date belongs to, as the center names it: by the first day of its period. */
function idOf(kind: ReportKind, date: string): string {
  const day = dayOf(date);
  const first = { day: date, week: dateOf(day - weekdayOf(day)), month: `${date.slice(0, 7)}-01` };
  return `${kind}-${first[kind]}`;
}
