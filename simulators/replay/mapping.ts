import { isKind, type Kind, kindNames } from "../../src/domain/kinds.ts";
import { isMetricName, type MetricName, type Metrics } from "../../src/domain/metrics.ts";
import { parseTime } from "./time.ts";

/** A row of recorded data, as text; GeoJSON points bring `lat` and `lon`. */
export type Row = Readonly<Record<string, string>>;

type Expression = (row: Row) => string | undefined;

/** How the columns of a file become readings of devices. */
export interface Mapping {
  readonly kind: Kind;
  readonly dialect: string;
  readonly id: Expression;
  /** Epoch milliseconds; NaN when the row has none. */
  readonly at: (row: Row, zone: string) => number;
  readonly name: Expression | null;
  readonly metrics: ReadonlyMap<MetricName, Expression>;
  readonly attributes: ReadonlyMap<string, Expression>;
}

export const mappingHelp = `name=value pairs, separated by commas:
  kind=vehicle          ${kindNames.join(", ")}
  dialect=native        the driver that writes the messages
  id=vehicle_id         column of the device id; id='bus-'+vehicle_id puts text before it
  ts=time_utc           column of the time; ts=time_utc+60 shifts it by seconds
  lat=lat speedKmh=v*3.6   any metric: a column, with * / + - and a number after it
  tempC=21              a number, or 'text' in quotes, is taken as it is
  acc=ignition{on:1,off:0}   a value map; other values are left out
  attr.stream=stream    an attribute of the device; name=description its name`;

/**
 * Reads `--map`. Several maps make several readings of each row; a later one starts from the first and replaces its pairs.
 * @throws Error that says what is wrong with which pair
 */
export function parseMappings(texts: readonly string[]): Mapping[] {
  const first = pairsOf(texts[0] ?? "");
  return texts.map((text, i) => toMapping(i === 0 ? first : new Map([...first, ...pairsOf(text)])));
}

function pairsOf(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  // Commas inside {} belong to a value map.
  for (const part of text.split(/,(?![^{]*\})/)) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    if (at < 1) throw new Error(`--map: "${part}" is not name=value. Use ${mappingHelp}`);
    pairs.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  return pairs;
}

function toMapping(pairs: ReadonlyMap<string, string>): Mapping {
  const kind = pairs.get("kind") ?? "";
  if (!isKind(kind)) throw new Error(`--map: kind=${kind || "…"} must be one of ${kindNames.join(", ")}`);
  const id = pairs.get("id");
  const ts = pairs.get("ts");
  if (!id || !ts) throw new Error(`--map needs id=… and ts=…. Use ${mappingHelp}`);
  const metrics = new Map<MetricName, Expression>();
  const attributes = new Map<string, Expression>();
  for (const [name, value] of pairs) {
    if (["kind", "dialect", "id", "ts", "name"].includes(name)) continue;
    if (name.startsWith("attr.")) attributes.set(name.slice(5), parseExpression(value));
    else if (isMetricName(name)) metrics.set(name, parseExpression(value));
    else throw new Error(`--map: "${name}" is not a metric; the catalogue names them all (GET /api/v1/catalog)`);
  }
  const name = pairs.get("name");
  return {
    kind,
    dialect: pairs.get("dialect") ?? "native",
    id: parseExpression(id),
    at: timeExpression(ts),
    name: name ? parseExpression(name) : null,
    metrics,
    attributes,
  };
}

function timeExpression(text: string): Mapping["at"] {
  const [, column = text, shift = "0"] = /^(.*?)\s*([+-]\s*\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const shiftMs = Number(shift.replaceAll(" ", "")) * 1_000;
  return (row, zone) => parseTime(row[column.trim()] ?? "", zone) + shiftMs;
}

const quoted = /^'([^']*)'$/;
const joined = /^'([^']*)'\s*\+\s*([^'*/]+)$/;
const valueMap = /^([^{]+)\{(.*)\}$/;
const arithmetic = /^(.+?)\s*([*/+-])\s*(-?\d+(?:\.\d+)?)$/;

function parseExpression(text: string): Expression {
  const constant = quoted.exec(text)?.[1] ?? (/^-?\d+(\.\d+)?$/.test(text) ? text : undefined);
  if (constant !== undefined) return () => constant;
  const join = joined.exec(text);
  if (join) return (row) => (row[join[2]?.trim() ?? ""] ? `${join[1]}${row[join[2]?.trim() ?? ""]}` : undefined);
  const mapped = valueMap.exec(text);
  if (mapped) {
    const values = new Map(
      (mapped[2] ?? "").split(",").map((pair) => pair.split(":").map((side) => side.trim()) as [string, string]),
    );
    return (row) => values.get(row[(mapped[1] ?? "").trim()] ?? "");
  }
  const term = arithmetic.exec(text);
  if (!term) return (row) => row[text];
  const inner = parseExpression(term[1] ?? "");
  const operand = Number(term[3]);
  const apply = {
    "*": (x: number) => x * operand,
    "/": (x: number) => x / operand,
    "+": (x: number) => x + operand,
    "-": (x: number) => x - operand,
  }[term[2] as "*" | "/" | "+" | "-"];
  return (row) => {
    const value = inner(row);
    return value === undefined || value.trim() === "" || Number.isNaN(Number(value))
      ? undefined
      : String(apply(Number(value)));
  };
}

/** The metrics of a row; empty and unreadable cells are left out, never 0. */
export function readMetrics(mapping: Mapping, row: Row): Metrics {
  const metrics: Metrics = {};
  for (const [name, expression] of mapping.metrics) {
    const text = expression(row)?.trim();
    if (text === undefined || text === "") continue;
    const value = Number(text);
    if (!Number.isNaN(value)) metrics[name] = Math.round(value * 1e6) / 1e6;
  }
  return metrics;
}
