const EVERY_MS = 1_000;
const EVERY_MS_IN_A_FILE = 10_000;

/** What a long command has done so far. */
export interface Done {
  readonly total: number;
  readonly readings: number;
  readonly bytes: number;
}

export interface Progress {
  /** Says how far it is, now and then. */
  step(): void;
  /** Says what it was, at the end. */
  done(): void;
}

/** How far a long command is, on stderr: one line that changes on a terminal, now and then a line elsewhere. */
export function showProgress(doing: string, so: Done): Progress {
  const terminal = process.stderr.isTTY;
  const began = performance.now();
  let said = began;
  const say = (end: string) => {
    const seconds = Math.max((performance.now() - began) / 1_000, 0.001);
    const amount = (count: number, unit: string) => `${count.toLocaleString("en")} ${unit}`;
    const rate = so.readings > 0 ? amount(Math.round(so.readings / seconds), "readings/s, ") : "";
    const megabytes = `${(so.bytes / 1e6).toFixed(1)} MB (${(so.bytes / 1e6 / seconds).toFixed(1)} MB/s)`;
    const start = terminal ? "\r\u001B[K" : "";
    process.stderr.write(
      `${start}${doing}: ${amount(so.total, "lines")}, ${amount(so.readings, "readings")}, ${rate}${megabytes}${end}`,
    );
  };
  return {
    step() {
      const now = performance.now();
      if (now - said < (terminal ? EVERY_MS : EVERY_MS_IN_A_FILE)) return;
      said = now;
      say(terminal ? "" : "\n");
    },
    done: () => say("\n"),
  };
}
