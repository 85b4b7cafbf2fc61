import { pino } from "pino";
import { ConfigError, readConfig } from "./config.ts";
import { startCenter } from "./server.ts";

/** `npm start`: the center alone, for real devices. */
try {
  const config = readConfig(process.env);
  const logger = pino({ level: config.LOG_LEVEL });
  const running = await startCenter(config, { logger });
  const { http, mqtt, mqtts, jt808, teltonika, adminToken } = running;
  process.stdout.write(`${JSON.stringify({ msg: "ready", http, mqtt, mqtts, jt808, teltonika })}\n`);
  if (adminToken) {
    process.stderr.write(`The administrator's token, shown only this once, keep it safe: ${adminToken}\n`);
  }

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping");
    // Whatever hangs must not keep a supervisor waiting: what is receipted is on disk already.
    setTimeout(() => process.exit(0), 9_500).unref();
    await running[Symbol.asyncDispose]();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
} catch (error) {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exit(1);
}

function startFailure(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, port, address, message } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === "EADDRINUSE") return `Port ${port} on ${address} is in use: stop the other program or set another port.`;
  if (code === "EACCES") return `${message}: no permission; choose a port above 1023 or a folder that may be written.`;
  if (message === "database is locked") {
    return "Another program has the data open for itself alone, such as kerbside import: start when it has ended.";
  }
  return `Kerbside cannot start: ${message}`;
}
