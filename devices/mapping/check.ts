import { type Fault, faultsOf } from "../../src/domain/faults.ts";
import type { MetricName } from "../../src/domain/metrics.ts";
import { overlap } from "../topics.ts";
import { parameterOf, scopesOf } from "./pointer.ts";
import { type Mapping, type MappingEntry, mappingShape } from "./shape.ts";
import { needsZone } from "./time.ts";
import { conversionTo, unitsFor } from "./units.ts";

export type CheckedMapping = { readonly mapping: Mapping } | { readonly faults: readonly Fault[] };

const MOST_FAULTS = 50;

/** Reads a mapping somebody wrote: its shape first, then what its elements mean together. */
export function checkMapping(input: unknown): CheckedMapping {
  const parsed = mappingShape.safeParse(input);
  if (!parsed.success) {
    return { faults: faultsOf(parsed.error, "mapping").slice(0, MOST_FAULTS) };
  }
  const faults = [...meaning(parsed.data)].slice(0, MOST_FAULTS);
  return faults.length > 0 ? { faults } : { mapping: parsed.data };
}

/** @returns the pattern of another driver or mapping that would claim the same topics, or null */
export function claimedBy(mapping: Mapping, others: Iterable<{ id: string; topics: readonly string[] }>) {
  for (const [index, topic] of mapping.topics.entries()) {
    for (const { id, topics } of others) {
      const other = topics.find((pattern) => overlap(pattern, topic));
      if (other !== undefined) return { field: `topics.${index}`, problem: `${id} reads ${other} already` };
    }
  }
  return null;
}

function* meaning(mapping: Mapping): Generator<Fault> {
  for (const [index, topic] of mapping.topics.entries()) {
    const twin = mapping.topics.slice(0, index).find((earlier) => overlap(earlier, topic));
    if (twin !== undefined) yield { field: `topics.${index}`, problem: `it overlaps ${twin} of this mapping` };
  }
  for (const key of ["device", "time"] as const) {
    // What all entries share may look into the lists that all of them go through.
    const lists = mapping.entries.filter((entry) => !entry[key]).map(({ each }) => each?.length ?? 0);
    yield* pointers(mapping, [key], Math.min(...lists), mapping.topics);
  }
  yield* zone(mapping, "time");
  for (const [index, entry] of mapping.entries.entries()) {
    const path = `entries.${index}`;
    if (!entry.event && Object.keys(entry.metrics ?? {}).length === 0) {
      yield { field: path, problem: "it reads neither a metric nor an event" };
    }
    for (const [level, each] of (entry.each ?? []).entries()) {
      const pointer = typeof each === "string" ? each : each.at;
      yield* pointerFault(pointer, `${path}.each.${level}`, level, mapping.topics);
    }
    const { each, ...rest } = entry;
    const keys = Object.keys(rest);
    for (const fault of pointers(rest, keys, each?.length ?? 0, mapping.topics)) {
      yield { ...fault, field: `${path}.${fault.field}` };
    }
    yield* zone(entry, `${path}.time`);
    yield* arithmetic(entry, path);
  }
}

function* zone({ time }: Pick<MappingEntry, "time">, field: string): Generator<Fault> {
  if (time && needsZone(time.format) && time.zone === undefined) {
    yield { field: `${field}.zone`, problem: "a local time needs the zone it is of, like Asia/Shanghai or +08:00" };
  }
}

function* arithmetic({ metrics }: MappingEntry, path: string): Generator<Fault> {
  for (const [name, source] of Object.entries(metrics ?? {})) {
    if (source === undefined || typeof source === "string" || source.unit === undefined) continue;
    if (conversionTo(name as MetricName, source.unit)) continue;
    const units = unitsFor(name as MetricName);
    const problem = units.length > 0 ? `it can be given in ${units.join(", ")}` : "this metric has no unit";
    yield { field: `${path}.metrics.${name}.unit`, problem };
  }
}

/** Every pointer below must name a level of every topic, and no more lists than there are around it. */
function* pointers(value: object, keys: readonly string[], lists: number, topics: readonly string[]): Generator<Fault> {
  for (const key of keys) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === "string") {
      // Constants, tables and formats are texts too, but no pointers.
      if (NO_POINTERS.has(key)) continue;
      yield* pointerFault(inner, key, lists, topics);
    } else if (inner !== null && typeof inner === "object" && !NO_POINTERS.has(key)) {
      for (const fault of pointers(inner, Object.keys(inner), lists, topics)) {
        yield { ...fault, field: `${key}.${fault.field}` };
      }
    }
  }
}

const NO_POINTERS = new Set([
  ...["constant", "values", "otherwise", "none", "is", "not", "unit", "case", "format", "zone", "namespace", "type"],
  "form",
]);

function* pointerFault(pointer: string, field: string, lists: number, topics: readonly string[]) {
  const parameter = parameterOf(pointer);
  if (parameter !== null) {
    const without = topics.find((topic) => !topic.split("/").includes(pointer));
    if (without !== undefined) yield { field, problem: `the topic ${without} has no level ${pointer}` };
  } else if (scopesOf(pointer) > lists) {
    yield { field, problem: `${pointer} needs ${scopesOf(pointer)} list(s) in each, there are ${lists}` };
  }
}
