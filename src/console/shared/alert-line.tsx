import type { AlertView } from "../../stream/protocol.ts";
import { LevelBadge } from "./symbols.tsx";
import { agoText } from "./time.ts";
import { say, stateText } from "./words.ts";

export interface AlertLineProps {
  readonly alert: AlertView;
  readonly title: string;
  /** The center's time. */
  readonly now: number;
  /** Where it is, in words. */
  readonly where?: string | undefined;
  readonly selected?: boolean;
  readonly onClick?: () => void;
}

/** One alert as a line. Everything a device or person wrote is text, never markup. */
export function AlertLine({ alert, title, now, where, selected = false, onClick }: AlertLineProps) {
  const marks = [
    where ?? alert.place?.communityId,
    // A case is about another alert: its id tells nobody anything.
    alert.subject.kind === "case" ? null : alert.subject.id,
    alert.confirmed ? null : say("unconfirmed"),
    alert.stale ? say("stale") : null,
    alert.late ? say("late") : null,
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: lists that take clicks have keys of their own
    <li class={`alert level-${alert.level}${selected ? " selected" : ""}`} data-id={alert.id} onClick={onClick}>
      <LevelBadge level={alert.level} />
      <strong>{title}</strong>
      <span class="age">
        {stateText(alert.state)} · {agoText(now - alert.openedAt)}
      </span>
      <span class="facts">{marks.filter(Boolean).join(" · ")}</span>
    </li>
  );
}
