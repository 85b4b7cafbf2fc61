import { WebSocket } from "ws";
import type { ScreensCall } from "./fan-out.ts";

/** Many screens in a process of their own, which only count what comes. */

let frames = 0;
let bytes = 0;
let upserts = 0;
let waitFor = Number.POSITIVE_INFINITY;
/** Frames of the burst under way, and when its first one came: one change goes to every socket once. */
let burst = 0;
let burstFrom = 0;

async function open({ url, sockets, greet = [], readyAfter }: ScreensCall): Promise<void> {
  const upsertMark = Buffer.from('"receivedAt"');
  await Promise.all(
    Array.from({ length: sockets }, (_, index) => {
      const ready = Promise.withResolvers<void>();
      const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
      let seen = 0;
      socket.on("open", () => {
        for (const frame of greet) socket.send(JSON.stringify(frame));
        if (readyAfter === 0) ready.resolve();
      });
      socket.on("message", (data: Buffer) => {
        frames++;
        if (burst++ === 0) burstFrom = performance.now();
        bytes += data.length;
        // Counted on one socket and scaled: the screens must not become what is measured.
        if (index === 0)
          for (let at = data.indexOf(upsertMark); at >= 0; at = data.indexOf(upsertMark, at + 1)) upserts += sockets;
        if (++seen === readyAfter) ready.resolve();
        if (frames >= waitFor) {
          waitFor = Number.POSITIVE_INFINITY;
          process.send?.({ burstMs: performance.now() - burstFrom });
        }
      });
      socket.on("error", ready.reject);
      return ready.promise;
    }),
  );
}

process.on("message", async (call: ScreensCall | { receive: number } | { counts: true }) => {
  if ("receive" in call) {
    waitFor = frames + call.receive;
    burst = 0;
    process.send?.({ waiting: true });
  } else if ("counts" in call) {
    process.send?.({ frames, bytes, upserts });
  } else {
    await open(call);
    process.send?.({ ready: true });
  }
});
