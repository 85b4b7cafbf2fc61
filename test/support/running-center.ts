import { pino } from "pino";
import { readConfig } from "../../src/config.ts";
import { type RunningCenter, type StartOptions, startCenter } from "../../src/server.ts";
import { temporaryDirectory } from "./directory.ts";

export const ADMIN_TOKEN = "administrator-of-the-tests";

export interface TestCenter extends RunningCenter {
  readonly directory: string;
  /** REST with the administrator's token; the path starts after `/api/v1`. Throws on an answer that is not 2xx. */
  rest<T = Record<string, unknown>>(method: string, path: string, body?: unknown, headers?: object): Promise<T>;
}

/** A whole center on free ports with a store of its own. */
export async function startTestCenter(
  environment: Record<string, string> = {},
  options: StartOptions = {},
): Promise<TestCenter> {
  const directory = environment.DATA_DIR ? null : temporaryDirectory();
  const dataDirectory = environment.DATA_DIR ?? (directory?.path as string);
  const config = readConfig({
    HTTP_PORT: "0",
    MQTT_PORT: "0",
    ADMIN_TOKEN,
    DISK_RESERVE_BYTES: "0",
    HTTP_REQUESTS_PER_SECOND: "100000",
    ...environment,
    DATA_DIR: dataDirectory,
  });
  const running = await startCenter(config, { logger: pino({ level: "silent" }), ...options });
  return {
    ...running,
    directory: dataDirectory,
    async rest<T>(method: string, path: string, body?: unknown, headers: object = {}): Promise<T> {
      const response = await fetch(`${running.http}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} → ${response.status} ${text}`);
      return (text ? JSON.parse(text) : undefined) as T;
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      directory?.[Symbol.dispose]();
    },
  };
}
