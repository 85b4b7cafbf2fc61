import { z } from "zod";
import { isMetricName, type MetricName, metrics as metricTable } from "../../src/domain/metrics.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { type DecodeContext, type DecodeProblem, type DecodeResult, type Driver, defineDevice } from "../driver.ts";
import { checkMetrics, withFlag } from "../readings.ts";
import { compileEvent } from "./events.ts";
import { compilePointer, type Scope } from "./pointer.ts";
import type { DeviceSource, Mapping, MappingEntry, NumberSource, TimeSourceSetting } from "./shape.ts";
import { compileConditions, compileFlag, compileNumber, compileText, type Found } from "./sources.ts";
import { compileTime } from "./time.ts";
import { conversionTo } from "./units.ts";

/** What a mapping found wrong, or merely absent, in a message; the field is the element of the mapping. */
export interface Report {
  problem(field: string, text: string): void;
  absent(field: string): void;
}

/** One message may give so many observations; the rest of a longer list is reported and left. */
const MOST_OBSERVATIONS = 500;
const NOT_ABSENT = { absent: () => {} };

type Read<T> = (scope: Scope, field: string, report: Report) => T | undefined;

/** Reports what a source could not use; undefined then, and when there is nothing. */
export function reporting<T>(source: (scope: Scope) => Found<T>): Read<T> {
  return (scope, field, report) => {
    const found = source(scope);
    if (!found) report.absent(field);
    else if ("problem" in found) report.problem(field, found.problem);
    else return found.value;
    return undefined;
  };
}

export type MappingDecoder = (message: unknown, context: DecodeContext, report: Report) => Observation[];

/** The mapping as a decoder: every pointer, table and condition is prepared once. */
export function compileMapping(mapping: Mapping): MappingDecoder {
  const entries = mapping.entries.map((entry, index) => compileEntry(mapping, entry, `entries.${index}`));
  return (message, context, report) => {
    const observations: Observation[] = [];
    const scope: Scope = { item: message, outer: null, message, parameters: context.parameters };
    for (const entry of entries) entry(scope, observations, report);
    return observations;
  };
}

/** The mapping as a member of the driver table. */
export function mappingDriver(mapping: Mapping): Driver {
  const decode = compileMapping(mapping);
  return defineDevice<unknown>({
    id: `mapping/${mapping.id}`,
    kind: mapping.kind as Driver["kind"],
    title: mapping.title,
    topics: mapping.topics,
    // A picture in base64 beside the alarm is left unread; the message's size bounds it.
    limits: { jsonKeys: Number.POSITIVE_INFINITY, jsonStringBytes: Number.POSITIVE_INFINITY },
    payload: z.unknown(),
    decode(payload, context): DecodeResult {
      const problems: DecodeProblem[] = [];
      const problem = (field: string, text: string) =>
        problems.push({ reason: "mapping", detail: `${field}: ${text}` });
      const observations = decode(payload, context, { problem, ...NOT_ABSENT });
      const [first] = problems;
      return observations.length === 0 && first ? { observations, refused: first } : { observations, problems };
    },
    samples: [],
    rejects: [],
  });
}

function compileEntry(mapping: Mapping, entry: MappingEntry, path: string) {
  const each = (entry.each ?? []).map((level) => {
    const { at, size } = typeof level === "string" ? { at: level, size: undefined } : level;
    return { read: compilePointer(at), size };
  });
  const holds = compileConditions(entry.when);
  const device = compileDevice(entry.device ?? mapping.device);
  const devicePath = entry.device ? `${path}.device` : "device";
  const time = entry.time ?? mapping.time;
  const moment = time && compileMoment(time);
  const timePath = entry.time ? `${path}.time` : "time";
  const numbers = compileMetrics(entry, path);
  const event = entry.event && compileEvent(entry.event, `${path}.event`);
  const key = entry.key?.map((part) => reporting(compileText(part)));
  const buffered = entry.buffered === undefined ? undefined : reporting(compileFlag(entry.buffered));

  const observe = (scope: Scope, report: Report): Observation | null => {
    const name = device(scope, devicePath, report);
    if (name === undefined) return null;
    const when = moment ? moment(scope, timePath, report) : UNTIMED;
    if (!when) return null;
    const measured = numbers(scope, report);
    const happened = event?.(scope, report);
    // An event that cannot be read must not become "the device was heard".
    if (event && !happened && Object.keys(measured.metrics).length === 0) return null;
    const parts = key?.map((read, index) => read(scope, `${path}.key.${index}`, report));
    const quality = when.default ? withFlag(measured.quality, "clockDefault") : measured.quality;
    return {
      device: name,
      at: when.at,
      atSource: when.at === null ? "receiveTime" : "device",
      metrics: measured.metrics,
      hints: { kind: mapping.kind },
      ...(happened && { event: happened }),
      ...(parts?.every((part) => part !== undefined) && { key: `${mapping.id}|${parts.join("|")}` }),
      ...(buffered?.(scope, `${path}.buffered`, report) && { buffered: true }),
      ...(quality.length > 0 && { quality }),
    };
  };

  const walk = (scope: Scope, level: number, into: Observation[], report: Report): void => {
    const next = each[level];
    if (!next) {
      if (!holds(scope)) return;
      const observation = observe(scope, report);
      if (observation) into.push(observation);
      return;
    }
    const list = next.read(scope);
    const field = `${path}.each.${level}`;
    if (!Array.isArray(list)) {
      if (list === undefined || list === null) report.absent(field);
      else report.problem(field, "is no list");
      return;
    }
    for (const item of next.size === undefined ? list : pieces(list, next.size)) {
      if (into.length >= MOST_OBSERVATIONS) {
        report.problem(field, `the message has more than ${MOST_OBSERVATIONS} observations`);
        return;
      }
      walk({ item, outer: scope, message: scope.message, parameters: scope.parameters }, level + 1, into, report);
    }
  };
  return (scope: Scope, into: Observation[], report: Report) => walk(scope, 0, into, report);
}

function* pieces(list: readonly unknown[], size: number): Generator<unknown[]> {
  for (let at = 0; at + size <= list.length; at += size) yield list.slice(at, at + size);
}

function compileDevice({ namespace, parts }: DeviceSource): Read<string> {
  const texts = parts.map((part) => reporting(compileText(part)));
  return (scope, field, report) => {
    const names: string[] = [];
    for (const [index, read] of texts.entries()) {
      const name = read(scope, `${field}.parts.${index}`, report);
      if (name === undefined) {
        report.problem(`${field}.parts.${index}`, "the message does not say which device it is");
        return undefined;
      }
      names.push(name);
    }
    const name = names.join("/");
    return namespace === undefined ? name : `${namespace}:${name}`;
  };
}

interface Moment {
  readonly at: number | null;
  readonly default: boolean;
}
const UNTIMED: Moment = { at: null, default: false };

/** Null when the time is nonsense: such an observation is refused, as it is from every other device. */
function compileMoment({ at, format, zone, none }: TimeSourceSetting) {
  const pointer = compilePointer(at);
  const read = compileTime(format, zone);
  const missing = new Set<unknown>(none ?? []);
  return (scope: Scope, field: string, report: Report): Moment | null => {
    const value = pointer(scope);
    if (value === undefined || value === null || value === "" || missing.has(value)) {
      report.absent(field);
      return UNTIMED;
    }
    const time = read(value);
    if ("at" in time) return { at: time.at, default: false };
    if ("untrusted" in time) return { at: null, default: true };
    report.problem(field, time.invalid);
    return null;
  };
}

function compileMetrics(entry: MappingEntry, path: string) {
  const names = Object.keys(entry.metrics ?? {}).filter(isMetricName);
  const readers = names.map((name) => {
    const source = entry.metrics?.[name] as NumberSource;
    return { name, field: `${path}.metrics.${name}`, read: reporting(compileMetric(name, source)) };
  });
  return (scope: Scope, report: Report) => {
    const given: Partial<Record<MetricName, number>> = {};
    for (const { name, field, read } of readers) {
      const value = read(scope, field, report);
      if (value !== undefined) given[name] = value;
    }
    const checked = checkMetrics(given, names);
    for (const { name, field } of readers) {
      const value = given[name];
      if (value === undefined || checked.metrics[name] !== undefined) continue;
      const { min, max, unit, type } = metricTable[name];
      const inside = value >= min && value <= max;
      if (!inside) report.problem(field, `${value} is outside ${min} to ${max} ${unit}`.trim());
      else if (type === "flag") report.problem(field, `${value} is neither 0 nor 1`);
      else report.absent(field);
    }
    return checked;
  };
}

function compileMetric(name: MetricName, source: NumberSource) {
  if (metricTable[name].type === "flag") {
    const yes = compileFlag(typeof source === "string" ? source : withoutArithmetic(source));
    return (scope: Scope): Found<number> => {
      const found = yes(scope);
      return found && "value" in found ? { value: found.value ? 1 : 0 } : found;
    };
  }
  const unit = typeof source === "string" ? undefined : source.unit;
  return compileNumber(source, (unit === undefined ? null : conversionTo(name, unit)) ?? undefined);
}

function withoutArithmetic(source: Exclude<NumberSource, string>) {
  const { unit: _unit, factor: _factor, offset: _offset, ...rest } = source;
  return rest;
}
