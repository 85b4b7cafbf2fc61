import type { Changes } from "../center/changes.ts";
import type { DistrictFeature } from "../domain/district.ts";
import { conflict, Problem } from "../domain/problem.ts";
import type { Millis } from "../domain/time.ts";
import type { EditionNote } from "../store/kept.ts";
import { checkDistrict } from "./check.ts";
import { createGeography, type Geography, type LiveGeography } from "./geography.ts";
import { type DistrictIssue, describeIssue } from "./issue.ts";

/** A change of the district that was checked and can be put into force. */
export interface Draft {
  /** The edition it was made from. */
  readonly from: number;
  /** The ground as it will be. */
  readonly next: Geography;
  readonly put: readonly DistrictFeature[];
  readonly removed: readonly string[];
  /** Numbers of what is new, differs, or is gone. */
  readonly counts: Pick<EditionNote, "added" | "changed" | "removed">;
  readonly notes: readonly DistrictIssue[];
}

/** What reading the features has found, and whether they are numbered as somebody sent them. */
export interface Reading {
  readonly issues: readonly DistrictIssue[];
  readonly numbered: boolean;
}
const ALONE: Reading = { issues: [], numbered: false };

export interface Told {
  readonly actor: string;
  readonly reason: string;
  /** Of the district file it came from. */
  readonly source?: string;
}

/**
 * The district that counts, and its editions. A change is drafted and checked first, between messages, and then put into
 * force within a batch: what is placed before it keeps its place, what comes after is placed on the new ground.
 */
export interface District extends LiveGeography {
  readonly note: EditionNote;
  /**
   * What the district would be with these features instead of all it has.
   * @throws Problem 400 `district` that lists what is wrong
   */
  draft(features: readonly DistrictFeature[], reading?: Reading): Promise<Draft>;
  /** @throws Problem 409 when somebody changed the district since the draft was made */
  put(draft: Draft, told: Told, now: Millis, changes: Changes): EditionNote;
}

const ISSUES_TOLD = 100;
/** Checks run for so long at a time. */
const SLICE_MS = 8;

/** Before the first start there is nothing. */
const NOTHING: EditionNote = {
  edition: 0,
  at: 0,
  actor: "system",
  reason: "",
  source: null,
  added: 0,
  changed: 0,
  removed: 0,
};

/** @param stored the newest edition; null before the first one */
export function createDistrict(stored: { note: EditionNote; features: readonly DistrictFeature[] } | null): District {
  let note = stored?.note ?? NOTHING;
  let current: Geography = createGeography(stored?.features ?? [], note.edition);

  return {
    get current() {
      return current;
    },
    get note() {
      return note;
    },
    async draft(features, { issues, numbered } = ALONE) {
      const previous = current;
      const shown = (issue: DistrictIssue, index: number | null) => ({ ...issue, index: numbered ? index : null });
      const told = issues.map((issue) => shown(issue, issue.index));
      const problems = told.filter(({ severity }) => severity === "problem");
      const notes = told.filter(({ severity }) => severity === "note");
      const next = createGeography(features, previous.edition + 1);
      const { put, removed } = difference(features, previous);
      const changed = new Set(put.map(({ properties }) => properties.id));
      const numbers = new Map(features.map(({ properties }, index) => [properties.id, index]));
      // A feature that could not be read would be missed by others: their complaints would mislead.
      if (problems.length === 0) {
        let sliceEnds = performance.now() + SLICE_MS;
        for (const issue of checkDistrict({ next, previous, changed })) {
          if (issue) {
            const list = issue.severity === "note" ? notes : problems;
            list.push(shown(issue, numbers.get(issue.id ?? "") ?? null));
          }
          if (performance.now() < sliceEnds) continue;
          await new Promise((resolve) => setImmediate(resolve));
          sliceEnds = performance.now() + SLICE_MS;
        }
      }
      if (problems.length > 0) throw refused(problems);
      const known = put.filter(({ properties }) => previous.feature(properties.id)).length;
      const counts = { added: put.length - known, changed: known, removed: removed.length };
      return { from: previous.edition, next, put, removed, counts, notes };
    },
    put(draft, { actor, reason, source }, now, changes) {
      if (draft.from !== note.edition) {
        throw conflict("conflict", `somebody was faster: the district is at edition ${note.edition}`, {
          edition: note.edition,
        });
      }
      if (draft.put.length === 0 && draft.removed.length === 0 && source === undefined) return note;
      const edition = note.edition + 1;
      note = { edition, at: now, actor, reason, source: source ?? note.source, ...draft.counts };
      current = draft.next;
      changes.district.push({ note, put: draft.put, removed: draft.removed });
      const details = { edition, reason, ...draft.counts };
      changes.audit.push({ at: now, actor, action: "district.change", target: "district", details });
      return note;
    },
  };
}

function refused(problems: readonly DistrictIssue[]): Problem {
  const count = problems.length === 1 ? "one problem" : `${problems.length} problems`;
  const errors = problems.slice(0, ISSUES_TOLD);
  return new Problem(
    400,
    "district",
    `the district has ${count}, nothing was changed: ${describeIssue(problems[0] as DistrictIssue)}`,
    {
      errors,
    },
  );
}

function difference(features: readonly DistrictFeature[], previous: Geography) {
  const same = (a: DistrictFeature, b: DistrictFeature | undefined) =>
    a === b || JSON.stringify(a) === JSON.stringify(b);
  const put = features.filter((feature) => !same(feature, previous.feature(feature.properties.id)));
  const ids = new Set(features.map(({ properties }) => properties.id));
  const removed = previous.features.map(({ properties }) => properties.id).filter((id) => !ids.has(id));
  return { put, removed };
}
