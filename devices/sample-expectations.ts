import type { Observation } from "../src/domain/observation.ts";
import type { Decoded } from "./index.ts";
import { NOT_COMPARED, readers } from "./sample-readers.ts";

/** What a recorded payload must decode to, in the words of the recording. */
export type Expected = { readonly [key: string]: unknown };

export interface Difference {
  readonly key: string;
  readonly text: string;
}

export interface Comparison {
  readonly compared: number;
  readonly differences: readonly Difference[];
  /** Keys that were left out, see NOT_COMPARED. */
  readonly notCompared: readonly string[];
}

const TOLERANCE_MS = 1;
/** A whole number in a recording still means that number and not its neighbourhood. */
const MOST_ROUNDING = 0.001;
/** Parts of an expectation that only group their keys. */
const GROUPS = new Set(["fill", "link", "vehicle", "extras", "sim", "prediction"]);

/** Compares what a payload should mean with what was decoded. A key nobody can map is a difference, never skipped silently. */
export function compare(expected: Expected | readonly Expected[], decoded: Decoded): Comparison {
  const differences: Difference[] = [];
  const notCompared = new Set<string>();
  let compared = 0;
  const differ = (key: string, wanted: unknown, found: unknown): void => {
    compared++;
    if (same(wanted, found)) return;
    differences.push({ key, text: `${key}: ${JSON.stringify(wanted)} expected, ${JSON.stringify(found)} decoded` });
  };

  const comparePosition = (wanted: Expected | null, observation: Observation, name: string): void => {
    if (wanted === null || wanted.usable === false || wanted.valid === false) {
      // Coordinates that are none are not kept, so there is nothing of them to compare.
      differ(name, null, observation.metrics.lat ?? observation.metrics.lon ?? null);
      return;
    }
    compareOne(wanted, observation, `${name}.`);
  };

  const compareOne = (wanted: Expected, observation: Observation, path: string): void => {
    for (const [key, value] of Object.entries(wanted)) {
      const name = path + key;
      if (NOT_COMPARED.has(key)) notCompared.add(key);
      else if (key === "position") comparePosition(value as Expected | null, observation, name);
      else if (GROUPS.has(key) && typeof value === "object") compareOne(value as Expected, observation, `${name}.`);
      // The recording does not know under which name its device is registered.
      else if (key === "device" && value === null) notCompared.add(`${key} (where null)`);
      else if (readers[key]) differ(name, value, readers[key](observation, value));
      else differences.push({ key: name, text: `${name}: nothing here knows what it means` });
    }
  };

  const list: readonly Expected[] = Array.isArray(expected) ? expected : expand(expected as Expected);
  const [first] = list;
  if (first?.accepted === false) {
    differ("accepted", false, !("refused" in decoded));
    for (const key of Object.keys(first)) if (key !== "accepted") notCompared.add(`${key} (of a refused payload)`);
  } else if ("refused" in decoded) {
    differences.push({ key: "refused", text: `refused: ${decoded.refused.reason}, ${decoded.refused.detail}` });
  } else {
    differ("observations", list.length, decoded.observations.length);
    for (const [index, wanted] of list.entries()) {
      const observation = decoded.observations[index];
      if (observation) compareOne(wanted, observation, list.length > 1 ? `[${index}].` : "");
    }
  }
  return { compared, differences, notCompared: [...notCompared] };
}

/** A frame or packet of several records; a reading with those that were kept; a log of kept readings alone. */
function expand({ history, records, batch, ...rest }: Expected): Expected[] {
  if (Array.isArray(records)) {
    const { terminalPhone, checksumOk } = rest;
    const shared = {
      ...(terminalPhone !== undefined && { device: terminalPhone }),
      ...(checksumOk !== undefined && { checksumOk }),
      ...(batch !== undefined && { buffered: (batch as Expected).buffered }),
    };
    return records.map((record: Expected) => ({ ...shared, ...record }));
  }
  if (!Array.isArray(history)) return [rest];
  const kept = history.map((record: Expected) => ({
    ...(rest.device !== undefined && { device: rest.device }),
    ...record,
  }));
  return rest.observedAt === undefined ? history.map((record: Expected) => ({ ...rest, ...record })) : [rest, ...kept];
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function same(wanted: unknown, found: unknown): boolean {
  if (typeof wanted === "string" && ISO_TIME.test(wanted)) {
    return typeof found === "number" && Math.abs(Date.parse(wanted) - found) <= TOLERANCE_MS;
  }
  // A recording gives as many digits as it stands for.
  if (typeof wanted === "number" && typeof found === "number") {
    const digits = String(wanted).split(".")[1]?.length ?? 0;
    return Math.abs(wanted - found) <= Math.min(MOST_ROUNDING, 0.5001 * 10 ** -digits);
  }
  if (isObject(wanted) && isObject(found)) {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...keys].every((key) => same(wanted[key], found[key]));
  }
  return JSON.stringify(wanted) === JSON.stringify(found ?? null);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
