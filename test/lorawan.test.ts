import { describe, expect, test } from "vitest";
import { createDecoder, drivers } from "../devices/index.ts";
import { codecs } from "../devices/lorawan/uplink.ts";
import type { Metrics } from "../src/domain/metrics.ts";

const decoder = createDecoder();
const NOW = 1_790_000_000_000;
const EUI = "24e124713d00041a";

const servers = ["chirpstack-v4", "tts-v3", "loriot", "milesight-gateway"] as const;
/** A model of each family, and what it can measure. */
const sensors: readonly (readonly [model: string, metrics: Metrics])[] = [
  ["EM400-MUD", { batteryPct: 75, tempC: -5.1, distanceMm: 1_000, tilted: 0 }],
  ["EM310-UDL", { batteryPct: 92, distanceMm: 2_116, tilted: 1 }],
  ["EM500-UDL", { batteryPct: 100, distanceMm: 30 }],
  ["DDS75-LB", { batteryV: 3.302, distanceMm: 1_443, tempC: 24.1 }],
  ["Decentlab DL-MBX", { batteryV: 2.993, distanceMm: 1_234 }],
  ["ELSYS ELT Ultrasonic", { tempC: 22.6, humidityPct: 41, distanceMm: 8_977, batteryV: 3.6 }],
  ["WILSEN.sonic.level", { distanceMm: 650, fillPct: 89, tempC: 8.5, batteryV: 3.4 }],
  ["Lobaro Oskar v2", { distanceMm: 850, batteryV: 3.434, tempC: 20.3 }],
];

/** A frame as a network server that is told the model hands it on. */
function receive(model: string, fPort: number, hex: string) {
  const payload = {
    time: "2026-09-21T14:13:20Z",
    deviceInfo: { devEui: EUI, deviceProfileName: model },
    fPort,
    data: Buffer.from(hex, "hex").toString("base64"),
  };
  const decoded = decoder.decode(`application/a/device/${EUI}/event/up`, Buffer.from(JSON.stringify(payload)), NOW);
  if ("refused" in decoded) throw new Error(decoded.refused.detail);
  return decoded;
}

describe("every network server carries every sensor", () => {
  for (const server of servers) {
    const driver = drivers.find(({ id }) => id === server);
    test.for(sensors)(`${server}: %s`, ([model, metrics]) => {
      const target = { id: "bin-1", kind: "bin", alias: `eui:${EUI}`, attributes: { model } } as const;
      const observation = { device: `eui:${EUI}`, at: NOW, atSource: "networkServer", metrics } as const;
      const message = driver?.encode?.(observation, target);
      if (!message) throw new Error("nothing was encoded");
      // LORIOT names no model: only frames that can be nothing else are read there.
      if (server === "loriot" && (model.startsWith("ELSYS") || model.startsWith("DDS"))) return;
      const decoded = decoder.decode(message.topic, Buffer.from(JSON.stringify(message.payload)), NOW);
      if ("refused" in decoded) throw new Error(decoded.refused.detail);
      expect(decoded.problems).toEqual([]);
      expect(decoded.observations[0]).toMatchObject({ device: `eui:${EUI}`, at: NOW, metrics });
    });
  }

  test("every family has a model above", () => {
    for (const { models } of codecs) {
      expect(sensors.some(([model]) => models.some((name) => model.toLowerCase().includes(name)))).toBe(true);
    }
  });
});

describe("sentinels are no readings", () => {
  test.for([
    ["WILSEN: too near, 100 %", "WILSEN", 1, "040b010000030b066403510124", { batteryV: 3.6 }],
    ["WILSEN: out of range", "WILSEN", 1, "040b01ffff030b066403510124", { batteryV: 3.6 }],
    ["Decentlab: no valid sample", "DL-MBX", 1, "02012f000304d200000bb1", { batteryV: 2.993 }],
    ["Lobaro: only the wall", "Oskar", 2, "6a0dcb000020080000902f1e3c", { batteryV: 3.434, tempC: 20.3 }],
    ["Dragino: no sensor", "DDS75", 2, "0e1c000000000000", { batteryV: 3.612 }],
    ["ELSYS: no echo", "ELT Ultrasonic", 1, "0100e20effff", { tempC: 22.6 }],
  ] as const)("%s", ([, model, fPort, hex, metrics]) => {
    const { observations } = receive(model, fPort, hex);
    expect(observations).toMatchObject([{ metrics, quality: ["sensorError"] }]);
    expect(Object.keys(observations[0]?.metrics ?? {}).sort()).toEqual(Object.keys(metrics).sort());
  });
});

describe("one frame, several models", () => {
  test("channel 05 00 is a tilt on a bin sensor and a leak on a leak sensor", () => {
    expect(receive("EM400-MUD", 85, "050001").observations[0]?.metrics).toEqual({ tilted: 1 });
    expect(receive("EM300-ZLD", 85, "050001").observations[0]?.metrics).toEqual({ leak: 1 });
  });

  test("a sensor's own position, whichever way round its firmware writes it; −1 is none", () => {
    const latitude = "00ae5a01";
    const longitude = "20ffc906";
    for (const pair of [latitude + longitude, longitude + latitude]) {
      const { lat = 0, lon = 0 } = receive("EM400-MUD", 85, `0688${pair}00`).observations[0]?.metrics ?? {};
      expect(lat).toBeCloseTo(22.72, 3);
      expect(lon).toBeCloseTo(113.901, 3);
    }
    expect(receive("EM400-MUD", 85, "0175640688ffffffffffffffff00").observations[0]?.metrics).toEqual({
      batteryPct: 100,
    });
  });

  test("kept readings come with their own time, before the present one", () => {
    const { observations } = receive("EM300-TH", 85, "20cea0c0b16afa0078036701010468" + "70");
    expect(observations).toMatchObject([
      { buffered: true, atSource: "device", metrics: { tempC: 25, humidityPct: 60 } },
      { atSource: "networkServer", metrics: { tempC: 25.7, humidityPct: 56 } },
    ]);
    expect(observations[1]).not.toHaveProperty("buffered");
  });

  test("WILSEN: positions by their id, in any order; 0/0 is none", () => {
    const item = (id: string, value: string) => `06${id}${value}`;
    const position = [item("5002", "007d2178"), item("5001", "02f1c3df")];
    for (const order of [position, position.toReversed()]) {
      expect(receive("WILSEN", 1, `040b010041${order.join("")}`).observations[0]?.metrics).toEqual({
        ...{ distanceMm: 650, lat: 49.398751, lon: 8.200568 },
      });
    }
    const none = receive("WILSEN", 1, `040b010041${item("5002", "00000000")}${item("5001", "00000000")}`);
    expect(none.observations).toMatchObject([{ metrics: { distanceMm: 650 }, quality: ["zeroFix"] }]);
  });
});
