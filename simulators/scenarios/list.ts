import type { Scenario } from "../scenario.ts";
import { caseLoop } from "./case-loop.ts";
import { eveningPeak } from "./evening-peak.ts";
import { flappingBin } from "./flapping-bin.ts";
import { gatewayOutage } from "./gateway-outage.ts";
import { maintenance } from "./maintenance.ts";
import { nightDumping } from "./night-dumping.ts";
import { nightMarket } from "./night-market.ts";
import { normalDay } from "./normal-day.ts";
import { typhoon } from "./typhoon.ts";

/** Every scenario that ships; a new one is a file and a line here. */
export const scenarios: readonly Scenario[] = [
  normalDay,
  eveningPeak,
  nightDumping,
  gatewayOutage,
  flappingBin,
  caseLoop,
  nightMarket,
  maintenance,
  typhoon,
];
