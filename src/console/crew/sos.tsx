import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { helpSubjectOf } from "../../domain/roles.ts";
import type { AlertView } from "../../stream/protocol.ts";
import type { Staff } from "../staff/gate.tsx";
import { freshPosition } from "./position.ts";
import { say } from "./words.ts";

const HOLD_MS = 2_000;
const RULE = "help.sos";

/** The call for help: held, so that a pocket does not call; kept like every other action, and said when it is heard. */
export function Sos({ staff, alerts }: { staff: Staff; alerts: ReadonlyMap<string, AlertView> }) {
  const { me, outbox } = staff;
  const holding = useSignal(false);
  const problem = useSignal<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const calls = [...alerts.values()].filter(({ ruleId }) => ruleId === RULE);
  const call = calls.find(({ clearedAt }) => clearedAt === null) ?? calls[0];
  const waiting = outbox.entries.value.some(({ action }) => action === "sos");

  const raise = () => {
    holding.value = false;
    const at = freshPosition();
    if (!at && me.deviceId === null) {
      problem.value = say("sosNoPlace");
      return;
    }
    problem.value = null;
    // The badge is where its wearer is; without one the call is a place of its own.
    const subject =
      me.deviceId === null
        ? { kind: "spot", id: helpSubjectOf(me.login ?? me.name) }
        : { kind: "person", id: me.deviceId };
    void outbox.add({
      path: "/alerts",
      body: { ruleId: RULE, subject, ...(at && { place: { lat: at.lat, lon: at.lon } }), note: me.name },
      action: "sos",
      alertId: null,
      about: say("sos"),
      seen: null,
    });
  };
  const press = () => {
    holding.value = true;
    timer.current = setTimeout(raise, HOLD_MS);
  };
  const release = () => {
    holding.value = false;
    clearTimeout(timer.current);
  };
  const text = waiting
    ? say("sosWaits")
    : call
      ? say(call.state === "open" ? "sosSent" : "sosHeard")
      : (problem.value ?? say("sosHold"));
  return (
    <footer class={call || waiting ? "sos called" : "sos"}>
      <p role="status">{text}</p>
      <button
        type="button"
        class={holding.value ? "holding" : ""}
        onPointerDown={press}
        onPointerUp={release}
        onPointerLeave={release}
        onPointerCancel={release}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (!event.repeat && (event.key === "Enter" || event.key === " ")) press();
        }}
        onKeyUp={release}
      >
        {say("sos")}
      </button>
    </footer>
  );
}
