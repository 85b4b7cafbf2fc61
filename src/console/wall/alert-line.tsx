import type { AlertView } from "../../stream/protocol.ts";
import { LevelBadge } from "../shared/symbols.tsx";
import { agoText } from "../shared/time.ts";
import { say, stateText } from "../shared/words.ts";

export interface AlertLineProps {
  readonly alert: AlertView;
  readonly title: string;
  /** The center's time. */
  readonly now: number;
  /** Where it is and what it is about, in words. */
  readonly where: string;
  readonly what: string | null;
}

/** One alert as a line. Everything a device or person wrote is text, never markup. */
export function AlertLine({ alert, title, now, where, what }: AlertLineProps) {
  const facts = [
    where,
    what,
    alert.confirmed ? null : say("unconfirmed"),
    alert.stale ? say("stale") : null,
    alert.late ? say("late") : null,
    // That nobody has taken it is what a line means when it says nothing.
    alert.state === "open" ? null : stateText(alert.state),
  ];
  return (
    <li class={`alert level-${alert.level}`} data-id={alert.id}>
      <LevelBadge level={alert.level} />
      <strong>{title}</strong>
      <span class="age">{agoText(now - alert.openedAt)}</span>
      <span class="facts">{facts.filter(Boolean).join(" · ")}</span>
    </li>
  );
}
