import type { Driver } from "../../devices/driver.ts";
import { checkMapping, claimedBy } from "../../devices/mapping/check.ts";
import { mappingDriver } from "../../devices/mapping/compile.ts";
import type { Mapping } from "../../devices/mapping/shape.ts";
import { type Trial, tryMapping } from "../../devices/mapping/try.ts";
import { createTopicMatcher } from "../../devices/topics.ts";
import type { Fault } from "../domain/faults.ts";
import { conflict, invalid, notFound, type Problem } from "../domain/problem.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { Changes } from "./changes.ts";

export interface MappingVersion {
  readonly version: number;
  readonly mapping: Mapping;
  readonly changedAt: Millis;
  readonly changedBy: string;
}

/** A mapping with its latest versions; one of them is in force, or none. */
export interface MappingRecord {
  readonly id: string;
  readonly enabledVersion: number | null;
  /** Oldest first; the last one is what somebody is working on. */
  readonly versions: readonly MappingVersion[];
}

interface Parts {
  readonly documents: readonly { readonly collection: string; readonly id: string; readonly body: unknown }[];
  /** What claims topics beside mappings. */
  readonly drivers: readonly Driver[];
  readonly limits: { readonly mappings: number; readonly versions: number };
  /** The table of those in force changed: messages from now on are read with it. */
  readonly changed: (drivers: readonly Driver[]) => void;
}

export type MappingBook = ReturnType<typeof createMappingBook>;
const COLLECTION = "mappings";

/** The city's own mappings: drafts, versions, and which of them is in force. Changed only through `Center.operate`. */
export function createMappingBook({ documents, drivers, limits, changed }: Parts) {
  const records = new Map<string, MappingRecord>();
  let answerOf = createTopicMatcher<Mapping["answer"]>([]);
  const listeners: ((topics: readonly string[]) => void)[] = [];
  for (const { collection, id, body } of documents) {
    if (collection === COLLECTION) records.set(id, body as MappingRecord);
  }

  const existing = (id: string): MappingRecord => {
    const record = records.get(id);
    if (!record) throw notFound(`mapping ${id}`);
    return record;
  };
  const latest = ({ versions }: MappingRecord): MappingVersion => versions.at(-1) as MappingVersion;
  const versionOf = (record: MappingRecord, version: number): MappingVersion => {
    const found = record.versions.find((each) => each.version === version);
    if (!found) throw notFound(`version ${version} of mapping ${record.id}`);
    return found;
  };
  const inForce = (record: MappingRecord): Mapping | null =>
    record.enabledVersion === null ? null : versionOf(record, record.enabledVersion).mapping;

  const enabled = (): Mapping[] =>
    [...records.values()].flatMap((record) => {
      const mapping = inForce(record);
      return mapping && "mapping" in checkMapping(mapping) ? [mapping] : [];
    });
  const publish = () => {
    const mappings = enabled();
    changed(mappings.map(mappingDriver));
    answerOf = createTopicMatcher(
      mappings.flatMap(({ topics, answer }) => topics.map((pattern) => ({ pattern, value: answer }))),
    );
    for (const listener of listeners) listener(mappings.flatMap(({ topics }) => topics));
  };

  const keep = (record: MappingRecord, action: string, details: Json, actor: Actor, now: Millis, changes: Changes) => {
    records.set(record.id, record);
    changes.putDocument(COLLECTION, record.id, JSON.parse(JSON.stringify(record)));
    changes.audit.push({ at: now, actor: actor.name, action, target: record.id, details });
    return record;
  };
  /** A topic has one reader: a driver, or one mapping that is in force. */
  const unclaimed = (mapping: Mapping): void => {
    const others = enabled().filter(({ id }) => id !== mapping.id);
    const named = others.map(({ id, topics }) => ({ id: `mapping ${id}`, topics }));
    const fault = claimedBy(mapping, [...drivers, ...named]);
    if (fault) throw unfit([fault]);
  };

  publish();
  return {
    all: (): readonly MappingRecord[] => [...records.values()],
    get: existing,
    /** What a sender on this topic is answered once its message is on disk; undefined when it has no form of its own. */
    answerTo: (topic: string): Mapping["answer"] => answerOf(topic)?.value,
    /** Patterns of the mappings in force, now and after each change. */
    onTopics(listener: (topics: readonly string[]) => void): void {
      listeners.push(listener);
      listener(enabled().flatMap(({ topics }) => topics));
    },

    /**
     * Keeps a new version. What is in force stays in force until the new version is enabled.
     * @throws Problem 400 that names each element that does not fit, 409 when somebody was faster
     */
    put(input: unknown, expected: number | undefined, actor: Actor, now: Millis, changes: Changes): MappingRecord {
      const mapping = parseMapping(input);
      const before = records.get(mapping.id);
      const version = before ? latest(before).version : 0;
      if (expected !== undefined && expected !== version) {
        throw conflict("conflict", `somebody was faster: the mapping is at version ${version}`, { version });
      }
      if (!before && records.size >= limits.mappings) {
        throw conflict("tooMany", `there are ${limits.mappings} mappings already (MAPPINGS); delete one first`);
      }
      const fault = claimedBy(mapping, drivers);
      if (fault) throw unfit([fault]);
      const made = { version: version + 1, mapping, changedAt: now, changedBy: actor.name };
      const enabledVersion = before?.enabledVersion ?? null;
      const versions = [...(before?.versions ?? []), made];
      // The oldest go, but never the one in force.
      while (versions.length > limits.versions) {
        versions.splice(
          versions.findIndex((each) => each.version !== enabledVersion),
          1,
        );
      }
      const record = { id: mapping.id, enabledVersion, versions };
      return keep(record, "mapping.change", { version: made.version }, actor, now, changes);
    },

    /**
     * Puts a version in force, the latest by default; an earlier one is how to roll back.
     * @throws Problem 409 unless the mapping's own samples are read without a complaint
     */
    enable(id: string, version: number | undefined, actor: Actor, now: Millis, changes: Changes): MappingRecord {
      const before = existing(id);
      const chosen = version === undefined ? latest(before) : versionOf(before, version);
      const mapping = parseMapping(chosen.mapping);
      unclaimed(mapping);
      const trials = trialsOf(mapping, now);
      if (!trials.some(({ observations }) => observations.length > 0) || trials.some(({ sound }) => !sound)) {
        const what = trials.length === 0 ? "it has no samples" : "its samples are not all read without a complaint";
        throw conflict("samples", `${what}; put them right with POST /mappings/try, then save and enable`, { trials });
      }
      const record = { ...before, enabledVersion: chosen.version };
      keep(record, "mapping.enable", { version: chosen.version }, actor, now, changes);
      publish();
      return record;
    },

    disable(id: string, actor: Actor, now: Millis, changes: Changes): MappingRecord {
      const record = { ...existing(id), enabledVersion: null };
      keep(record, "mapping.disable", null, actor, now, changes);
      publish();
      return record;
    },

    remove(id: string, actor: Actor, now: Millis, changes: Changes): void {
      existing(id);
      records.delete(id);
      changes.putDocument(COLLECTION, id, null);
      changes.audit.push({ at: now, actor: actor.name, action: "mapping.remove", target: id, details: null });
      publish();
    },
  };
}

/** @throws Problem 400 that names each element */
export function parseMapping(input: unknown): Mapping {
  const checked = checkMapping(input);
  if ("mapping" in checked) return checked.mapping;
  throw unfit(checked.faults);
}

export function trialsOf(mapping: Mapping, now: Millis): Trial[] {
  const tried = tryMapping(mapping, now);
  return mapping.samples.map(({ topic, payload }) => tried(topic, payload));
}

function unfit(faults: readonly Fault[]): Problem {
  const text = faults.slice(0, 5).map(({ field, problem }) => `${field}: ${problem}`);
  return invalid(`the mapping does not fit: ${text.join("; ")}`, { errors: faults });
}
