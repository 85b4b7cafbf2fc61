import type { Metrics } from "../../src/domain/metrics.ts";
import type { Occurrence, QualityFlag } from "../../src/domain/observation.ts";
import type { Text } from "../../src/domain/text.ts";
import type { Millis } from "../../src/domain/time.ts";
import type { DecodeProblem } from "../driver.ts";

/** One moment out of a sensor's bytes; `at` null is the moment of the frame itself. */
export interface CodecReading {
  readonly at: Millis | null;
  readonly metrics: Metrics;
  readonly event?: Occurrence;
  readonly quality?: readonly QualityFlag[];
  readonly hints?: Readonly<Record<string, string>>;
}

export interface CodecResult {
  readonly readings: readonly CodecReading[];
  readonly problems: readonly DecodeProblem[];
}

/** Bytes of a sensor family, whatever network carried them. */
export interface Codec {
  readonly id: string;
  readonly title: Text;
  /** Device profile or model names that mean this family, in lower case. */
  readonly models: readonly string[];
  /** Whether a frame of an unnamed model can be nothing else. */
  readonly recognises: (bytes: Uint8Array, fPort: number) => boolean;
  /** @param model its name in lower case, as far as it is known */
  readonly decode: (bytes: Uint8Array, fPort: number, model: string) => CodecResult;
  /** The frame a sensor of this model sends for a reading; null when it measures nothing of it. */
  readonly encode: (metrics: Metrics, model: string) => { readonly fPort: number; readonly bytes: Uint8Array } | null;
}
