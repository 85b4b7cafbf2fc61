import type { Logger } from "pino";

/** Logs at most so many lines a second for each cause and says how many it left out: errors must not become a flood. */
export function createSampledLog(logger: Logger, perSecond: number): (cause: string, facts: object) => void {
  const windows = new Map<string, { second: number; lines: number; left: number }>();
  return (cause, facts) => {
    const second = Math.floor(performance.now() / 1_000);
    const window = windows.get(cause);
    if (window?.second === second) {
      if (window.lines >= perSecond) {
        window.left++;
        return;
      }
      window.lines++;
      logger.warn({ cause, ...facts }, "connection refused");
      return;
    }
    logger.warn({ cause, ...facts, ...(window?.left && { leftOut: window.left }) }, "connection refused");
    windows.set(cause, { second, lines: 1, left: 0 });
  };
}
