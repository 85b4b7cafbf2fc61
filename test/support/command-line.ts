import { spawn } from "node:child_process";
import { join } from "node:path";

const program = join(import.meta.dirname, "../../src/cli/index.ts");

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export interface CommandOptions {
  /** What the command reads from its standard input. */
  readonly input?: string | Uint8Array;
  /** Beside PATH: nothing of this machine's settings. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with what came on the standard output or error so far; may end the process. */
  readonly watch?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The command line as its users have it: a process of its own. */
export function kerbsideWith(options: CommandOptions, ...parameters: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...parameters], {
    env: { PATH: process.env.PATH, ...options.environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const texts = { out: "", error: "" };
  for (const [name, stream] of [["out", child.stdout] as const, ["error", child.stderr] as const]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      options.watch?.(texts[name], (signal) => child.kill(signal));
    });
  }
  // A command that has seen enough closes its input.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...texts }));
  });
}

export const kerbside = (...parameters: readonly string[]): Promise<Ended> => kerbsideWith({}, ...parameters);
