import type { AlertView } from "../../stream/protocol.ts";
import { words } from "../shared/language.ts";
import { countdown, dateTimeText } from "../shared/time.ts";
import { dueAt } from "./order.ts";

const say = words({
  target: { zh: "处置目标", en: "Target" },
  limit: { zh: "法定时限", en: "Statutory limit" },
  left: { zh: "剩余 {time}", en: "{time} left" },
  over: { zh: "超时 {time}", en: "{time} over" },
  stands: { zh: "计时暂停至 {time}", en: "Paused until {time}" },
  none: { zh: "无", en: "none" },
});

/** How urgent a clock is: over, in its last fifth, or none of both. */
function tone(from: number, at: number, now: number): "over" | "soon" | "calm" {
  if (now >= at) return "over";
  return at - now < (at - from) / 5 ? "soon" : "calm";
}

/** The clock that runs out first, short, for a line of the queue. */
export function DueMark({ alert, now }: { alert: AlertView; now: number }) {
  const at = dueAt(alert);
  if (alert.suspendedAt !== null) return <span class="due">‖</span>;
  if (at === null) return null;
  const sign = now > at ? "+" : "";
  return <span class={`due ${tone(alert.openedAt, at, now)}`}>{`${sign}${countdown(at - now)}`}</span>;
}

/** Both clocks, counting down. */
export function Clocks({ alert, now }: { alert: AlertView; now: number }) {
  if (alert.suspendedUntil !== null) {
    return <p class="clocks paused">{say("stands", { time: dateTimeText(alert.suspendedUntil) })}</p>;
  }
  return (
    <div class="clocks">
      {(["target", "limit"] as const).map((which) => {
        const at = which === "target" ? alert.targetAt : alert.limitAt;
        if (at === null)
          return (
            <p key={which} class="clock-face">
              <small>{say(which)}</small> <span>{say("none")}</span>
            </p>
          );
        const time = countdown(at - now);
        const used = Math.min(1, Math.max(0, (now - alert.openedAt) / Math.max(1, at - alert.openedAt)));
        return (
          <div key={which} class={`clock-face ${tone(alert.openedAt, at, now)}`}>
            <small>
              {say(which)} · {dateTimeText(at)}
            </small>
            <strong>{say(now >= at ? "over" : "left", { time })}</strong>
            <progress max={1} value={used} aria-label={say(which)} />
          </div>
        );
      })}
    </div>
  );
}
