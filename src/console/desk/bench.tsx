import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Evidence } from "../../domain/alert.ts";
import { categories } from "../../domain/categories.ts";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage, words } from "../shared/language.ts";
import { usePlaceNames } from "../shared/places.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { agoText, clockText, dateTimeText } from "../shared/time.ts";
import { stateText } from "../shared/words.ts";
import { refusalOf } from "../staff/rest.ts";
import { actionOf, perform } from "./actions.ts";
import { type Desk, useDesk } from "./desk.ts";
import { byDuty } from "./order.ts";
import { Head, Shown, useLoad } from "./parts.tsx";
import { pictureOf, Reference, referenceOf, Snapshot } from "./pictures.tsx";
import { PlaceMap } from "./place-map.tsx";
import { reasonText, rejectReasons } from "./reasons.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  left: { zh: "{n} 条疑似告警待复核", en: "{n} suspected alerts to look at" },
  none: { zh: "没有待复核的疑似告警", en: "Nothing suspected waits" },
  confirm: { zh: "属实", en: "It is so" },
  reject: { zh: "误报", en: "False alarm" },
  skip: { zh: "下一条", en: "Next" },
  confidence: { zh: "置信度", en: "confidence" },
  past: { zh: "此处以往同类", en: "The same here before" },
  noPast: { zh: "此处以往没有同类告警", en: "Nothing of the kind here before" },
  noPicture: { zh: "此告警没有可显示的画面", en: "There is no picture to show" },
  rate: { zh: "以往 {all} 次中 {real} 次属实", en: "{real} of {all} before were real" },
  seen: { zh: "{n} 次，最近 {time}", en: "{n} times, last at {time}" },
  refer: { zh: "以此画面为干净参考", en: "This is how it looks when it is clean" },
  session: { zh: "本次已复核 {n} 条，平均 {s} 秒", en: "{n} looked at, {s} s each" },
});

/** What AI only suspects, one after the other: a picture, what it was before, two keys. */
export default function Bench() {
  const desk = useDesk();
  const skipped = useSignal<ReadonlySet<string>>(new Set());
  const done = useSignal({ count: 0, ms: 0, since: performance.now() });
  const waiting = [...desk.alerts.value.values()]
    .filter(({ confirmed, id }) => !confirmed && !desk.pendingOf(id))
    .sort((a, b) => Number(skipped.value.has(a.id)) - Number(skipped.value.has(b.id)) || byDuty(a, b));
  const [alert] = waiting;

  const decided = () => {
    const now = performance.now();
    const { count, ms, since } = done.peek();
    done.value = { count: count + 1, ms: ms + now - since, since: now };
  };
  useEffect(() => {
    done.value = { ...done.peek(), since: performance.now() };
  }, [alert?.id]);

  useEffect(() => {
    if (!alert) return;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || desk.dialog.peek()) return;
      const reason = rejectReasons[Number(event.key) - 1];
      if (event.key === "y" || (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)))
        confirm(desk, alert, decided);
      else if (reason) reject(desk, alert, reasonText(reason), decided);
      else if (event.key === "j" || event.key === "ArrowDown") skipped.value = new Set([...skipped.value, alert.id]);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [desk, alert]);

  const { count, ms } = done.value;
  return (
    <>
      <Head title={sayDesk("bench")}>
        <p role="status">{say("left", { n: waiting.length })}</p>
        {count > 0 && <p class="muted">{say("session", { n: count, s: (ms / count / 1_000).toFixed(1) })}</p>}
      </Head>
      {alert ? (
        <Suspicion
          key={alert.id}
          alert={alert}
          decided={decided}
          onSkip={() => (skipped.value = new Set([...skipped.value, alert.id]))}
        />
      ) : (
        <p class="empty">{say("none")}</p>
      )}
    </>
  );
}

function confirm(desk: Desk, alert: AlertView, decided: () => void): void {
  const action = actionOf("acknowledge");
  // What was acknowledged and reopened is confirmed by a dispatch; here it can only be waiting.
  if (!action || !desk.can("acknowledge", alert)) return;
  decided();
  void perform(desk, action, [alert], {});
}

function reject(desk: Desk, alert: AlertView, note: string, decided: () => void): void {
  const action = actionOf("reject");
  if (!action || !desk.can("reject", alert)) return;
  decided();
  void perform(desk, action, [alert], { note });
}

function Suspicion({ alert, decided, onSkip }: { alert: AlertView; decided: () => void; onSkip: () => void }) {
  const desk = useDesk();
  const place = usePlaceNames(desk.session);
  const pictured = alert.evidence.filter((item) => pictureOf(alert.id, item) ?? typeof item.snapshotUrl === "string");
  const [newest] = alert.evidence;
  const camera = pictured[0]?.source ?? (alert.subject.kind === "camera" ? alert.subject.id : null);
  const kept = pictured.find((item) => pictureOf(alert.id, item) !== null);
  const round = useSignal(0);
  const refer = () => {
    if (kept)
      void keepReference(desk, alert.id, kept).then(
        () => round.value++,
        (error) => desk.toast(error.message, "bad"),
      );
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "r" || event.ctrlKey || event.metaKey || event.altKey || desk.dialog.peek()) return;
      event.preventDefault();
      refer();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
  return (
    <div class="suspicion">
      <div class="pictures-of">
        {pictured.length === 0 && <p class="empty">{say("noPicture")}</p>}
        <div class="beside">
          {pictured.slice(0, 1).map((item) => (
            <Snapshot key={item.source} alertId={alert.id} item={item} large />
          ))}
          {camera !== null && <Reference cameraId={camera} round={round.value} />}
        </div>
        {kept && desk.may("keepReferences") && (
          <button type="button" onClick={refer}>
            {say("refer")} <kbd>r</kbd>
          </button>
        )}
        <PlaceMap alert={alert} />
      </div>
      <div class="verdict">
        <header class="head">
          <LevelBadge level={alert.level} />
          <h2>{desk.title(alert)}</h2>
          <p>
            {place(alert)} · {desk.subject(alert)} · {agoText(desk.now.value - alert.openedAt)}
          </p>
        </header>
        <p class="muted">{say("seen", { n: alert.count, time: clockText(alert.lastSeenAt) })}</p>
        {newest && <Sureness item={newest} />}
        <div class="actions">
          <button
            type="button"
            class="primary"
            disabled={!desk.can("acknowledge", alert)}
            onClick={() => confirm(desk, alert, decided)}
          >
            {say("confirm")} <kbd>y</kbd>
          </button>
          <button type="button" onClick={onSkip}>
            {say("skip")} <kbd>j</kbd>
          </button>
        </div>
        {desk.can("reject", alert) && (
          <section class="panel">
            <h3>{say("reject")}</h3>
            <ol class="choices">
              {rejectReasons.map((reason, i) => (
                <li key={reason}>
                  <button type="button" onClick={() => reject(desk, alert, reasonText(reason), decided)}>
                    <kbd>{i + 1}</kbd> {reasonText(reason)}
                  </button>
                </li>
              ))}
            </ol>
          </section>
        )}
        <Past alert={alert} />
      </div>
    </div>
  );
}

/** This is how it looks when nothing is wrong: kept with the camera, for whoever judges next. */
async function keepReference(desk: Desk, alertId: string, item: Evidence): Promise<void> {
  const answer = await desk.rest.call("GET", pictureOf(alertId, item) ?? "");
  if (!answer.ok) throw await refusalOf(answer);
  const bytes = await answer.blob();
  const kept = await desk.rest.call("PUT", referenceOf(item.source), bytes, { "content-type": bytes.type });
  if (!kept.ok) throw await refusalOf(kept);
}

function Sureness({ item }: { item: Evidence }) {
  const { confidence, category } = item as { confidence?: unknown; category?: unknown };
  if (typeof confidence !== "number") return null;
  const known =
    typeof category === "string" && Object.hasOwn(categories, category)
      ? (categories as Record<string, { title: Text }>)[category]
      : undefined;
  return (
    <p class="sureness">
      {known ? inLanguage(known.title) : null} {say("confidence")} <strong>{Math.round(confidence * 100)}%</strong>
      <meter min={0} max={1} low={0.6} high={0.8} optimum={1} value={confidence} aria-label={say("confidence")} />
    </p>
  );
}

/** Whether this camera has been right before, about this. */
function Past({ alert }: { alert: AlertView }) {
  const past = useLoad<{ items: AlertView[] }>(
    `/alerts?open=false&subjectId=${encodeURIComponent(alert.subject.id)}&ruleId=${encodeURIComponent(alert.ruleId)}&limit=8`,
  );
  return (
    <section class="panel">
      <h3>{say("past")}</h3>
      <Shown of={past}>
        {({ items }) => {
          if (items.length === 0) return <p class="muted">{say("noPast")}</p>;
          const real = items.filter(({ state }) => state !== "falsePositive").length;
          return (
            <>
              <p>{say("rate", { all: items.length, real })}</p>
              <ul class="plain">
                {items.map((one) => (
                  <li key={one.id}>
                    {dateTimeText(one.openedAt)} · {stateText(one.state)}
                    {one.evidence.slice(0, 1).map((item) => (
                      <Snapshot key={item.source} alertId={one.id} item={item} />
                    ))}
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Shown>
    </section>
  );
}
