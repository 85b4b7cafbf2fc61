import { useSignal } from "@preact/signals";
import { words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { dateTimeText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, Table } from "./parts.tsx";
import { isActive, loadSilences, type Silence, silences, stormUntil } from "./storm.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  stormTitle: { zh: "三防模式", en: "Storm mode" },
  stormWhat: {
    zh: "暂停脱岗、滞留、未出车、清扫覆盖告警；积水与雨箅堵塞时限减半。到时自动恢复，全程留痕。",
    en: "People and vehicles that shelter raise nothing; time for flooded roads and blocked grates is halved. It ends by itself and is written down.",
  },
  stormOn: { zh: "运行中，至 {time}", en: "On until {time}" },
  stormEndless: { zh: "运行中，直到手动结束", en: "On until somebody ends it" },
  switchOn: { zh: "开启三防模式", en: "Switch storm mode on" },
  switchOff: { zh: "结束三防模式", en: "End storm mode" },
  reason: { zh: "原因（必填）", en: "Reason (needed)" },
  reasonHint: { zh: "如：台风黄色预警", en: "such as: typhoon warning, yellow" },
  forHours: { zh: "持续", en: "For" },
  untilEnded: { zh: "直到结束", en: "until ended" },
  newTitle: { zh: "新增静默", en: "A new silence" },
  kind: { zh: "类型", en: "Kind" },
  maintenance: { zh: "检修窗口", en: "Maintenance" },
  permitted: { zh: "许可区域", en: "Permitted zone" },
  closure: { zh: "计划停用", en: "Planned closure" },
  storm: { zh: "三防模式", en: "Storm mode" },
  rules: { zh: "规则（逗号分隔，可用 street.*）", en: "Rules (commas; street.* for a family)" },
  subjects: { zh: "对象编号（逗号分隔）", en: "Subjects (commas)" },
  community: { zh: "社区编号（逗号分隔）", en: "Communities (commas)" },
  add: { zh: "添加", en: "Add" },
  what: { zh: "静默内容", en: "What is silenced" },
  time: { zh: "时间", en: "When" },
  by: { zh: "设置人", en: "By" },
  end: { zh: "结束", en: "End" },
  active: { zh: "生效中", en: "In force" },
  past: { zh: "已结束", en: "Ended" },
  needWhat: { zh: "请填写规则、对象或社区", en: "Say which rules, subjects or communities" },
});

const HOUR_MS = 3_600_000;
const kinds = ["maintenance", "permitted", "closure"] as const;

/** Everything that is quiet on purpose, and the switch for storms. */
export default function Silences() {
  const desk = useDesk();
  const now = desk.now.value;
  const all = silences.value.filter(({ kind }) => kind !== "storm");
  const active = all.filter((one) => isActive(one, now));
  const past = silences.value.filter((one) => !isActive(one, now)).slice(-20);
  const manage = desk.may("manageSilences");
  return (
    <>
      <Head title={sayDesk("silences")} />
      <div class="two">
        <Storm manage={manage} />
        {manage && <NewSilence />}
      </div>
      <h3>{say("active")}</h3>
      <List rows={active} manage={manage} />
      {past.length > 0 && (
        <>
          <h3>{say("past")}</h3>
          <List rows={past} manage={false} />
        </>
      )}
    </>
  );
}

function useAct(): { problem: { value: string | null }; act: (run: () => Promise<unknown>) => Promise<boolean> } {
  const desk = useDesk();
  const problem = useSignal<string | null>(null);
  const act = async (run: () => Promise<unknown>) => {
    try {
      await run();
      await loadSilences(desk);
      problem.value = null;
      return true;
    } catch (error) {
      problem.value = (error as Error).message;
      return false;
    }
  };
  return { problem, act };
}

function Storm({ manage }: { manage: boolean }) {
  const desk = useDesk();
  const until = stormUntil(desk);
  const reason = useSignal("");
  const hours = useSignal(12);
  const { problem, act } = useAct();
  const now = desk.now.value;
  const running = silences.value.find((one) => one.kind === "storm" && isActive(one, now));
  return (
    <section class="panel">
      <h3>{say("stormTitle")}</h3>
      <p class="muted">{say("stormWhat")}</p>
      {running ? (
        <>
          <p>
            <strong>
              {until === Number.POSITIVE_INFINITY
                ? say("stormEndless")
                : say("stormOn", { time: dateTimeText(until ?? 0) })}
            </strong>{" "}
            · {running.reason} · {running.createdBy.replace(/^user:/, "")}
          </p>
          {manage && (
            <button
              type="button"
              class="primary"
              onClick={() => void act(() => desk.rest.ask("DELETE", `/silences/${running.id}`))}
            >
              {say("switchOff")}
            </button>
          )}
        </>
      ) : (
        manage && (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              const to = hours.value === 0 ? null : now + hours.value * HOUR_MS;
              void act(() => desk.rest.ask("POST", "/silences", { kind: "storm", reason: reason.value.trim(), to }));
            }}
          >
            <label>
              {say("reason")}
              <input
                required
                maxLength={500}
                placeholder={say("reasonHint")}
                value={reason.value}
                onInput={(event) => {
                  reason.value = event.currentTarget.value;
                }}
              />
            </label>
            <Hours value={hours} />
            <button type="submit" class="primary" disabled={reason.value.trim() === ""}>
              {say("switchOn")}
            </button>
          </form>
        )
      )}
      <p class="problem" role="alert">
        {problem.value}
      </p>
    </section>
  );
}

function Hours({ value }: { value: { value: number } }) {
  return (
    <Choice
      label={say("forHours")}
      value={value.value}
      options={[
        ...[2, 6, 12, 24, 72].map((n) => [n, sayDesk("hours", { n })] as const),
        [0, say("untilEnded")] as const,
      ]}
      onChange={(hours) => {
        value.value = hours;
      }}
    />
  );
}

const listOf = (text: string): string[] => text.split(/[,，\s]+/).filter(Boolean);

function NewSilence() {
  const desk = useDesk();
  const kind = useSignal<(typeof kinds)[number]>("maintenance");
  const hours = useSignal(6);
  const { problem, act } = useAct();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
    const [ruleIds, subjectIds, communityId] = [
      listOf(values.rules ?? ""),
      listOf(values.subjects ?? ""),
      listOf(values.community ?? ""),
    ];
    if (ruleIds.length + subjectIds.length + communityId.length === 0) {
      problem.value = say("needWhat");
      return;
    }
    const done = await act(() =>
      desk.rest.ask("POST", "/silences", {
        kind: kind.value,
        reason: values.reason?.trim(),
        to: hours.value === 0 ? null : desk.now.peek() + hours.value * HOUR_MS,
        ...(ruleIds.length > 0 && { ruleIds }),
        ...(subjectIds.length > 0 && { subjectIds }),
        ...(communityId.length > 0 && { communityId }),
      }),
    );
    if (done) form.reset();
  };
  return (
    <section class="panel">
      <h3>{say("newTitle")}</h3>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <Choice
          label={say("kind")}
          value={kind.value}
          options={kinds.map((one) => [one, say(one)] as const)}
          onChange={(value) => {
            kind.value = value;
          }}
        />
        <label>
          {say("reason")}
          <input name="reason" required maxLength={500} />
        </label>
        <label>
          {say("rules")}
          <input name="rules" />
        </label>
        <label>
          {say("subjects")}
          <input name="subjects" />
        </label>
        <label>
          {say("community")}
          <input name="community" />
        </label>
        <Hours value={hours} />
        <p class="problem" role="alert">
          {problem.value}
        </p>
        <button type="submit" class="primary">
          {say("add")}
        </button>
      </form>
    </section>
  );
}

function List({ rows, manage }: { rows: readonly Silence[]; manage: boolean }) {
  const desk = useDesk();
  const { act } = useAct();
  const about = ({ ruleIds, subjectIds, communityId, gridId, circle }: Silence) =>
    [
      ruleIds?.map((id) => desk.session.ruleTitle(id)).join("、"),
      subjectIds?.join("、"),
      communityId?.map(placeName).join("、"),
      gridId?.map(placeName).join("、"),
      circle && `${circle.radiusM} m @ ${circle.lat.toFixed(4)}, ${circle.lon.toFixed(4)}`,
    ]
      .filter(Boolean)
      .join(" · ");
  return (
    <Table
      label={sayDesk("silences")}
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { title: say("kind"), cell: ({ kind }) => say(kind) },
        { title: say("what"), cell: about },
        { title: sayDesk("reason"), cell: ({ reason }) => reason },
        {
          title: say("time"),
          cell: ({ from, to, endedAt }) =>
            `${dateTimeText(from)} — ${endedAt ? dateTimeText(endedAt) : to === null ? "…" : dateTimeText(to)}`,
        },
        { title: say("by"), cell: ({ createdBy }) => createdBy.replace(/^user:/, "") },
        ...(manage
          ? [
              {
                title: say("end"),
                cell: ({ id }: Silence) => (
                  <button type="button" onClick={() => void act(() => desk.rest.ask("DELETE", `/silences/${id}`))}>
                    {say("end")}
                  </button>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}
