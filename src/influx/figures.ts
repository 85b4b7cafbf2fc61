import { answerKpis, type KpiAnswer } from "../kpi/answer.ts";
import type { CaseRecord } from "../kpi/cases.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import type { Periods } from "../kpi/periods.ts";
import type { DueFigures, Journal } from "../store/journal.ts";
import { kpiLine } from "./lines.ts";

/** Figures of an hour are sums of what was counted in it: what is looked up, or reckoned by others, belongs to no hour. */
const LOOKED_UP: readonly unknown[] = ["live", "liveCount", "imported"];
const hourly = kpiCatalogue.filter(({ how }) => !LOOKED_UP.includes(how));

export interface FigureParts {
  readonly periods: Periods;
  /** Desks of dispatchers, for what is reckoned for each of them. */
  readonly desks: number;
}

/**
 * The figures of hours in which something was counted, as lines. Every figure of an hour and community is told, also the ones
 * that nothing is left of: a point that was told before must not go on saying what was taken back.
 * @param due hours that follow each other
 */
export async function figureLines(
  due: readonly DueFigures[],
  journal: Pick<Journal, "kpiSums" | "documents" | "openCases">,
  { periods, desks }: FigureParts,
): Promise<string[]> {
  const hours = new Set(due.map(({ hour }) => hour));
  const from = Math.min(...hours);
  const last = Math.max(...hours);
  const to = periods.next("hour", last);
  const records = (await journal.openCases()) as unknown as CaseRecord[];
  const parts = { store: journal, periods, desks, openCases: () => records, live: () => [] };
  const question = { kpis: hourly, from, to, period: "hour" } as const;
  const keyOf = (id: string, hour: number, community: unknown) => `${id} ${hour} ${community ?? ""}`;
  const answers = new Map<string, KpiAnswer>();
  for (const by of [[], ["communityId"]] as const) {
    for (const answer of await answerKpis({ ...question, by }, parts, to - 1)) {
      const { communityId } = answer.group;
      // What has no place is part of the whole, and told with it alone.
      if (by.length === 0 || communityId) answers.set(keyOf(answer.id, answer.from, communityId), answer);
    }
  }
  const lines: string[] = [];
  const communitiesOf = Map.groupBy(due, ({ hour }) => hour);
  for (const [hour, told] of communitiesOf) {
    for (const community of new Set(["", ...told.map(({ communityId }) => communityId)])) {
      for (const kpi of hourly) {
        const answer = answers.get(keyOf(kpi.id, hour, community)) ?? {
          value: null,
          numerator: 0,
          denominator: kpi.denominator === null ? null : 0,
        };
        lines.push(kpiLine(kpi.id, community, hour, answer));
      }
    }
  }
  return lines.filter((line) => line !== "");
}
