import { adjacent } from "./catalogue/adjacent.ts";
import { bins } from "./catalogue/bins.ts";
import { derived } from "./catalogue/derived.ts";
import { devices } from "./catalogue/devices.ts";
import { facilities } from "./catalogue/facilities.ts";
import { people } from "./catalogue/people.ts";
import { points } from "./catalogue/points.ts";
import { streets } from "./catalogue/streets.ts";
import { vehicles } from "./catalogue/vehicles.ts";
import { work } from "./catalogue/work.ts";
import type { Rule } from "./rule.ts";

export { SILENCE_RULE } from "./catalogue/devices.ts";

/** What the center watches, with its defaults. A new alert is an entry in one of these lists. */
export const catalogue: readonly Rule[] = [
  ...bins,
  ...points,
  ...streets,
  ...vehicles,
  ...people,
  ...work,
  ...facilities,
  ...devices,
  ...derived,
  ...adjacent,
];
