import type { AlertView } from "../../stream/protocol.ts";
import { byUrgency, standing } from "../shared/alert-order.ts";

/** The part of the list above, and the part below it: what of them is shown at a turn, and how many there are. */
export interface ListPart {
  readonly shown: readonly AlertView[];
  readonly all: number;
  /** Which of how many pages it is, counted from 0. */
  readonly page: number;
  readonly pages: number;
}

/** Rows that the lower part keeps as long as it has anything to show. */
const LOWER_ROWS = 3;
/** What is older than so many others of its kind is in the numbers, not in the list. */
const LOWER_MOST = 24;

/**
 * The rows of the list: levels 1 and 2 above, worst and newest first, the newest of the others below. What does not fit is
 * leafed through, a page a turn; of level 1 every alert stays as long as there is a row beside it for the others.
 */
export function rowsAt(
  alerts: Iterable<AlertView>,
  rows: number,
  turn: number,
): { readonly upper: ListPart; readonly lower: ListPart } {
  const now = [...alerts].filter(standing);
  const grave = now.filter(({ level }) => level <= 2).sort(byUrgency);
  const others = now.filter(({ level }) => level > 2).sort((a, b) => b.openedAt - a.openedAt);
  const upperRows = Math.min(grave.length, rows - Math.min(LOWER_ROWS, others.length));
  const critical = grave.filter(({ level }) => level === 1);
  const fixed = critical.length < upperRows ? critical : [];
  const turning = pageOf(grave.slice(fixed.length), upperRows - fixed.length, turn);
  return {
    upper: { ...turning, shown: [...fixed, ...turning.shown], all: grave.length },
    lower: { ...pageOf(others.slice(0, LOWER_MOST), rows - upperRows, turn), all: others.length },
  };
}

/** The last page is filled up from the one before it. */
function pageOf(alerts: readonly AlertView[], rows: number, turn: number): ListPart {
  const pages = rows > 0 ? Math.max(1, Math.ceil(alerts.length / rows)) : 1;
  const page = turn % pages;
  const from = Math.max(0, Math.min(page * rows, alerts.length - rows));
  return { shown: alerts.slice(from, from + rows), all: alerts.length, page, pages };
}
