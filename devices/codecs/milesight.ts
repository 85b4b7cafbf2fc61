import type { Metrics } from "../../src/domain/metrics.ts";
import type { Codec, CodecReading } from "./codec.ts";

/**
 * Milesight EM300/EM400/EM500 items: channel, type, value, little endian. The distance stands on channel 3 (EM310, EM500) or
 * 4 (EM400), so the type decides. An unknown item ends decoding: its length is not known; what came before counts.
 */
export const milesight: Codec = {
  id: "milesight",
  models: ["em310", "em400", "em500", "milesight"],
  decode(bytes, fPort) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const metrics: Metrics = {};
    const history: CodecReading[] = [];
    const problems: { reason: string; detail: string }[] = [];
    if (fPort !== 85) problems.push({ reason: "fPort", detail: `Milesight sends on port 85, not ${fPort}` });
    let at = 0;
    const has = (length: number) => at + 2 + length <= bytes.length;
    while (at + 2 <= bytes.length) {
      const channel = bytes[at] as number;
      const type = bytes[at + 1] as number;
      const value = at + 2;
      if (channel === 0x01 && type === 0x75 && has(1)) {
        metrics.batteryPct = Math.min(100, bytes[value] as number);
        at += 3;
      } else if ((channel === 0x03 || channel === 0x04) && type === 0x82 && has(2)) {
        metrics.distanceMm = view.getUint16(value, true);
        at += 4;
      } else if (channel === 0x03 && type === 0x67 && has(2)) {
        metrics.tempC = view.getInt16(value, true) / 10;
        at += 4;
      } else if ((channel === 0x04 || channel === 0x05) && type === 0x00 && has(1)) {
        metrics.tilted = bytes[value] === 1 ? 1 : 0;
        at += 3;
      } else if (channel === 0x83 && type === 0x67 && has(3)) {
        metrics.tempC = view.getInt16(value, true) / 10;
        at += 5;
      } else if (channel === 0x84 && type === 0x82 && has(3)) {
        metrics.distanceMm = view.getUint16(value, true);
        at += 5;
      } else if (channel === 0x20 && type === 0xce && has(6)) {
        history.push({
          at: view.getUint32(value, true) * 1_000,
          metrics: { distanceMm: view.getUint16(value + 4, true) },
        });
        at += 8;
      } else {
        const item = `${channel.toString(16).padStart(2, "0")} ${type.toString(16).padStart(2, "0")}`;
        problems.push({ reason: "unknownItem", detail: `item ${item} at byte ${at} ends decoding` });
        break;
      }
    }
    const now: CodecReading[] = Object.keys(metrics).length > 0 ? [{ at: null, metrics }] : [];
    return { readings: [...history, ...now], problems };
  },
};

/** The bytes an EM400 sends for a reading. */
export function encodeMilesight({ batteryPct, tempC, distanceMm, tilted }: Metrics): Uint8Array {
  const bytes: number[] = [];
  const u16 = (value: number) => [value & 0xff, (value >> 8) & 0xff];
  if (batteryPct !== undefined) bytes.push(0x01, 0x75, Math.round(batteryPct));
  if (tempC !== undefined) bytes.push(0x03, 0x67, ...u16(Math.round(tempC * 10) & 0xffff));
  if (distanceMm !== undefined) bytes.push(0x04, 0x82, ...u16(Math.round(distanceMm)));
  if (tilted !== undefined) bytes.push(0x05, 0x00, tilted);
  return Uint8Array.from(bytes);
}
