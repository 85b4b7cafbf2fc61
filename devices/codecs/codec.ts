import type { Metrics } from "../../src/domain/metrics.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import type { Millis } from "../../src/domain/time.ts";
import type { DecodeProblem } from "../driver.ts";

/** One moment out of a sensor's bytes; `at` null is the moment of the frame itself. */
export interface CodecReading {
  readonly at: Millis | null;
  readonly metrics: Metrics;
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
  readonly decode: (bytes: Uint8Array, fPort: number) => CodecResult;
}
