import { words } from "../shared/language.ts";
import { Table } from "./parts.tsx";
import { StandingMark, SweptBar, shareText } from "./standing.tsx";
import { type SectionFacts, type Standing, type SweepRow, standingOf } from "./sweep-plan.ts";

const say = words({
  groups: { zh: "分组汇总", en: "Sums" },
  group: { zh: "分组", en: "Group" },
  nobody: { zh: "未指派", en: "nobody named" },
  done: { zh: "完成", en: "Done" },
  swept: { zh: "已清扫", en: "Swept" },
  atRisk: { zh: "将漏扫 / 未完成", en: "At risk / not done" },
});

export interface SweepGroup {
  /** Null: of nobody. */
  readonly id: string | null;
  readonly sweeps: number;
  readonly done: number;
  readonly atRisk: number;
  readonly missed: number;
  /** By length of what has begun, 0 to 1; null when nothing has. */
  readonly coverage: number | null;
}

/** Sums of what has the same crew, line or community; what is at risk first. */
export function groupsOf(
  rows: readonly SweepRow[],
  by: "communityId" | "crewId" | "line",
  sections: ReadonlyMap<string, SectionFacts>,
  now: number,
): readonly SweepGroup[] {
  return [...Map.groupBy(rows, (row) => row[by])]
    .map(([id, own]) => {
      const count = (standing: Standing) => own.filter((row) => standingOf(row, now) === standing).length;
      const lengthOf = ({ sectionId }: SweepRow) => sections.get(sectionId)?.lengthM ?? 1;
      const begun = own.filter(({ from }) => from <= now);
      const length = begun.reduce((sum, row) => sum + lengthOf(row), 0);
      const swept = begun.reduce((sum, row) => sum + lengthOf(row) * row.coverage, 0);
      return {
        id,
        sweeps: own.length,
        done: count("done"),
        atRisk: count("willMiss"),
        missed: count("missed"),
        coverage: length > 0 ? swept / length : null,
      };
    })
    .sort((a, b) => b.atRisk - a.atRisk || b.missed - a.missed || (a.coverage ?? 1) - (b.coverage ?? 1));
}

interface SweepGroupsProps {
  readonly groups: readonly SweepGroup[];
  readonly named: (id: string) => string;
  /** Shows the sections of one. */
  readonly onOpen: (id: string) => void;
}

export function SweepGroups({ groups, named, onOpen }: SweepGroupsProps) {
  return (
    <Table
      label={say("groups")}
      rows={groups}
      keyOf={({ id }) => id ?? ""}
      toneOf={({ atRisk, missed }) => (atRisk > 0 ? "warn" : missed > 0 ? "bad" : "")}
      columns={[
        {
          title: say("group"),
          cell: ({ id }) =>
            id === null ? (
              <span class="muted">{say("nobody")}</span>
            ) : (
              <button type="button" class="link" onClick={() => onOpen(id)}>
                {named(id)}
              </button>
            ),
        },
        { title: say("done"), number: true, cell: ({ done, sweeps }) => `${done} / ${sweeps}` },
        {
          title: say("swept"),
          number: true,
          cell: ({ coverage }) =>
            coverage === null ? (
              "–"
            ) : (
              <>
                <SweptBar coverage={coverage} target={1} /> {shareText(coverage)}
              </>
            ),
        },
        {
          title: say("atRisk"),
          number: true,
          cell: ({ atRisk, missed }) => (
            <>
              {atRisk > 0 && <StandingMark standing="willMiss" />} {atRisk} / {missed}
            </>
          ),
        },
      ]}
    />
  );
}
