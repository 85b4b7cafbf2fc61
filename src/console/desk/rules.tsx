import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Level } from "../../domain/levels.ts";
import type { Text } from "../../domain/text.ts";
import { inLanguage, words } from "../shared/language.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { dateTimeText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { durationText, say as sayDesk } from "./words.ts";

const say = words({
  choose: { zh: "选择一条规则", en: "Choose a rule" },
  find: { zh: "查找规则", en: "Find a rule" },
  off: { zh: "停用", en: "off" },
  changed: { zh: "第 {n} 版", en: "edition {n}" },
  draft: { zh: "规则内容（可修改后试算）", en: "The rule (change it and try)" },
  span: { zh: "试算范围", en: "Try on" },
  days: { zh: "近 {n} 天", en: "{n} days" },
  run: { zh: "开始回测", en: "Back-test" },
  running: { zh: "回测中 {pct}%", en: "Trying, {pct} %" },
  result: {
    zh: "会产生 {raised} 条告警（每天 {perDay} 条），涉及 {subjects} 个对象，{flapping} 条反复波动",
    en: "It would have raised {raised} alerts ({perDay} a day) about {subjects} subjects, {flapping} flapping",
  },
  looked: { zh: "共检查 {n} 条读数", en: "{n} readings looked at" },
  subject: { zh: "对象", en: "Subject" },
  opened: { zh: "开始", en: "Opened" },
  lasted: { zh: "持续", en: "Lasted" },
  count: { zh: "佐证", en: "Seen" },
  save: { zh: "按此生效", en: "Put in force" },
  saved: { zh: "规则已生效", en: "The rule is in force" },
  notJson: { zh: "内容不是有效的 JSON", en: "This is not JSON" },
  restore: { zh: "恢复出厂设置", en: "As delivered" },
});

interface Rule {
  readonly id: string;
  readonly title: Text;
  readonly level: Level;
  readonly enabled: boolean;
  readonly version: number;
  readonly changedAt?: number | null;
  readonly changedBy?: string | null;
}
interface Job {
  readonly id: string;
  readonly share: number;
  readonly state: "running" | "done" | "failed";
  readonly problem: string | null;
  readonly result: {
    readonly raised: number;
    readonly flapping: number;
    readonly subjects: number;
    readonly observations: number;
    readonly perDay: number;
    readonly alerts: readonly {
      readonly subjectId: string;
      readonly level: Level;
      readonly openedAt: number;
      readonly clearedAt: number | null;
      readonly count: number;
      readonly flapping: boolean;
    }[];
  } | null;
}

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 400;

/** Rules as they are, and what a change would have meant: tried on past days before it rings for anybody. */
export default function Rules() {
  const rules = useLoad<{ items: Rule[] }>("/rules");
  const chosen = useSignal<string | null>(null);
  const find = useSignal("");
  return (
    <>
      <Head title={sayDesk("rules")}>
        <input
          type="search"
          placeholder={say("find")}
          aria-label={say("find")}
          value={find.value}
          onInput={(event) => {
            find.value = event.currentTarget.value;
          }}
        />
      </Head>
      <Shown of={rules}>
        {({ items }) => {
          const wanted = find.value.trim().toLowerCase();
          const shown = items.filter(({ id, title }) => `${id} ${title.zh} ${title.en}`.toLowerCase().includes(wanted));
          const rule = items.find(({ id }) => id === chosen.value);
          return (
            <div class="with-side">
              <ul class="rule-list">
                {shown.map(({ id, title, level, enabled, version }) => (
                  <li key={id}>
                    <button
                      type="button"
                      aria-current={chosen.value === id}
                      class={enabled ? "" : "faded"}
                      onClick={() => {
                        chosen.value = id;
                      }}
                    >
                      <LevelBadge level={level} /> {inLanguage(title)}
                      <small>
                        {id} {enabled ? "" : say("off")} {version > 1 ? say("changed", { n: version }) : ""}
                      </small>
                    </button>
                  </li>
                ))}
              </ul>
              {rule ? <Trial key={rule.id} rule={rule} onSaved={rules.reload} /> : <p class="empty">{say("choose")}</p>}
            </div>
          );
        }}
      </Shown>
    </>
  );
}

function Trial({ rule, onSaved }: { rule: Rule; onSaved: () => void }) {
  const desk = useDesk();
  const { version, changedAt: _at, changedBy: _by, ...content } = rule;
  const original = JSON.stringify(content, null, 2);
  const text = useSignal(original);
  const days = useSignal(7);
  const job = useSignal<Job | null>(null);
  const problem = useSignal<string | null>(null);

  useEffect(() => {
    if (job.value?.state !== "running") return;
    const timer = setTimeout(() => {
      desk.rest.get<Job>(`/backtests/${job.value?.id}`).then(
        (next) => {
          job.value = next;
        },
        (error) => {
          problem.value = (error as Error).message;
        },
      );
    }, LOOK_EVERY_MS);
    return () => clearTimeout(timer);
  }, [job.value]);

  const parsed = (): object | null => {
    try {
      problem.value = null;
      return JSON.parse(text.value) as object;
    } catch {
      problem.value = say("notJson");
      return null;
    }
  };
  const run = async () => {
    const draft = parsed();
    if (!draft) return;
    const to = desk.now.peek();
    try {
      job.value = await desk.rest.ask<Job>("POST", `/rules/${rule.id}/backtest`, {
        from: Math.round(to - days.value * DAY_MS),
        to: Math.round(to),
        rule: draft,
      });
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  const save = async (method: "PUT" | "DELETE") => {
    const draft = method === "PUT" ? parsed() : null;
    if (method === "PUT" && !draft) return;
    try {
      await desk.rest.ask(
        method,
        `/rules/${rule.id}`,
        draft ?? undefined,
        method === "PUT" ? { "if-match": String(version) } : {},
      );
      desk.toast(say("saved"), "good");
      onSaved();
    } catch (error) {
      problem.value = (error as Error).message;
    }
  };
  const { value } = job;
  const busy = value?.state === "running";
  return (
    <section class="panel trial">
      <h3>
        {inLanguage(rule.title)} · {rule.id}
      </h3>
      <label>
        {say("draft")}
        <textarea
          rows={16}
          spellcheck={false}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      </label>
      <p class="problem" role="alert">
        {problem.value ?? value?.problem}
      </p>
      <div class="actions">
        <Choice
          label={say("span")}
          value={days.value}
          options={[1, 3, 7, 14, 30].map((n) => [n, say("days", { n })] as const)}
          onChange={(next) => {
            days.value = next;
          }}
        />
        <button type="button" class="primary" disabled={busy} onClick={() => void run()}>
          {say("run")}
        </button>
        <button type="button" disabled={text.value === original} onClick={() => void save("PUT")}>
          {say("save")}
        </button>
        {version > 1 && (
          <button type="button" onClick={() => void save("DELETE")}>
            {say("restore")}
          </button>
        )}
      </div>
      {busy && (
        <p role="status">
          {say("running", { pct: Math.round((value?.share ?? 0) * 100) })}
          <progress
            max={1}
            value={value?.share ?? 0}
            aria-label={say("running", { pct: Math.round((value?.share ?? 0) * 100) })}
          />
        </p>
      )}
      {value?.result && (
        <>
          <p role="status">
            <strong>
              {say("result", { ...value.result, perDay: Math.round(value.result.perDay * 10) / 10 } as never)}
            </strong>
          </p>
          <p class="muted">{say("looked", { n: value.result.observations })}</p>
          <Table
            label={sayDesk("rules")}
            rows={value.result.alerts.slice(0, 200)}
            keyOf={({ subjectId, openedAt }) => `${subjectId} ${openedAt}`}
            columns={[
              { title: sayDesk("level"), cell: ({ level }) => <LevelBadge level={level} /> },
              { title: say("subject"), cell: ({ subjectId }) => subjectId },
              { title: say("opened"), cell: ({ openedAt }) => dateTimeText(openedAt) },
              {
                title: say("lasted"),
                number: true,
                cell: ({ openedAt, clearedAt }) => (clearedAt === null ? "…" : durationText(clearedAt - openedAt)),
              },
              { title: say("count"), number: true, cell: ({ count }) => count },
            ]}
          />
        </>
      )}
    </section>
  );
}
