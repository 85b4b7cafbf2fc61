import type { Metrics } from "../../src/domain/metrics.ts";
import type { Codec, CodecResult } from "./codec.ts";

const PROTOCOL = 2;
const HEAD_BYTES = 5;
/** Farthest that these ultrasonic heads see, in mm; beyond is no echo. */
const FARTHEST_MM = 10_000;

/** One block of 16-bit values; a frame says by its flags which blocks it has. */
interface Block {
  readonly words: number;
  read(values: readonly number[], metrics: Metrics): void;
}

const battery: Block = {
  words: 1,
  read: ([millivolts = 0], metrics) => {
    metrics.batteryV = millivolts / 1_000;
  },
};
/** Blocks by model (docs.decentlab.com); the battery is the last block of each. */
const layouts: Readonly<Record<string, readonly Block[]>> = {
  "dl-mbx": [
    {
      words: 2,
      read: ([distanceMm = 0, validSamples = 0], metrics) => {
        if (validSamples > 0 && distanceMm > 0 && distanceMm <= FARTHEST_MM) metrics.distanceMm = distanceMm;
      },
    },
    battery,
  ],
  "dl-sht35": [
    {
      words: 2,
      read: ([temperature = 0, humidity = 0], metrics) => {
        metrics.tempC = Math.round(((175 * temperature) / 65_535 - 45) * 100) / 100;
        metrics.humidityPct = Math.round(((100 * humidity) / 65_535) * 100) / 100;
      },
    },
    battery,
  ],
};
const DEFAULT_LAYOUT = "dl-mbx";

const problem = (reason: string, detail: string): CodecResult => ({ readings: [], problems: [{ reason, detail }] });
const bytesOf = (blocks: readonly Block[], flags: number): number =>
  blocks.reduce((sum, { words }, i) => ((flags >> i) & 1 ? sum + words * 2 : sum), HEAD_BYTES);

/** Decentlab, protocol 2: byte 2, device id, flags, then one block for each flag; big endian. */
export const decentlab: Codec = {
  id: "decentlab",
  title: { en: "Decentlab DL-MBX, DL-SHT35", zh: "Decentlab DL-MBX、DL-SHT35" },
  models: ["decentlab", "dl-mbx", "dl-sht"],
  recognises(bytes) {
    if (bytes[0] !== PROTOCOL || bytes.length < HEAD_BYTES + 2) return false;
    const flags = ((bytes[3] as number) << 8) | (bytes[4] as number);
    return flags > 0 && flags < 4 && bytes.length === bytesOf(layouts[DEFAULT_LAYOUT] ?? [], flags);
  },
  decode(bytes, _fPort, model) {
    if (bytes.length < HEAD_BYTES) return problem("truncated", `fewer than ${HEAD_BYTES} bytes`);
    if (bytes[0] !== PROTOCOL) return problem("unknownLayout", `protocol ${bytes[0]} is not ${PROTOCOL}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const flags = view.getUint16(3);
    const blocks = layouts[Object.keys(layouts).find((name) => model.includes(name)) ?? DEFAULT_LAYOUT] ?? [];
    if (flags >> blocks.length) return problem("unknownLayout", `flags ${flags} name blocks this model does not have`);
    if (bytes.length < bytesOf(blocks, flags)) return problem("truncated", "the frame ends before its last block");
    const metrics: Metrics = {};
    let at = HEAD_BYTES;
    for (const [i, { words, read }] of blocks.entries()) {
      if (!((flags >> i) & 1)) continue;
      const start = at;
      read(
        Array.from({ length: words }, (_, word) => view.getUint16(start + word * 2)),
        metrics,
      );
      at += words * 2;
    }
    const blind = (flags & 1) === 1 && blocks === layouts[DEFAULT_LAYOUT] && metrics.distanceMm === undefined;
    const reading = { at: null, metrics, hints: { nativeId: String(view.getUint16(1)) } };
    return { readings: [{ ...reading, ...(blind && { quality: ["sensorError"] as const }) }], problems: [] };
  },
  encode({ distanceMm, batteryV }) {
    if (distanceMm === undefined && batteryV === undefined) return null;
    const words = [
      ...(distanceMm === undefined ? [] : [Math.round(distanceMm), 1]),
      ...(batteryV === undefined ? [] : [Math.round(batteryV * 1_000)]),
    ];
    const flags = (distanceMm === undefined ? 0 : 1) | (batteryV === undefined ? 0 : 2);
    return {
      fPort: 1,
      bytes: Uint8Array.from([PROTOCOL, 1, 0x2f, 0, flags, ...words.flatMap((word) => [word >> 8, word & 0xff])]),
    };
  },
};
