/** A seeded source of chance: the same seed gives the same district, the same day, the same faults, on every machine. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  between(low: number, high: number): number;
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  /** Waiting time until the next of events that come `perHour` times an hour on average, in milliseconds. */
  waitMs(perHour: number): number;
}

/** FNV-1a with a final avalanche: spreads names that differ in one letter over the whole range. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Mulberry32. Each actor gets its own stream (`name`), so adding one actor does not change what the others do. */
export function createRandom(seed: number | string, name = ""): Random {
  let state = hashText(`${seed}/${name}`);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    integer: (low, high) => low + Math.floor((high - low + 1) * next()),
    chance: (probability) => next() < probability,
    pick: (choices) => {
      const choice = choices[Math.floor(next() * choices.length)];
      if (choice === undefined) throw new RangeError("nothing to pick from");
      return choice;
    },
    waitMs: (perHour) => (perHour <= 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - next()) / perHour) * 3_600_000),
  };
}
