import { categoryOf } from "../../src/domain/categories.ts";
import type { DetectionPhase, DeviceEvent } from "../../src/domain/observation.ts";
import type { Report } from "./compile.ts";
import { compilePointer, type Scope } from "./pointer.ts";
import type { BoxSource, MappingEntry, TextSource } from "./shape.ts";
import { compileFlag, compileNumber, compileText, type Found, numberOf } from "./sources.ts";

type EventSource = NonNullable<MappingEntry["event"]>;
type ReadEvent = (scope: Scope, report: Report) => DeviceEvent | undefined;

const PHASES = new Set<string>(["start", "update", "end", "pulse"] satisfies DetectionPhase[]);
/** A box drawn by hand goes a little over the edge; one that is further out was given in another form. */
const EDGE = 0.02;

function value<T>(found: Found<T>, field: string, report: Report): T | undefined {
  if (!found) report.absent(field);
  else if ("problem" in found) report.problem(field, found.problem);
  else return found.value;
  return undefined;
}

/** Undefined when the event's own meaning is missing: no category, no code, no yes or no. */
export function compileEvent(source: EventSource, path: string): ReadEvent {
  if (source.type === "presence") {
    const online = compileFlag(source.online);
    return (scope, report) => {
      const said = value(online(scope), `${path}.online`, report);
      return said === undefined ? undefined : { type: "presence", online: said };
    };
  }
  const details = compileDetails(source.details ?? {}, `${path}.details`);
  if (source.type !== "detection") {
    const { type } = source;
    const readCode = compileText(source.code);
    return (scope, report) => {
      const code = value(readCode(scope), `${path}.code`, report);
      return code === undefined ? undefined : { type, code, ...details(scope, report) };
    };
  }
  const category = compileText(source.category);
  const phase = compileText(source.phase ?? { constant: "pulse" });
  const confidence = source.confidence === undefined ? undefined : compileNumber(source.confidence);
  const texts = (["eventId", "label", "snapshotUrl"] as const).flatMap((name) => {
    const text = source[name];
    return text === undefined ? [] : [{ name, read: compileText(text) }];
  });
  const box = source.box && compileBox(source.box);
  return (scope, report) => {
    const said = value(category(scope), `${path}.category`, report);
    if (said === undefined) return undefined;
    const at = value(phase(scope), `${path}.phase`, report) ?? "pulse";
    if (!PHASES.has(at)) report.problem(`${path}.phase`, `${at} is none of start, update, end, pulse`);
    const share = confidence && value(confidence(scope), `${path}.confidence`, report);
    const sure = share !== undefined && share >= 0 && share <= 1;
    if (share !== undefined && !sure) report.problem(`${path}.confidence`, `${share} is not between 0 and 1`);
    const optional: Partial<Record<"eventId" | "label" | "snapshotUrl", string>> = {};
    for (const { name, read } of texts) {
      const text = value(read(scope), `${path}.${name}`, report);
      if (text !== undefined) optional[name] = text;
    }
    const bbox = box && value(box(scope), `${path}.box`, report);
    return {
      type: "detection",
      category: categoryOf(said) ?? said,
      phase: PHASES.has(at) ? (at as DetectionPhase) : "pulse",
      ...(sure && { confidence: share }),
      ...optional,
      ...(bbox && { bbox }),
      ...details(scope, report),
    };
  };
}

function compileDetails(sources: Readonly<Record<string, TextSource>>, path: string) {
  const readers = Object.entries(sources).map(([name, source]) => ({ name, read: compileText(source) }));
  return (scope: Scope, report: Report): { details?: Record<string, string> } => {
    const details: Record<string, string> = {};
    for (const { name, read } of readers) {
      const text = value(read(scope), `${path}.${name}`, report);
      if (text !== undefined) details[name] = text;
    }
    return Object.keys(details).length > 0 ? { details } : {};
  };
}

type Box = readonly [number, number, number, number];

/** To x, y, width and height as fractions of the frame. */
function compileBox({ form, at, frame }: BoxSource): (scope: Scope) => Found<Box> {
  const reads = typeof at === "string" ? compilePointer(at) : at.map(compilePointer);
  const sizes = (frame ?? [1, 1]).map((size) => (typeof size === "number" ? () => size : compilePointer(size)));
  return (scope) => {
    const given: unknown = typeof reads === "function" ? reads(scope) : reads.map((read) => read(scope));
    if (given === undefined || given === null) return null;
    if (!Array.isArray(given)) return { problem: "is no list of four numbers" };
    if (given.length === 0 || given.every((side) => side === undefined)) return null;
    const [a, b, c, d] = given.map(numberOf);
    const [width, height] = sizes.map((read) => numberOf(read(scope)));
    const whole = [a, b, c, d, width, height].every((side) => typeof side === "number");
    if (!whole || given.length !== 4) return { problem: "is no list of four numbers with the size of their frame" };
    const [x, y, right, bottom, w, h] = [a, b, c, d, width, height] as [number, number, number, number, number, number];
    const far = form === "xywh" ? [x, y, x + right, y + bottom] : [x, y, right, bottom];
    const fractions = far.map((side, index) => side / (index % 2 === 0 ? w : h));
    const inside = fractions.every((side) => side >= -EDGE && side <= 1 + EDGE);
    const [left = 0, top = 0, end = 0, foot = 0] = fractions.map((side) => Math.min(1, Math.max(0, side)));
    if (!inside || end < left || foot < top) return { problem: `${JSON.stringify(given)} does not lie in its frame` };
    return { value: [left, top, end - left, foot - top].map((side) => Number(side.toFixed(6))) as unknown as Box };
  };
}
