import type { Changes } from "../center/changes.ts";
import { faultsOf, linesOf } from "../domain/faults.ts";
import { conflict, invalid, notFound, Problem } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import { problemsOf, type Surroundings, usersOf } from "./consistency.ts";
import {
  type CollectionName,
  collectionNames,
  deliveredLines,
  type Edition,
  editionsKept,
  type RecordOf,
  shapes,
} from "./records.ts";

export interface RegisterParts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  readonly surroundings: (now: Millis) => Omit<Surroundings, "get" | "all" | "now">;
  /** Told after each change, before the batch is committed. */
  readonly changed: (collection: CollectionName, id: string, now: Millis, changes: Changes) => void;
}

/** What was wrong with one record of an import. */
export interface ImportProblem {
  /** Counted from 1. */
  readonly row: number;
  readonly id: string | null;
  readonly problem: string;
}

export type Register = ReturnType<typeof createRegister>;
const PREFIX = "operations.";
const HISTORY = "operationsHistory";

/** Lines, contractors, crews, people, vehicles, shifts, leave, rosters, plans, tasks: in memory, versioned, audited. */
export function createRegister({ documents, surroundings, changed }: RegisterParts) {
  const collections = new Map(collectionNames.map((name) => [name, new Map<string, Edition>()]));
  const of = <C extends CollectionName>(name: C) => collections.get(name) as unknown as Map<string, Edition<C>>;
  for (const line of deliveredLines)
    of("lines").set(line.id, { ...line, version: 0, changedAt: 0, changedBy: "system" });
  for (const { collection, id, body } of documents) {
    if (!collection.startsWith(PREFIX)) continue;
    const name = collection.slice(PREFIX.length) as CollectionName;
    const shape = shapes[name];
    if (!shape) continue;
    const { version, changedAt, changedBy, ...record } = body as Edition;
    const parsed = shape.safeParse(record);
    // A record that a newer program no longer understands is not in force; it stays in the store.
    if (parsed.success) of(name).set(id, { ...parsed.data, version, changedAt, changedBy } as Edition);
  }

  const get = <C extends CollectionName>(name: C, id: string): Edition<C> | undefined => of(name).get(id);
  const all = <C extends CollectionName>(name: C): Iterable<Edition<C>> => of(name).values();
  const around = (now: Millis): Surroundings => ({ ...surroundings(now), get, all, now });

  const parse = <C extends CollectionName>(name: C, input: unknown): RecordOf<C> => {
    const parsed = shapes[name].safeParse(input);
    if (parsed.success) return parsed.data as RecordOf<C>;
    const problems = linesOf(faultsOf(parsed.error, "the record"));
    throw invalid(`it does not fit ${name}: ${problems.slice(0, 5).join("; ")}`, { problems });
  };

  /** Who wears which badge; made anew after a change. */
  let wearers: Map<string, Edition<"people">> | null = null;

  const keep = <C extends CollectionName>(
    name: C,
    record: RecordOf<C>,
    actor: Actor,
    now: Millis,
    changes: Changes,
  ): Edition<C> => {
    const version = (get(name, record.id)?.version ?? 0) + 1;
    const edition = { ...record, version, changedAt: now, changedBy: actor.name } as Edition<C>;
    of(name).set(record.id, edition);
    wearers = null;
    const body = JSON.parse(JSON.stringify(edition)) as Json;
    changes.putDocument(PREFIX + name, record.id, body);
    if (editionsKept.has(name)) changes.putDocument(HISTORY, `${name}/${record.id}@${version}`, body);
    return edition;
  };

  return {
    get,
    all,

    wearerOf(badge: string): Edition<"people"> | undefined {
      if (!wearers) {
        wearers = new Map();
        for (const person of all("people")) if (person.badge !== null) wearers.set(person.badge, person);
      }
      return wearers.get(badge);
    },

    /** Whether anybody has written down who works here. */
    hasWorkforce: (): boolean => of("crews").size + of("people").size + of("vehicles").size > 0,

    /**
     * @param expectedVersion the edition the author was looking at; 0 for a new record
     * @throws Problem 400 that names the element, 409 when somebody was faster
     */
    put<C extends CollectionName>(
      name: C,
      input: unknown,
      expectedVersion: number | undefined,
      actor: Actor,
      now: Millis,
      changes: Changes,
    ): Edition<C> {
      const record = parse(name, input);
      const before = get(name, record.id);
      if (expectedVersion !== undefined && expectedVersion !== (before?.version ?? 0)) {
        const version = before?.version ?? 0;
        throw conflict("conflict", `somebody was faster: ${name}/${record.id} is at version ${version}`, { version });
      }
      const problems = problemsOf(name, record, around(now));
      if (problems.length > 0) throw invalid(problems.join("; "), { problems });
      const edition = keep(name, record, actor, now, changes);
      const details = JSON.parse(JSON.stringify({ from: before?.version ?? null, record: edition })) as Json;
      changes.audit.push({ at: now, actor: actor.name, action: `${name}.put`, target: record.id, details });
      changed(name, record.id, now, changes);
      return edition;
    },

    /**
     * All or nothing; later records may build on earlier ones.
     * @throws Problem 400 with a line for each record that does not fit
     */
    import(name: CollectionName, inputs: readonly unknown[], actor: Actor, now: Millis, changes: Changes): number {
      const problems: ImportProblem[] = [];
      const before = new Map(of(name));
      const records: RecordOf<CollectionName>[] = [];
      const seen = new Set<string>();
      for (const [index, input] of inputs.entries()) {
        const id = String((input as { id?: unknown } | null)?.id ?? "") || null;
        try {
          const record = parse(name, input);
          if (seen.has(record.id)) throw invalid(`${record.id} stands twice in this import; keep one`);
          seen.add(record.id);
          const found = problemsOf(name, record, around(now));
          if (found.length > 0) throw invalid(found.join("; "));
          of(name).set(record.id, { ...record, version: 0, changedAt: now, changedBy: actor.name } as Edition);
          records.push(record);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          problems.push({ row: index + 1, id, problem: error.message });
        }
      }
      const current = of(name);
      current.clear();
      for (const [id, edition] of before) current.set(id, edition);
      if (problems.length > 0) {
        throw new Problem(400, "import", `${problems.length} records cannot be imported; nothing was changed`, {
          errors: problems.slice(0, 100),
        });
      }
      for (const record of records) keep(name, record, actor, now, changes);
      const details = { count: records.length, ids: records.slice(0, 100).map(({ id }) => id) };
      changes.audit.push({ at: now, actor: actor.name, action: `${name}.import`, target: name, details });
      for (const { id } of records) changed(name, id, now, changes);
      return records.length;
    },

    remove(name: CollectionName, id: string, actor: Actor, now: Millis, changes: Changes): void {
      const before = get(name, id);
      if (!before) throw notFound(`${name}/${id}`);
      const users = usersOf(name, id, around(now));
      if (users.length > 0) {
        throw conflict("inUse", `${name}/${id} is named by ${users.slice(0, 5).join(", ")}; change those first`, {
          users: users.slice(0, 100),
        });
      }
      of(name).delete(id);
      wearers = null;
      // A line that was delivered goes back to how it was delivered.
      const line = name === "lines" ? deliveredLines.find((one) => one.id === id) : undefined;
      if (line) of("lines").set(id, { ...line, version: 0, changedAt: 0, changedBy: "system" });
      changes.putDocument(PREFIX + name, id, null);
      const details = JSON.parse(JSON.stringify({ record: before })) as Json;
      changes.audit.push({ at: now, actor: actor.name, action: `${name}.remove`, target: id, details });
      changed(name, id, now, changes);
    },
  };
}
