import type { Evidence } from "../domain/alert.ts";

/**
 * How much one source is worth, 0 to 1. A camera counts by its own confidence and never fully: a tenth to a quarter of
 * street AI alarms are false (domain: failures to expect). Whoever stood there is believed most.
 */
const PERSON_WEIGHT = 0.95;
const SENSOR_WEIGHT = 0.8;
const CAMERA_SHARE = 0.9;
const CAMERA_UNSURE_WEIGHT = 0.5;

/** The weight of one piece of evidence. */
export function weightOf(evidence: Evidence): number {
  if (evidence.source.startsWith("user:")) return PERSON_WEIGHT;
  if (typeof evidence.confidence === "number") return CAMERA_SHARE * Math.min(1, Math.max(0, evidence.confidence));
  if (evidence.category !== undefined) return CAMERA_UNSURE_WEIGHT;
  return SENSOR_WEIGHT;
}

/**
 * What all evidence together is worth: independent sources, each leaving its own doubt (noisy or). Evidence with
 * `contradicts` takes away by its weight instead. Two decimals, as screens show percent.
 */
export function beliefIn(evidence: readonly Evidence[]): number {
  let doubt = 1;
  let contradicted = 1;
  for (const one of evidence) {
    if (one.contradicts === true) contradicted *= 1 - weightOf(one);
    else doubt *= 1 - weightOf(one);
  }
  return Math.round((1 - doubt) * contradicted * 100) / 100;
}
