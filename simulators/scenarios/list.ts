import type { Scenario } from "../scenario.ts";
import { astray } from "./astray.ts";
import { caseLoop } from "./case-loop.ts";
import { comesBack } from "./comes-back.ts";
import { eveningPeak } from "./evening-peak.ts";
import { facilities } from "./facilities.ts";
import { flappingBin } from "./flapping-bin.ts";
import { gatewayOutage } from "./gateway-outage.ts";
import { inDanger } from "./in-danger.ts";
import { maintenance } from "./maintenance.ts";
import { morningShift } from "./morning-shift.ts";
import { nightDumping } from "./night-dumping.ts";
import { nightMarket } from "./night-market.ts";
import { normalDay } from "./normal-day.ts";
import { rootCause } from "./root-cause.ts";
import { serviceProof } from "./service-proof.ts";
import { sickDevices } from "./sick-devices.ts";
import { streetLife } from "./street-life.ts";
import { typhoon } from "./typhoon.ts";

/** Every scenario that ships; a new one is a file and a line here. */
export const scenarios: readonly Scenario[] = [
  normalDay,
  morningShift,
  eveningPeak,
  serviceProof,
  caseLoop,
  comesBack,
  nightDumping,
  nightMarket,
  streetLife,
  astray,
  inDanger,
  facilities,
  sickDevices,
  flappingBin,
  gatewayOutage,
  rootCause,
  maintenance,
  typhoon,
];
