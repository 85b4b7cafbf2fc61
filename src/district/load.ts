import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DistrictFeature } from "../domain/district.ts";
import { describeIssue } from "./issue.ts";
import { readFeatures } from "./read.ts";

const ISSUES_SHOWN = 20;
/** The synthetic district that ships with Kerbside; a real city sets DISTRICT. */
export const DELIVERED_DISTRICT = fileURLToPath(new URL("../../simulators/yutang/district.geojson", import.meta.url));

/** `source` tells one file from another. @throws Error that lists what is wrong with the file */
export function loadDistrict(path: string): { features: readonly DistrictFeature[]; source: string } {
  let json: unknown;
  let source: string;
  try {
    const file = readFileSync(path);
    source = createHash("sha256").update(file).digest("hex");
    json = JSON.parse(file.toString("utf8"));
  } catch (error) {
    throw new Error(`DISTRICT ${path} cannot be read as GeoJSON: ${(error as Error).message}`);
  }
  const { features, issues } = readFeatures(json);
  if (issues.length > 0) {
    const lines = issues.slice(0, ISSUES_SHOWN).map((issue) => `  - ${describeIssue(issue)}`);
    throw new Error(`DISTRICT ${path} has ${issues.length} problem(s):\n${lines.join("\n")}`);
  }
  return { features, source };
}
