import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import { dialectDrivers } from "../devices/index.ts";
import { startTestCenter } from "./support/running-center.ts";

interface Page<T> {
  readonly items: readonly T[];
}

const portOf = (url: string | null): string => new URL(url ?? "").port;
const bytesOf = (payload: unknown): Buffer =>
  payload instanceof Uint8Array
    ? Buffer.from(payload)
    : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload));

describe("dialects through the embedded broker", () => {
  test("every sample of every dialect gets its receipt; each device registers by itself and is alive", async () => {
    await using center = await startTestCenter({
      AUTO_REGISTER: "true",
      MQTT_MESSAGES_BURST: "10000",
      MQTT_BYTES_BURST: "100000000",
    });
    const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", {
      id: "gw-1",
      kind: "gateway",
      attributes: { devices: "*", dialects: "#" },
    });
    const client = await connectAsync(`mqtt://127.0.0.1:${portOf(center.mqtt)}`, { ...mqtt });
    const samples = dialectDrivers.flatMap((driver) => driver.samples);
    for (const { topic, payload } of samples) await client.publishAsync(topic, bytesOf(payload), { qos: 1 });

    const aliases = new Set(samples.flatMap(({ observations }) => observations.map(({ device }) => device)));
    const registered = new Map<string, { id: string; aliases: readonly string[]; kind: string }>();
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await center.rest<
        Page<{ id: string; aliases: readonly string[]; kind: string }> & { next?: string }
      >("GET", `/devices?limit=500${query}`);
      for (const device of page.items) for (const alias of device.aliases) registered.set(alias, device);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect([...aliases].filter((alias) => !registered.has(alias))).toEqual([]);
    const quarantine = await center.rest<Page<{ reason: string; topic: string; detail: string }>>(
      "GET",
      "/quarantine?limit=100",
    );
    expect(quarantine.items).toEqual([]);
    await client.endAsync();
  });
});
