import type { Millis } from "../domain/time.ts";
import type { Outcome, Sender } from "./sender.ts";

/** A line that the receiver will never take, and what it says about it. */
export interface RefusedLine {
  readonly line: string;
  readonly reason: string;
}

export interface DeliveryCounters {
  requests: Record<Outcome["is"], number>;
  lines: number;
  refused: number;
}

/** Why nothing moves: it waits for the receiver, or for somebody to put right what is wrong. */
export interface Stuck {
  readonly is: "waiting" | "notAllowed";
  readonly reason: string;
}

export interface DeliveryParts {
  readonly sender: Sender;
  readonly linesAtOnce: number;
  readonly firstPauseMs: Millis;
  readonly longestPauseMs: Millis;
  /** Waits; rejects when everything ends. */
  readonly pause: (ms: Millis) => Promise<void>;
  /** 0 to 1, spreads the retries of many senders. */
  readonly random: () => number;
  readonly stuck: (why: Stuck | null) => void;
}

/** So many refused lines without one that is taken are no bad lines but a bad receiver: nothing is given up then. */
const REFUSED_IN_A_ROW = 50;
/** How much larger requests become again after the receiver found one too large. */
const GROWTH = 1.1;

class RefusesEverything extends Error {}

/**
 * Delivers lines, however long it takes: a receiver that is down, overloaded or wrongly set up is tried again and again,
 * a request that is too large is halved, and a line that is refused is found by halving while the others go on.
 */
export function createDelivery({ sender, stuck, pause, random, ...limits }: DeliveryParts) {
  const counters: DeliveryCounters = {
    requests: { taken: 0, later: 0, tooLarge: 0, refused: 0, notAllowed: 0 },
    lines: 0,
    refused: 0,
  };
  let largest = limits.linesAtOnce;
  let refusedInARow = 0;

  const waitFor = async (why: Stuck, attempt: number, afterMs: Millis | null): Promise<void> => {
    stuck(why);
    const ceiling = Math.min(limits.longestPauseMs, limits.firstPauseMs * 2 ** attempt);
    await pause(afterMs ?? ceiling * (0.5 + random() / 2));
  };

  /** One request until it has an outcome that waiting does not change. */
  const request = async (
    lines: readonly string[],
  ): Promise<Extract<Outcome, { is: "taken" | "tooLarge" | "refused" }>> => {
    for (let attempt = 0; ; attempt++) {
      const outcome = await sender.send(lines);
      counters.requests[outcome.is]++;
      if (outcome.is === "later") {
        await waitFor({ is: "waiting", reason: outcome.reason }, attempt, outcome.afterMs);
      } else if (outcome.is === "notAllowed") {
        await waitFor(outcome, attempt, null);
      } else {
        return outcome;
      }
    }
  };

  const deliverPart = async (lines: readonly string[], refused: RefusedLine[]): Promise<void> => {
    const outcome = await request(lines);
    if (outcome.is === "taken") {
      stuck(null);
      refusedInARow = 0;
      counters.lines += lines.length;
      if (lines.length >= largest) largest = Math.min(limits.linesAtOnce, Math.ceil(largest * GROWTH));
      return;
    }
    if (lines.length === 1) {
      refused.push({ line: lines[0] as string, reason: outcome.reason });
      if (++refusedInARow >= REFUSED_IN_A_ROW) throw new RefusesEverything(outcome.reason);
      return;
    }
    const half = lines.length >> 1;
    if (outcome.is === "tooLarge") largest = Math.max(1, half);
    await deliverPart(lines.slice(0, half), refused);
    await deliverPart(lines.slice(half), refused);
  };

  return {
    counters,

    /** Resolves when the receiver has every line but those it refuses for good, which are the answer. */
    async deliver(lines: readonly string[]): Promise<readonly RefusedLine[]> {
      for (let attempt = 0; ; attempt++) {
        const refused: RefusedLine[] = [];
        refusedInARow = 0;
        try {
          for (let from = 0; from < lines.length; ) {
            const part = lines.slice(from, from + largest);
            await deliverPart(part, refused);
            from += part.length;
          }
          counters.refused += refused.length;
          return refused;
        } catch (error) {
          if (!(error instanceof RefusesEverything)) throw error;
          await waitFor({ is: "notAllowed", reason: `refuses everything: ${error.message}` }, attempt, null);
        }
      }
    },
  };
}
