import type { Text } from "../../domain/text.ts";
import { inLanguage, words } from "../shared/language.ts";
import { placeName } from "../shared/places.ts";
import { useLoad } from "./parts.tsx";
import type { SweepRow } from "./sweep-plan.ts";

const say = words({
  community: { zh: "社区", en: "Community" },
  line: { zh: "业务条线", en: "Line" },
  crew: { zh: "班组", en: "Crew" },
  allCommunities: { zh: "全部社区", en: "all communities" },
  allLines: { zh: "全部条线", en: "all lines" },
  allCrews: { zh: "全部班组", en: "all crews" },
});

/** What the rows must be; empty: whatever it is. */
export interface SweepFilter {
  readonly communityId: string;
  readonly crewId: string;
  readonly line: string;
}

export const anySweep: SweepFilter = { communityId: "", crewId: "", line: "" };

export const fitsFilter = (filter: SweepFilter, row: SweepRow): boolean =>
  (["communityId", "crewId", "line"] as const).every((name) => filter[name] === "" || row[name] === filter[name]);

interface SweepFiltersProps {
  readonly rows: readonly SweepRow[];
  readonly filter: SweepFilter;
  readonly lineTitle: (id: string) => string;
  readonly onChange: (filter: SweepFilter) => void;
}

/** By community, crew and line. */
export function SweepFilters({ rows, filter, lineTitle, onChange }: SweepFiltersProps) {
  const crews = new Map(rows.map(({ crewId, crewName }) => [crewId, crewName]));
  const set = (fields: Partial<SweepFilter>) => onChange({ ...filter, ...fields });
  return (
    <>
      <Filter
        label={say("community")}
        all={say("allCommunities")}
        value={filter.communityId}
        options={rows.map(({ communityId }) => communityId)}
        named={placeName}
        onChange={(communityId) => set({ communityId })}
      />
      <Filter
        label={say("crew")}
        all={say("allCrews")}
        value={filter.crewId}
        options={rows.map(({ crewId }) => crewId)}
        named={(id) => crews.get(id) ?? id}
        onChange={(crewId) => set({ crewId })}
      />
      <Filter
        label={say("line")}
        all={say("allLines")}
        value={filter.line}
        options={rows.map(({ line }) => line)}
        named={lineTitle}
        onChange={(line) => set({ line })}
      />
    </>
  );
}

/** Names of business lines; their ids until they have come. */
export function useLineTitles(): (id: string) => string {
  const lines = useLoad<{ items: { readonly id: string; readonly title: Text }[] }>("/registry/lines");
  return (id) => {
    const title = lines.data.value?.items.find((line) => line.id === id)?.title;
    return title ? inLanguage(title) : id;
  };
}

interface FilterProps {
  readonly label: string;
  readonly all: string;
  readonly value: string;
  readonly options: readonly (string | null)[];
  readonly named: (id: string) => string;
  readonly onChange: (value: string) => void;
}

/** What the rows differ in can be chosen; where there is only one there is nothing to choose. */
function Filter({ label, all, value, options, named, onChange }: FilterProps) {
  const ids = [...new Set(options)].flatMap((id) => id ?? []);
  if (ids.length < 2) return null;
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      <option value="">{all}</option>
      {ids.map((id) => (
        <option key={id} value={id}>
          {named(id)}
        </option>
      ))}
    </select>
  );
}
