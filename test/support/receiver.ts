import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Record<string, unknown> & { alert: Record<string, unknown> };
}

/** An HTTP server that keeps what it gets and answers as the test wants: a status, headers, or nothing at all (0). */
export async function startReceiver(
  answer: (request: Received, number: number) => number | [number, object] = () => 204,
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const { method = "", url: path = "", headers } = request;
      const got = { method, path, headers, text, body: text ? JSON.parse(text) : {} };
      received.push(got);
      const said = answer(got, received.length);
      const [status, more] = Array.isArray(said) ? said : [said, {}];
      if (status === 0) request.socket.destroy();
      else response.writeHead(status, { ...more }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    port,
    url: `http://127.0.0.1:${port}/hook`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
