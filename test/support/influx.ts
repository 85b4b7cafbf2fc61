import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { temporaryDirectory } from "./directory.ts";

/** Real servers that take line protocol, and one that breaks in every way a real one does. */

export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url: string, ended: () => string | null): Promise<void> {
  for (;;) {
    const why = ended();
    if (why) throw new Error(why);
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startProcess(command: string, parameters: string[], ready: string): Promise<AsyncDisposable> {
  const child = spawn(command, parameters, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  let ended: string | null = null;
  child.stderr.on("data", (text) => {
    log = `${log}${text}`.slice(-2_000);
  });
  child.once("exit", (code) => {
    ended = `${command} ended with ${code}: ${log}`;
  });
  child.once("error", (error) => {
    ended = `${command} cannot be started: ${error.message}`;
  });
  await answers(ready, () => ended);
  return {
    async [Symbol.asyncDispose]() {
      if (ended) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

export interface InfluxServer extends AsyncDisposable {
  /** Where the center writes (`/api/v2/write`) and reads (`/query`). */
  readonly url: string;
  query(text: string): Promise<(number | string | null)[][]>;
}

/**
 * Debian's InfluxDB 1.6.7 with an empty database. Its `/write` takes the same lines as `/api/v2/write`, so a small server
 * before it renames the request and leaves everything else as it is.
 */
export async function startInflux(database = "kerbside"): Promise<InfluxServer> {
  const directory = temporaryDirectory();
  const port = await freePort();
  const config = join(directory.path, "influxdb.conf");
  mkdirSync(join(directory.path, "data"));
  const at = (name: string) => JSON.stringify(join(directory.path, name));
  writeFileSync(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${await freePort()}"
[meta]
dir = ${at("meta")}
[data]
dir = ${at("data")}
wal-dir = ${at("wal")}
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
[monitor]
store-enabled = false
`,
  );
  const influxd = await startProcess("influxd", ["-config", config], `http://127.0.0.1:${port}/ping`);
  await fetch(`http://127.0.0.1:${port}/query?q=CREATE DATABASE "${database}"`, { method: "POST" });

  const mapper = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", "http://mapper");
    if (url.pathname === "/api/v2/write") {
      const precision = url.searchParams.get("precision") ?? "ns";
      url.search = new URLSearchParams({ db: url.searchParams.get("bucket") ?? "", precision }).toString();
      url.pathname = "/write";
    }
    // 1.6 knows users, not tokens; here it has neither.
    const { authorization: _token, host: _host, ...headers } = incoming.headers;
    const onward = request(
      { port, host: "127.0.0.1", method: incoming.method, path: `${url.pathname}${url.search}`, headers },
      (response) => {
        outgoing.writeHead(response.statusCode ?? 500, response.headers);
        response.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  }).listen(0, "127.0.0.1");
  await once(mapper, "listening");
  return {
    url: `http://127.0.0.1:${(mapper.address() as AddressInfo).port}`,
    async query(text) {
      const search = new URLSearchParams({ db: database, epoch: "ns", q: text });
      const response = await fetch(`http://127.0.0.1:${port}/query?${search}`);
      const body = (await response.json()) as {
        results: { error?: string; series?: { values: (number | string | null)[][] }[] }[];
      };
      if (body.results[0]?.error) throw new Error(body.results[0].error);
      return (body.results[0]?.series ?? []).flatMap(({ values }) => values);
    },
    async [Symbol.asyncDispose]() {
      mapper.closeAllConnections();
      mapper.close();
      await influxd[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

export interface VictoriaServer extends AsyncDisposable {
  readonly url: string;
  /** Every stored sample of the series that match, e.g. `{db="kerbside"}`. */
  export(match: string): Promise<{ metric: Record<string, string>; values: number[]; timestamps: number[] }[]>;
  /** An instant query in PromQL. */
  promql(text: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]>;
}

/** Debian's victoria-metrics: takes `/api/v2/write` as it is, and answers PromQL. */
export async function startVictoria(parameters: string[] = []): Promise<VictoriaServer> {
  const directory = temporaryDirectory();
  const url = `http://127.0.0.1:${await freePort()}`;
  const server = await startProcess(
    "victoria-metrics",
    [
      `-storageDataPath=${directory.path}`,
      `-httpListenAddr=${url.slice(7)}`,
      "-retentionPeriod=100y",
      "-search.latencyOffset=0s",
      "-memory.allowedBytes=128MB",
      ...parameters,
    ],
    `${url}/health`,
  );
  return {
    url,
    async export(match) {
      await fetch(`${url}/internal/force_flush`);
      const text = await (await fetch(`${url}/api/v1/export?match[]=${encodeURIComponent(match)}`)).text();
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
    },
    async promql(text) {
      await fetch(`${url}/internal/force_flush`);
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`);
      const body = (await response.json()) as { error?: string; data: { result: never[] } };
      if (!response.ok) throw new Error(body.error);
      return body.data.result;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

/** What the breaking server does with a request; `take` stores it. */
export type Fault =
  | "take"
  /** Stored, but the answer never arrives. */
  | "lose204"
  | "hang"
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface FaultyServer extends AsyncDisposable {
  readonly url: string;
  /** Stored points by series and time: a repetition replaces, as in InfluxDB. */
  readonly points: ReadonlyMap<string, string>;
  readonly requests: readonly { readonly lines: number; readonly authorization: string | undefined }[];
  /** Requests that wait for an answer that never comes, and how many have given that up. */
  readonly hanging: number;
  readonly left: number;
  /** Decides about each request; the default takes everything. */
  decide(rule: (lines: readonly string[], request: number) => Fault): void;
  /** Refuses connections until `listen`. */
  close(): Promise<void>;
  listen(): Promise<void>;
}

export async function startFaultyInflux(): Promise<FaultyServer> {
  const points = new Map<string, string>();
  const requests: { lines: number; authorization: string | undefined }[] = [];
  let rule: (lines: readonly string[], request: number) => Fault = () => "take";
  let hanging = 0;
  let left = 0;
  const store = (lines: readonly string[]) => {
    for (const line of lines) {
      const [, series, time] = /^((?:\\.|[^ ])+) .* (\d+)$/.exec(line) ?? [];
      points.set(`${series} ${time}`, line);
    }
  };
  const onRequest = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const bytes = Buffer.concat(parts);
    const text = (incoming.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString();
    const lines = text.split("\n");
    requests.push({ lines: lines.length, authorization: incoming.headers.authorization });
    const fault = rule(lines, requests.length);
    if (fault === "hang") {
      hanging++;
      outgoing.once("close", () => {
        hanging--;
        left++;
      });
      return;
    }
    if (fault === "lose204") {
      store(lines);
      outgoing.destroy();
    } else if (fault === "take") {
      store(lines);
      outgoing.writeHead(204).end();
    } else {
      outgoing.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      outgoing.end(fault.body ?? JSON.stringify({ code: "test", message: `status ${fault.status}` }));
    }
  };
  const server = createServer((incoming, outgoing) => {
    onRequest(incoming, outgoing).catch(() => outgoing.destroy());
  });
  let port = 0;
  const listen = async () => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
  };
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  await listen();
  return {
    url: `http://127.0.0.1:${port}`,
    points,
    requests,
    get hanging() {
      return hanging;
    },
    get left() {
      return left;
    },
    decide: (next) => {
      rule = next;
    },
    close,
    listen,
    [Symbol.asyncDispose]: close,
  };
}
