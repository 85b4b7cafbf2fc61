import mqttPacket from "mqtt-packet";
import { expect, it } from "vitest";
import { startBareBroker } from "../simulators/load/bare-aedes.ts";
import { startLoad, vehicleMessages } from "../simulators/load/load.ts";
import { connectPacket, layOutWindow, stamp } from "../simulators/load/packets.ts";

function parse(bytes: Buffer): mqttPacket.Packet[] {
  const packets: mqttPacket.Packet[] = [];
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on("packet", (packet) => packets.push(packet));
  parser.parse(bytes);
  return packets;
}

it("writes packets another MQTT library reads, with the time patched in place", () => {
  const [connect] = parse(connectPacket("device-1", "device-1", "secret"));
  expect(connect).toMatchObject({ cmd: "connect", clientId: "device-1", username: "device-1", protocolVersion: 4 });
  const messages = vehicleMessages("vehicle-01", 3);
  const window = layOutWindow(messages, 6);
  for (let slot = 0; slot < 6; slot++) stamp(window.bytes, window.stamps[slot] ?? 0, 1_790_000_000_120 + slot);
  const packets = parse(window.bytes) as mqttPacket.IPublishPacket[];
  expect(packets.map((packet) => packet.messageId)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const [slot, packet] of packets.entries()) {
    expect(packet).toMatchObject({ cmd: "publish", qos: 1, topic: "kerbside/v1/vehicle/vehicle-01/telemetry" });
    const sent = JSON.parse(messages[slot % messages.length]?.payload ?? "{}");
    expect(JSON.parse(packet.payload.toString())).toEqual({ ...sent, ts: 1_790_000_000_120 + slot });
  }
});

it("counts every receipt of what it sent, at full speed and at a given rate", async () => {
  const broker = await startBareBroker();
  try {
    const load = { port: broker.port, connections: 20, window: 10, durationSeconds: 1, warmUpSeconds: 0 };
    const full = await startLoad(load);
    expect(full.receipted).toBe(full.sent);
    expect(await broker.count()).toBe(full.sent);
    expect(full.closedEarly).toBe(0);
    expect(full.receiptP99Ms).toBeGreaterThanOrEqual(full.receiptP50Ms);
    const paced = await startLoad({ ...load, ratePerSecond: 500 });
    expect(paced.sent).toBeGreaterThan(350);
    expect(paced.sent).toBeLessThan(650);
    expect(paced.receipted).toBe(paced.sent);
  } finally {
    await broker.stop();
  }
});

it("says when nobody listens", async () => {
  await expect(startLoad({ port: 1, connections: 1, window: 1, durationSeconds: 1 })).rejects.toThrow("ECONNREFUSED");
});
