import { useSignal } from "@preact/signals";
import { alertStates } from "../../domain/alert.ts";
import type { Level } from "../../domain/levels.ts";
import { words } from "../shared/language.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { dateTimeText } from "../shared/time.ts";
import { kindText, stateText } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import { Head, type Loaded, Shown, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  nowTitle: { zh: "交接内容（当前）", en: "What is handed over now" },
  notes: { zh: "交班说明：重点事项、天气、人员、未尽事宜", en: "Notes: what matters, weather, people, loose ends" },
  give: { zh: "交班并签名", en: "Hand over and sign" },
  giveHint: {
    zh: "签名后内容不可更改，由接班人确认。",
    en: "Once signed it cannot be changed; the next shift countersigns.",
  },
  none: { zh: "尚无交接记录", en: "No shift has been handed over yet" },
  past: { zh: "交接记录", en: "Earlier handovers" },
  open: { zh: "未结告警", en: "Open alerts" },
  overdue: { zh: "超时", en: "Overdue" },
  offline: { zh: "离线设备", en: "Devices offline" },
  requests: { zh: "待批申请", en: "Requests waiting" },
  shelved: { zh: "已搁置", en: "Shelved" },
  unconfirmed: { zh: "疑似待复核", en: "Suspected" },
  silences: { zh: "静默中", en: "Silences" },
  byState: { zh: "按状态", en: "By state" },
  byAge: { zh: "按时长", en: "By age" },
  upTo30Minutes: { zh: "30 分钟内", en: "up to 30 min" },
  upTo2Hours: { zh: "2 小时内", en: "up to 2 h" },
  upTo8Hours: { zh: "8 小时内", en: "up to 8 h" },
  upTo24Hours: { zh: "24 小时内", en: "up to 24 h" },
  older: { zh: "24 小时以上", en: "older" },
  given: { zh: "交班：{by} {at}", en: "Given by {by}, {at}" },
  taken: { zh: "接班：{by} {at}", en: "Taken by {by}, {at}" },
  waits: { zh: "等待接班签名", en: "Waits for the second signature" },
  take: { zh: "接班并签名", en: "Take over and sign" },
  takeHere: { zh: "接班人在此签名", en: "Sign here as the next shift" },
  name: { zh: "接班人账号", en: "Your name" },
  password: { zh: "密码", en: "Password" },
  takeNote: { zh: "接班备注", en: "Your remark" },
  print: { zh: "打印", en: "Print" },
  digest: { zh: "校验码 {digest}", en: "digest {digest}" },
});

/** Youngest first. */
const ages = ["upTo30Minutes", "upTo2Hours", "upTo8Hours", "upTo24Hours", "older"] as const;

interface Item {
  readonly id: string;
  readonly ruleId: string;
  readonly level: Level;
  readonly state: string;
  readonly subjectId: string;
  readonly openedAt: number;
}
interface Snapshot {
  readonly at: number;
  readonly open: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly byLevel: Readonly<Record<string, number>>;
  readonly byAge: Readonly<Record<string, number>>;
  readonly overdue: { readonly count: number; readonly items: readonly Item[] };
  readonly requests: readonly Item[];
  readonly shelved: number;
  readonly unconfirmed: number;
  readonly offline: {
    readonly count: number;
    readonly byKind: Readonly<Record<string, number>>;
    readonly ids: readonly string[];
  };
  readonly silences: readonly {
    readonly id: string;
    readonly kind: string;
    readonly reason: string;
    readonly to: number | null;
  }[];
}
interface Signature {
  readonly by: string;
  readonly at: number;
}
interface Handover {
  readonly id: string;
  readonly at: number;
  readonly notes: string;
  readonly snapshot: Snapshot;
  readonly digest: string;
  readonly given: Signature;
  readonly taken: (Signature & { readonly note: string | null }) | null;
}

const who = (actor: string): string => actor.replace(/^user:/, "");

/** The change of shift: nothing is lost between two people, and both have signed for it. */
export default function HandoverPage() {
  const desk = useDesk();
  const draft = useLoad<Snapshot>("/handovers/draft", 30_000);
  const past = useLoad<{ items: Handover[] }>("/handovers?limit=20", 30_000);
  const notes = useSignal("");
  const problem = useSignal<string | null>(null);
  const give = async () => {
    try {
      await desk.rest.ask("POST", "/handovers", { notes: notes.value });
      notes.value = "";
      problem.value = null;
      past.reload();
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  return (
    <>
      <Head title={sayDesk("handover")}>
        <button type="button" onClick={() => print()}>
          {say("print")}
        </button>
      </Head>
      <div class="two">
        <section class="panel">
          <h3>{say("nowTitle")}</h3>
          <Shown of={draft}>{(snapshot) => <SnapshotView snapshot={snapshot} />}</Shown>
          <form
            class="stack no-print"
            onSubmit={(event) => {
              event.preventDefault();
              void give();
            }}
          >
            <label>
              {say("notes")}
              <textarea
                rows={5}
                maxLength={4_000}
                value={notes.value}
                onInput={(event) => {
                  notes.value = event.currentTarget.value;
                }}
              />
            </label>
            <p class="muted">{say("giveHint")}</p>
            <p class="problem" role="alert">
              {problem.value}
            </p>
            <button type="submit" class="primary">
              {say("give")}
            </button>
          </form>
        </section>
        <section>
          <h3>{say("past")}</h3>
          <Shown of={past}>
            {({ items }) =>
              items.length === 0 ? (
                <p class="empty">{say("none")}</p>
              ) : (
                items.map((one) => <Record key={one.id} handover={one} past={past} />)
              )
            }
          </Shown>
        </section>
      </div>
    </>
  );
}

function SnapshotView({ snapshot }: { snapshot: Snapshot }) {
  const desk = useDesk();
  const { byLevel, byState, byAge, overdue, offline } = snapshot;
  const counts = [
    [say("open"), snapshot.open],
    [say("overdue"), overdue.count],
    [say("unconfirmed"), snapshot.unconfirmed],
    [say("requests"), snapshot.requests.length],
    [say("shelved"), snapshot.shelved],
    [say("offline"), offline.count],
    [say("silences"), snapshot.silences.length],
  ] as const;
  return (
    <div class="snapshot-view">
      <dl class="numbers">
        {counts.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count}</dd>
          </div>
        ))}
      </dl>
      <p class="levels-line">
        {([1, 2, 3, 4] as const).map((level) => (
          <span key={level}>
            <LevelBadge level={level} /> {byLevel[level] ?? 0}
          </span>
        ))}
      </p>
      <p>
        <small>{say("byState")}</small>{" "}
        {alertStates
          .flatMap((state) => (byState[state] === undefined ? [] : [[state, byState[state]] as const]))
          .map(([state, n]) => `${stateText(state)} ${n}`)
          .join(" · ") || "–"}
      </p>
      <p>
        <small>{say("byAge")}</small>{" "}
        {ages.flatMap((age) => (byAge[age] === undefined ? [] : [`${say(age)} ${byAge[age]}`])).join(" · ") || "–"}
      </p>
      {offline.count > 0 && (
        <p>
          <small>{say("offline")}</small>{" "}
          {Object.entries(offline.byKind)
            .map(([kind, n]) => `${kindText(kind)} ${n}`)
            .join(" · ")}
        </p>
      )}
      {overdue.items.length > 0 && (
        <>
          <h3>{say("overdue")}</h3>
          <ul class="plain">
            {overdue.items.slice(0, 12).map(({ id, level, ruleId, subjectId, state, openedAt }) => (
              <li key={id}>
                <LevelBadge level={level} /> {desk.session.ruleTitle(ruleId)} ·{" "}
                {desk.alerts.value.get(id)?.subjectName ?? subjectId} · {stateText(state)} · {dateTimeText(openedAt)}
              </li>
            ))}
          </ul>
        </>
      )}
      {snapshot.silences.map(({ id, reason, to }) => (
        <p key={id}>
          <small>{say("silences")}</small> {reason} — {to === null ? "…" : dateTimeText(to)}
        </p>
      ))}
    </div>
  );
}

function Record({ handover, past }: { handover: Handover; past: Loaded<unknown> }) {
  const { given, taken, notes, digest, snapshot } = handover;
  return (
    <details class="panel" open={taken === null}>
      <summary>
        <strong>{dateTimeText(handover.at)}</strong> · {say("open")} {snapshot.open} · {say("overdue")}{" "}
        {snapshot.overdue.count}
        {taken === null && <em class="badge">{say("waits")}</em>}
      </summary>
      <p>{say("given", { by: who(given.by), at: dateTimeText(given.at) })}</p>
      {taken && <p>{say("taken", { by: who(taken.by), at: dateTimeText(taken.at) })}</p>}
      {taken?.note && <q>{taken.note}</q>}
      {notes !== "" && <blockquote>{notes}</blockquote>}
      <SnapshotView snapshot={snapshot} />
      <p class="muted">
        <small>{say("digest", { digest: digest.slice(0, 16) })}</small>
      </p>
      {taken === null && <Take handover={handover} past={past} />}
    </details>
  );
}

/** The second signature: by this session, or by name and password of whoever has come to this desk. */
function Take({ handover, past }: { handover: Handover; past: Loaded<unknown> }) {
  const desk = useDesk();
  const problem = useSignal<string | null>(null);
  const own = `user:${desk.me.login ?? desk.me.name}` === handover.given.by;
  const take = async (event: SubmitEvent) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    try {
      await desk.rest.ask("POST", `/handovers/${handover.id}/take`, {
        ...(values.note && { note: values.note }),
        ...(own && { signature: { name: values.name, password: values.password } }),
      });
      problem.value = null;
      past.reload();
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  return (
    <form class="stack no-print" onSubmit={(event) => void take(event)}>
      {own && (
        <>
          <p>{say("takeHere")}</p>
          <label>
            {say("name")}
            <input name="name" required autocomplete="off" />
          </label>
          <label>
            {say("password")}
            <input name="password" type="password" required autocomplete="off" />
          </label>
        </>
      )}
      <label>
        {say("takeNote")}
        <input name="note" maxLength={4_000} />
      </label>
      <p class="problem" role="alert">
        {problem.value}
      </p>
      <button type="submit" class="primary">
        {say("take")}
      </button>
    </form>
  );
}
