import type { Metrics } from "../../src/domain/metrics.ts";
import type { Occurrence, QualityFlag } from "../../src/domain/observation.ts";
import type { Millis } from "../../src/domain/time.ts";
import type { DecodeProblem } from "../driver.ts";

/** One moment out of a sensor's bytes; `at` null is the moment of the frame itself. */
export interface CodecReading {
  readonly at: Millis | null;
  readonly metrics: Metrics;
  readonly event?: Occurrence;
  readonly quality?: readonly QualityFlag[];
}

export interface CodecResult {
  readonly readings: readonly CodecReading[];
  readonly problems: readonly DecodeProblem[];
}

/** Bytes of a sensor family, whatever network carried them. */
export interface Codec {
  readonly id: string;
  /** Device profile or model names that mean this family, in lower case. */
  readonly models: readonly string[];
  /** Whether a frame of an unnamed model can be nothing else. */
  readonly recognises: (bytes: Uint8Array, fPort: number) => boolean;
  readonly decode: (bytes: Uint8Array, fPort: number) => CodecResult;
  /** The frame a sensor of this model sends for a reading; null when it measures nothing of it. */
  readonly encode: (metrics: Metrics, model: string) => { readonly fPort: number; readonly bytes: Uint8Array } | null;
}
