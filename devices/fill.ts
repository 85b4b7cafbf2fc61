export interface BinGeometry {
  /** Distance that an empty bin shows, in mm. */
  readonly emptyMm: number;
  /** Distance that counts as full, in mm. */
  readonly fullMm: number;
  /** Nearest distance the sensor can measure, in mm; at or below it something is in front of the sensor. */
  readonly blindMm: number;
}

/** Beyond the empty bin by more than this, the sensor looks past the bin or the lid is open. */
const PAST_THE_BIN = 1.1;

/**
 * Fill level in percent from an ultrasonic distance: clamp((empty − d) / (empty − full)) × 100.
 * Null when the geometry is unknown or the distance tells nothing: past the bin, or inside the blind zone.
 */
export function fillFromDistance(distanceMm: number, { emptyMm, fullMm, blindMm }: BinGeometry): number | null {
  if (!(emptyMm > fullMm) || !(distanceMm > 0)) return null;
  if (distanceMm > emptyMm * PAST_THE_BIN || distanceMm <= blindMm) return null;
  const share = (emptyMm - distanceMm) / (emptyMm - fullMm);
  return Math.round(Math.min(1, Math.max(0, share)) * 1_000) / 10;
}
