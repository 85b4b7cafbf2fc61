import { fork } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { Aedes } from "aedes";

/**
 * The baseline of the ingest benchmark: aedes as it comes, in a process of its own, that counts messages and nothing else.
 * What the center reaches is stated as a share of this, measured in the same run.
 */
export interface BareBroker {
  readonly port: number;
  /** Messages received so far. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the baseline broker on a free port of the loopback address. */
export async function startBareBroker(): Promise<BareBroker> {
  const child = fork(fileURLToPath(import.meta.url), ["serve"]);
  const first = Promise.withResolvers<number>();
  let answer = Promise.withResolvers<number>();
  child.on("message", (message: { port?: number; count?: number }) => {
    if (message.port !== undefined) first.resolve(message.port);
    if (message.count !== undefined) answer.resolve(message.count);
  });
  child.on("exit", (code) => first.reject(new Error(`the baseline broker ended with code ${code}`)));
  const port = await first.promise;
  return {
    port,
    count() {
      answer = Promise.withResolvers<number>();
      child.send("count");
      return answer.promise;
    },
    async stop() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await gone;
    },
  };
}

async function serve(): Promise<void> {
  let count = 0;
  const broker = await Aedes.createBroker({
    authorizePublish: (_client, _packet, done) => {
      count++;
      done(null);
    },
  });
  const server = createServer({ noDelay: true }, broker.handle);
  server.listen({ port: 0, host: "127.0.0.1", backlog: 2_000 }, () => {
    const address = server.address();
    if (address && typeof address === "object") process.send?.({ port: address.port });
  });
  process.on("message", (message) => {
    if (message === "count") process.send?.({ count });
  });
  process.on("disconnect", () => process.exit(0));
}

if (process.argv[2] === "serve" && process.send) await serve();
