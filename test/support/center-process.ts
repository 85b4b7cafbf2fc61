import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const ADMIN_TOKEN = "administrator-of-the-tests";

export interface CenterProcess {
  readonly child: ChildProcess;
  readonly http: string;
  readonly mqtt: string;
  /** TCP doors, where their ports were set. */
  readonly jt808: string | null;
  readonly teltonika: string | null;
  /** Lines of the log so far, the ready line among them. */
  readonly log: readonly string[];
  /** REST with the administrator's token; the path starts after `/api/v1`. Throws on an answer that is not 2xx. */
  rest<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Sends a signal and waits for the end; the exit code, null when the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * The center as an operator runs it, in a process of its own, with limits that do not slow a test down.
 * @param wrapper a command that runs it, such as `strace -o file`
 */
export async function startCenterProcess(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
  wrapper: readonly string[] = [],
): Promise<CenterProcess> {
  const [command = "", ...parameters] = [...wrapper, process.execPath, "--disable-warning=ExperimentalWarning", MAIN];
  const child = spawn(command, parameters, {
    env: {
      PATH: process.env.PATH,
      HTTP_PORT: "0",
      MQTT_PORT: "0",
      LOG_LEVEL: "silent",
      ADMIN_TOKEN,
      DATA_DIR: directory,
      DISK_RESERVE_BYTES: "0",
      MQTT_MESSAGES_PER_SECOND: "100000",
      MQTT_MESSAGES_BURST: "100000",
      MQTT_BYTES_PER_SECOND: "100000000",
      MQTT_BYTES_BURST: "100000000",
      CHECKPOINT_SECONDS: "1",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const log: string[] = [];
  type Ready = Pick<CenterProcess, "http" | "mqtt" | "jt808" | "teltonika">;
  const ready = await new Promise<Ready>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the center ended with code ${code}`)));
    createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => {
      log.push(line);
      const message = JSON.parse(line) as Ready & { msg: string };
      if (message.msg === "ready") resolve(message);
    });
  });
  return {
    child,
    ...ready,
    log,
    async rest<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await fetch(`${ready.http}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} → ${answer.status} ${text}`);
      return (text ? JSON.parse(text) : undefined) as T;
    },
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return gone;
    },
  };
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Registers `bin-1` and returns its login. */
export async function registerBin(center: CenterProcess, id = "bin-1"): Promise<Login> {
  const device = { id, kind: "bin", place: { lat: 22.733, lon: 113.9033 } };
  const { mqtt } = await center.rest<{ mqtt: Login }>("POST", "/devices", device);
  return mqtt;
}
