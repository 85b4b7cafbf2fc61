import type { AlertView } from "../../stream/protocol.ts";
import { agoText, stateText, text } from "./text.ts";

export const ROMAN = ["", "I", "II", "III", "IV"] as const;

/** Worst first, then the newest; what has ended is not shown. */
export function byUrgency(a: AlertView, b: AlertView): number {
  return a.level - b.level || b.openedAt - a.openedAt;
}

/** The newest alerts with levels 1 and 2 pinned on top. */
export function wallSelection(alerts: Iterable<AlertView>, most: number): AlertView[] {
  const standing = [...alerts].filter(({ closedAt, clearedAt }) => closedAt === null && clearedAt === null);
  const pinned = standing.filter(({ level }) => level <= 2).sort(byUrgency);
  const rest = standing.filter(({ level }) => level > 2).sort((a, b) => b.openedAt - a.openedAt);
  return [...pinned, ...rest].slice(0, most);
}

/** A level is told by shape and numeral as well as by colour. */
export function levelBadge(level: number): HTMLElement {
  const badge = document.createElement("span");
  badge.className = `level level-${level}`;
  badge.textContent = ROMAN[level] ?? "";
  return badge;
}

/** One alert as a line. Everything a device or person wrote is text, never markup. */
export function alertLine(alert: AlertView, title: string, now: number): HTMLLIElement {
  const line = document.createElement("li");
  line.dataset.id = alert.id;
  line.className = `alert level-${alert.level}`;
  const heading = document.createElement("strong");
  heading.textContent = title;
  const facts = document.createElement("span");
  facts.className = "facts";
  const marks = [
    alert.subject.id,
    alert.place?.communityId,
    alert.confirmed ? null : text("unconfirmed"),
    alert.stale ? text("stale") : null,
    alert.late ? text("late") : null,
  ];
  facts.textContent = marks.filter(Boolean).join(" · ");
  const age = document.createElement("span");
  age.className = "age";
  age.textContent = `${stateText(alert.state)} · ${agoText(now - alert.openedAt)}`;
  line.append(levelBadge(alert.level), heading, facts, age);
  return line;
}
