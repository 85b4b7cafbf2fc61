import type { AlertView } from "../../stream/protocol.ts";
import { useDesk } from "./desk.ts";
import { say as sayDesk } from "./words.ts";

const BEFORE_MS = 15 * 60_000;
const AFTER_MS = 45 * 60_000;

/** From an alert into the hour in which it began. */
export function PastLink({ alert }: { alert: AlertView }) {
  const desk = useDesk();
  if (!desk.may("readHistory")) return null;
  return (
    <button
      type="button"
      class="link"
      onClick={() => {
        const to = Math.min(Math.floor(desk.now.peek()), alert.openedAt + AFTER_MS);
        desk.past.value = { from: alert.openedAt - BEFORE_MS, to, alert };
        desk.page.value = "timeMachine";
      }}
    >
      {sayDesk("timeMachine")}
    </button>
  );
}
