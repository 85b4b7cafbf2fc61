import { readFileSync } from "node:fs";
import type { DistrictFeature } from "../domain/district.ts";
import { type DistrictIssue, readFeatures } from "./read.ts";

const ISSUES_SHOWN = 20;

/** One line about an issue: which feature, what is wrong, what to do. */
export function describe({ index, id, type, problem, todo }: DistrictIssue): string {
  const which = index === null ? "the file" : `${type ?? "feature"} ${id ?? "without an id"} (features[${index}])`;
  return `${which}: ${problem}; ${todo}`;
}

/** @throws Error that lists what is wrong with the file */
export function loadDistrict(path: string): readonly DistrictFeature[] {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`DISTRICT ${path} cannot be read as GeoJSON: ${(error as Error).message}`);
  }
  const { features, issues } = readFeatures(json);
  if (issues.length > 0) {
    const lines = issues.slice(0, ISSUES_SHOWN).map((issue) => `  - ${describe(issue)}`);
    throw new Error(`DISTRICT ${path} has ${issues.length} problem(s):\n${lines.join("\n")}`);
  }
  return features;
}
