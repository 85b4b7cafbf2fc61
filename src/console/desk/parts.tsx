import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Refused, type Rest } from "../staff/rest.ts";
import { useDesk } from "./desk.ts";
import { say } from "./words.ts";

/** What most pages of the desk are made of: something loaded, a head, a table. */

export interface Loaded<T> {
  readonly data: Signal<T | null>;
  readonly problem: Signal<"missing" | string | null>;
  readonly reload: () => void;
}

const getPath = <T,>(rest: Rest, path: string): Promise<T> => rest.get<T>(path);

/**
 * Loads a path and, with `everyMs`, again and again; what was there stays until something newer is. Null: nothing yet.
 * @param ask how the path is asked for, where one GET is not enough; the same function every time
 */
export function useLoad<T>(
  path: string | null,
  everyMs = 0,
  ask: (rest: Rest, path: string) => Promise<T> = getPath,
): Loaded<T> {
  const { rest } = useDesk();
  const data = useSignal<T | null>(null);
  const problem = useSignal<string | null>(null);
  const round = useSignal(0);
  useEffect(() => {
    if (path === null) return;
    let current = true;
    const load = () =>
      ask(rest, path).then(
        (answer) => {
          if (!current) return;
          data.value = answer;
          problem.value = null;
        },
        (error) => {
          if (!current) return;
          const missing = error instanceof Refused && error.status === 404 && data.peek() === null;
          problem.value = missing ? "missing" : (error as Error).message;
        },
      );
    void load();
    const timer = everyMs > 0 ? setInterval(load, everyMs) : undefined;
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [path, everyMs, round.value]);
  return { data, problem, reload: () => round.value++ };
}

/** Shows what was loaded, or why there is nothing. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  const data = of.data.value;
  const problem = of.problem.value;
  if (data !== null) {
    return (
      <>
        {problem !== null && problem !== "missing" && <p class="notice">{say("failed", { why: problem })}</p>}
        {children(data)}
      </>
    );
  }
  if (problem === "missing") return <p class="empty">{say("missing")}</p>;
  if (problem !== null) {
    return (
      <p class="empty" role="alert">
        {say("failed", { why: problem })}{" "}
        <button type="button" onClick={of.reload}>
          {say("again")}
        </button>
      </p>
    );
  }
  return <p class="empty">{say("loading")}</p>;
}

export function Head({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <h2>{title}</h2>
      {children}
    </header>
  );
}

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  /** Numbers stand under each other. */
  readonly number?: boolean;
}

export interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly toneOf?: (row: T) => string;
  readonly onOpen?: ((row: T) => void) | undefined;
  /** What an empty one says; by itself only that there is nothing. */
  readonly nothing?: string;
}

/** A table; with `onOpen` its rows can be reached and opened with keys. */
export function Table<T>({ label, columns, rows, keyOf, toneOf, onOpen, nothing }: TableProps<T>) {
  if (rows.length === 0) return <p class="empty">{nothing ?? say("nothing")}</p>;
  return (
    <div class="table-frame">
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" class={number ? "number" : ""}>
                {title}
              </th>
            ))}
            {onOpen && <th scope="col" />}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={toneOf?.(row) ?? ""}>
              {columns.map(({ title, cell, number }) => (
                <td key={title} class={number ? "number" : ""}>
                  {cell(row)}
                </td>
              ))}
              {onOpen && (
                <td>
                  <button type="button" class="link" onClick={() => onOpen(row)}>
                    {say("open")}
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A row of choices of which one is on. */
export function Choice<T extends string | number>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onChange: (value: T) => void;
}) {
  return (
    <div class="choice" role="toolbar" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={props.value === value} onClick={() => props.onChange(value)}>
          {text}
        </button>
      ))}
    </div>
  );
}
