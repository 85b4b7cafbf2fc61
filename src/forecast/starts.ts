import { DAY, type Millis } from "../domain/time.ts";
import { type BinMemory, takenBack } from "./memory.ts";
import { expectedFill } from "./pace.ts";

/** Where the bin may stand: usually one level; two while a reading contradicts the ones before. */
export interface Start {
  readonly level: number;
  readonly variance: number;
  readonly weight: number;
  readonly at: Millis;
  readonly emptiedAt: Millis | null;
}

export function startsOf(memory: BinMemory): Start[] {
  const { level, variance, at, emptiedAt, contradiction, doubt, verdicts } = memory;
  const believed = { level, variance, at, emptiedAt };
  const fresh = memory.noise + 1;
  if (contradiction) {
    const back = takenBack(verdicts[contradiction.kind]);
    const dropped = contradiction.kind === "drop";
    const other = { level: contradiction.value, variance: fresh, at: contradiction.at };
    return [
      { ...believed, weight: back },
      { ...other, weight: 1 - back, emptiedAt: dropped ? contradiction.at : emptiedAt },
    ];
  }
  if (doubt) {
    const back = takenBack(verdicts.doubt) * 2 ** (-(at - doubt.since) / DAY);
    const before = Math.min(100, doubt.before + expectedFill(memory, doubt.since, at));
    return [
      { ...believed, weight: 1 - back },
      { ...believed, level: before, variance: fresh + 4, weight: back },
    ];
  }
  return [{ ...believed, weight: 1 }];
}

export const likeliest = (starts: readonly Start[]): Start => starts.reduce((a, b) => (b.weight > a.weight ? b : a));
