import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { AlertView } from "../../stream/protocol.ts";
import { centerNow, freshnessOf, freshnessText, isGrey } from "../shared/freshness.tsx";
import { switchLanguage } from "../shared/language.ts";
import { say as sayCommon } from "../shared/words.ts";
import type { Staff } from "../staff/gate.tsx";
import { watchPosition } from "./position.ts";
import { Sos } from "./sos.tsx";
import { Task } from "./task.tsx";
import { say } from "./words.ts";

const BEAT_MS = 1_000;
const ORDER: Readonly<Record<string, number>> = { dispatched: 1, accepted: 0, arrived: 0 };

/** A person on the street: what is to do, one step at a time, and a way to call for help. */
export function CrewPage({ staff }: { staff: Staff }) {
  const { session, outbox, me } = staff;
  const beat = useSignal(0);
  const alerts = useAlerts(staff);
  useEffect(() => {
    const timer = setInterval(() => beat.value++, BEAT_MS);
    const stop = watchPosition();
    return () => {
      clearInterval(timer);
      stop();
    };
  }, []);
  beat.value;
  const now = centerNow(session.stream) ?? Date.now();
  const freshness = freshnessOf(session.stream);
  const own = [...alerts.value.values()].filter(({ ruleId }) => ruleId !== "help.sos");
  const offers = own.filter(({ offer }) => offer !== null);
  const work = own
    .filter(({ offer, state }) => offer === null && state in ORDER)
    .sort(
      (a, b) =>
        (ORDER[a.state] ?? 9) - (ORDER[b.state] ?? 9) ||
        a.level - b.level ||
        (a.targetAt ?? Number.MAX_SAFE_INTEGER) - (b.targetAt ?? Number.MAX_SAFE_INTEGER),
    );
  const done = own.filter(({ state }) => state === "handled" || state === "cleared" || state === "verified");
  const waiting = outbox.entries.value.filter(({ status }) => status === "waiting" || status === "sending");
  const refused = outbox.entries.value.filter(({ status }) => status === "conflict" || status === "failed");
  return (
    <div class="crew">
      <header>
        <h1>{me.name}</h1>
        <p class={isGrey(freshness) ? "grey" : ""} role="status">
          {freshnessText(freshness, session.stream)}
        </p>
        <button type="button" onClick={switchLanguage}>
          {sayCommon("otherLanguage")}
        </button>
        <button type="button" onClick={staff.logOut}>
          {say("logOut")}
        </button>
      </header>
      {waiting.length > 0 && (
        <p class="notice" role="status">
          {say("waiting", { n: waiting.length })}
          {outbox.cutOff.value && <> · {say("cutOff")}</>}
        </p>
      )}
      {refused.map((intent) => (
        <p key={intent.key} class="refused" role="alert">
          {intent.about}: {say("conflict", { why: intent.detail ?? "" })}
          <button type="button" onClick={() => outbox.dismiss(intent.key)}>
            {say("ok")}
          </button>
        </p>
      ))}
      <main>
        {offers.map((alert) => (
          <Task key={alert.id} staff={staff} alert={alert} now={now} />
        ))}
        {work.map((alert) => (
          <Task key={alert.id} staff={staff} alert={alert} now={now} />
        ))}
        {offers.length + work.length === 0 && <p class="empty">{say("none")}</p>}
        {done.length > 0 && (
          <details>
            <summary>
              {say("doneToday")} {done.length}
            </summary>
            {done.map((alert) => (
              <Task key={alert.id} staff={staff} alert={alert} now={now} />
            ))}
          </details>
        )}
      </main>
      <Sos staff={staff} alerts={alerts.value} />
    </div>
  );
}

/** The crew's own alerts, as the center lets it see them. */
function useAlerts({ session }: Staff): Signal<ReadonlyMap<string, AlertView>> {
  const alerts = useSignal<ReadonlyMap<string, AlertView>>(new Map());
  const view = useMemo(() => session.stream.subscribe("alerts", { filter: { open: true } }), [session]);
  useEffect(() => {
    view.onChange(({ upsert, gone, replaced }) => {
      if (upsert.length > 0 || gone.length > 0 || replaced) alerts.value = new Map(view.items);
    });
    return () => view.close();
  }, [view]);
  return alerts;
}
