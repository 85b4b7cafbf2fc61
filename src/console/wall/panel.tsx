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

/** Named numbers as bars, in the order given; null: not known yet. */
export function Bars({ rows, most = 5 }: { rows: readonly BarRow[] | null; most?: number }) {
  if (!rows) return null;
  if (rows.length === 0) return <p class="empty">{say("nothing")}</p>;
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

/** A part of a whole as a ring, with both numbers in words. */
export function Ring({ part, whole, name }: { part: number; whole: number; name: string }) {
  const share = whole > 0 ? part / whole : 0;
  const around = 2 * Math.PI * 42;
  return (
    <figure class="ring">
      <svg viewBox="0 0 100 100" aria-hidden="true">
        <circle cx="50" cy="50" r="42" class="rest" />
        {part > 0 && (
          <circle
            cx="50"
            cy="50"
            r="42"
            class="part"
            stroke-dasharray={`${share * around} ${around}`}
            transform="rotate(-90 50 50)"
          />
        )}
        <text x="50" y="58" text-anchor="middle">
          {part}
        </text>
      </svg>
      <figcaption>
        {name}
        <small>{say("ofAll", { all: whole })}</small>
      </figcaption>
    </figure>
  );
}
