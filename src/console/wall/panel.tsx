import type { ComponentChildren } from "preact";
import { say } from "./words.ts";

export function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export interface BarRow {
  readonly key: string;
  readonly name: string;
  readonly value: number;
  /** What stands at the end of the bar; the value itself when absent. */
  readonly text?: string;
  /** 0 to 1; of the largest value when absent. */
  readonly part?: number;
  readonly tone?: "good" | "warn" | "bad" | "plain";
}

interface BarsProps {
  /** Null: not known yet. */
  readonly rows: readonly BarRow[] | null;
  readonly most?: number;
  /** What it means that there is none. */
  readonly none?: string;
}

/** Named numbers as bars, in the order given. */
export function Bars({ rows, most = 5, none = say("nothing") }: BarsProps) {
  if (!rows) return null;
  if (rows.length === 0) return <p class="empty well">{none}</p>;
  const largest = Math.max(...rows.map(({ value }) => value), 1e-9);
  return (
    <ul class="bars">
      {rows.slice(0, most).map(({ key, name, value, text = String(value), part = value / largest, tone = "plain" }) => (
        <li key={key}>
          <span class="name">{name}</span>
          <span class="track">
            <span class={`fill ${tone}`} style={{ width: `${Math.max(1.5, Math.min(100, part * 100))}%` }} />
          </span>
          <span class="value">{text}</span>
        </li>
      ))}
    </ul>
  );
}

interface RingProps {
  readonly part: number;
  readonly whole: number;
  readonly name: string;
  /** What stands below the name; how many there are in all when absent. */
  readonly note?: string;
  /** Written in the ring; the part itself when absent. */
  readonly text?: string;
}

/** A part of a whole as a ring, with both numbers in words. */
export function Ring({ part, whole, name, note = say("ofAll", { all: whole }), text = String(part) }: RingProps) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  const around = 2 * Math.PI * 42;
  return (
    <figure class="ring">
      <svg viewBox="0 0 100 100" aria-hidden="true">
        <circle cx="50" cy="50" r="42" class="rest" />
        {share > 0 && (
          <circle
            cx="50"
            cy="50"
            r="42"
            class="part"
            stroke-dasharray={`${share * around} ${around}`}
            transform="rotate(-90 50 50)"
          />
        )}
        <text x="50" y="59" text-anchor="middle">
          {text}
        </text>
      </svg>
      <figcaption>
        {name}
        <small>{note}</small>
      </figcaption>
    </figure>
  );
}

/** A share as a ring, as the figures of the center give it; a line where there is nothing to reckon from. */
export function ShareRing({ percent, name, note }: { percent: number | null; name: string; note: string }) {
  // Rounded down: all of it is said only of all of it.
  const text = percent === null ? "—" : `${Math.floor(percent)}%`;
  return <Ring part={percent ?? 0} whole={100} name={name} note={note} text={text} />;
}
