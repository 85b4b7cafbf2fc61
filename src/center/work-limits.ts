import type { Config } from "../config.ts";
import { HOUR, MINUTE, SECOND } from "../domain/time.ts";
import type { OperationsParts } from "../operations/engine.ts";

/** The bounds of operations as the settings give them. */
export const workLimits = (config: Config): OperationsParts["limits"] => ({
  keepMs: config.VISITS_KEPT_HOURS * HOUR,
  keep: config.VISITS_KEPT,
  dutyKeptMs: config.DUTY_KEPT_SECONDS * SECOND,
  fastestKmh: config.VEHICLE_FASTEST_KMH,
  gapMs: config.VEHICLE_TRACK_GAP_MINUTES * MINUTE,
  burnsLPerHour: config.VEHICLE_BURNS_LITRES_PER_HOUR,
});
