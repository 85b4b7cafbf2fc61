import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { connectAsync } from "mqtt";
import { generate } from "mqtt-packet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** Real certificates, made by openssl: an authority, a server, a device, and a device of somebody else's authority. */
const directory = temporaryDirectory();
const file = (name: string) => join(directory.path, name);
const openssl = (...parameters: string[]) => execFileSync("openssl", parameters, { stdio: "ignore" });

function authority(name: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file(`${name}.key`)];
  openssl("req", "-x509", ...key, "-out", file(`${name}.pem`), "-subj", `/CN=${name}`, "-days", "2");
}

function certificate(name: string, issuer: string): void {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file(`${name}.key`)];
  openssl("req", ...key, "-out", file(`${name}.csr`), "-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1");
  const signer = ["-CA", file(`${issuer}.pem`), "-CAkey", file(`${issuer}.key`), "-CAcreateserial"];
  const copied = ["-copy_extensions", "copy"];
  openssl("x509", "-req", "-in", file(`${name}.csr`), ...signer, ...copied, "-out", file(`${name}.pem`), "-days", "2");
}

let center: TestCenter;
let login: { username: string; password: string };

beforeAll(async () => {
  for (const name of ["city", "stranger"]) authority(name);
  certificate("server", "city");
  certificate("device", "city");
  certificate("forged", "stranger");
  center = await startTestCenter({
    MQTTS_PORT: "0",
    TLS_CERT: file("server.pem"),
    TLS_KEY: file("server.key"),
    TLS_CLIENT_CA: file("city.pem"),
  });
  ({ mqtt: login } = await center.rest<{ mqtt: typeof login }>("POST", "/devices", { id: "bin-1", kind: "bin" }));
});
afterAll(async () => {
  await center?.[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const secured = (name?: string) => ({
  ca: readFileSync(file("city.pem")),
  ...(name && { cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) }),
});

/** Sends CONNECT over TLS; true when the broker answers, false when the connection ends without an answer. */
function isAnswered(name?: string): Promise<boolean> {
  const { hostname: host, port } = new URL(center.mqtts as string);
  return new Promise((resolve) => {
    const socket = connectTls({ host, port: Number(port), ...secured(name) });
    const { username, password } = login;
    socket.write(
      generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clean: true,
        clientId: "device",
        keepalive: 60,
        username,
        password: Buffer.from(password),
      }),
    );
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(false));
  });
}

describe("MQTT over TLS with client certificates", () => {
  test("a device with the city's certificate and its secret is served", async () => {
    const client = await connectAsync(center.mqtts as string, { ...login, ...secured("device"), reconnectPeriod: 0 });
    await client.publishAsync("kerbside/v1/bin/bin-1/telemetry", '{"fillPct":42}', { qos: 1 });
    await client.endAsync();
    const { metrics } = await center.rest<{ metrics: { fillPct: number } }>("GET", "/devices/bin-1");
    expect(metrics.fillPct).toBe(42);
  });

  test("without a certificate, or with somebody else's, the secret alone opens nothing", async () => {
    expect(await isAnswered("device")).toBe(true);
    expect(await isAnswered()).toBe(false);
    expect(await isAnswered("forged")).toBe(false);
  });
});
