import type { Observation } from "../../src/domain/observation.ts";
import type { DecodeProblem, DecodeResult } from "../driver.ts";
import { MILESIGHT_PORT } from "../lorawan/milesight.ts";
import { type Envelope, readUplink } from "../lorawan/uplink.ts";
import { checkMetrics, withFlag } from "../readings.ts";
import { readTimestamp } from "../timestamp.ts";

const MILESIGHT_START = 0x02;
/** Start, product, length, flag, counter, protocol; then texts. */
const MILESIGHT_TEXTS_AT = 9;
const MILESIGHT_LENGTH_FROM = 5;
const TEXTS = { software: 4, hardware: 4, serial: 16, imei: 15, imsi: 15, iccid: 20 } as const;

/** Dragino: two numbers of 15 digits as half-bytes behind an F, version, battery, signal, mode, interrupt, then readings. */
const DRAGINO_HEAD_BYTES = 24;
const DRAGINO_RECORD_BYTES = 6;
/** 0: no sensor; 20: nearer than the blind zone. */
const NO_DISTANCE = new Set([0, 20]);
const CSQ_UNKNOWN = 99;

/** Signal strength of GSM in dBm; 99 is unknown. */
const dbm = (csq: number): number | undefined => (csq > 31 || csq === CSQ_UNKNOWN ? undefined : 2 * csq - 113);

export type FrameKind = "milesight-nb" | "dragino-nb";

/** Which of the frames these bytes are, by what no other has; null for none. */
export function frameKind(bytes: Uint8Array): FrameKind | null {
  if (bytes.length > MILESIGHT_TEXTS_AT + 74 && bytes[0] === MILESIGHT_START) {
    const length = ((bytes[3] as number) << 8) | (bytes[4] as number);
    if (length === bytes.length - MILESIGHT_LENGTH_FROM) return "milesight-nb";
  }
  if (bytes.length >= DRAGINO_HEAD_BYTES + DRAGINO_RECORD_BYTES && imeiAt(bytes, 0) && imeiAt(bytes, 8))
    return "dragino-nb";
  return null;
}

const imeiAt = (bytes: Uint8Array, at: number): string | null =>
  /^f(\d{15})$/.exec(Buffer.from(bytes.subarray(at, at + 8)).toString("hex"))?.[1] ?? null;

const refusedFrame = (reason: string, detail: string): DecodeResult => ({
  observations: [],
  refused: { reason, detail },
});

/** What a vendor's frame says. `platformAt`: when an operator's platform had it, where one did. */
export function readFrame(bytes: Uint8Array, platformAt: number | null): DecodeResult {
  const kind = frameKind(bytes);
  if (kind === "milesight-nb") return milesightFrame(bytes, platformAt);
  if (kind === "dragino-nb") return draginoFrame(bytes);
  return refusedFrame("unknownLayout", "the bytes are no frame of a known sensor");
}

function milesightFrame(bytes: Uint8Array, platformAt: number | null): DecodeResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: Record<string, string> = {};
  let at = MILESIGHT_TEXTS_AT;
  for (const [name, length] of Object.entries(TEXTS)) {
    texts[name] = Buffer.from(bytes.subarray(at, at + length)).toString("latin1");
    at += length;
  }
  const { imei = "", serial = "", imsi = "", iccid = "" } = texts;
  if (!/^\d{15}$/.test(imei)) return refusedFrame("identity", "the frame holds no IMEI");
  const rssiDbm = dbm(view.getUint8(at));
  const length = view.getUint16(at + 1);
  const items = bytes.subarray(at + 3, at + 3 + length);
  const device = `imei:${imei}`;
  const envelope: Envelope = {
    device,
    // The frame has no time of its own.
    ...(platformAt === null ? { at: null, atSource: "receiveTime" } : { at: platformAt, atSource: "platform" }),
    key: `${device} ${view.getUint16(6)} ${platformAt ?? Buffer.from(items).toString("base64")}`,
    hints: { kind: "bin", serial, imsi, iccid },
  };
  const link = rssiDbm === undefined ? {} : { rssiDbm };
  return readUplink({ envelope, link, bytes: items, names: "em400", fPort: MILESIGHT_PORT });
}

function draginoFrame(bytes: Uint8Array): DecodeResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const device = `imei:${imeiAt(bytes, 0)}`;
  const rssiDbm = dbm(view.getUint8(20));
  const observations: Observation[] = [];
  const problems: DecodeProblem[] = [];
  // The present first, then what was kept, newest first.
  let at = DRAGINO_HEAD_BYTES;
  for (; at + DRAGINO_RECORD_BYTES <= bytes.length; at += DRAGINO_RECORD_BYTES) {
    const present = at === DRAGINO_HEAD_BYTES;
    const distance = view.getUint16(at);
    const seconds = view.getUint32(at + 2);
    const time = readTimestamp(seconds);
    if (!("at" in time) && !present) {
      problems.push({ reason: "clock", detail: `a kept reading of ${seconds} s has no usable time` });
      continue;
    }
    const blind = NO_DISTANCE.has(distance);
    const given = {
      ...(!blind && { distanceMm: distance }),
      ...(present && { batteryV: view.getUint16(18) / 1_000, rssiDbm }),
    };
    const checked = checkMetrics(given, ["distanceMm", "batteryV", "rssiDbm"]);
    let { quality } = checked;
    if (blind) quality = withFlag(quality, "sensorError");
    if (!("at" in time)) quality = withFlag(quality, "clockDefault");
    observations.push({
      device,
      at: "at" in time ? time.at : null,
      atSource: "at" in time ? "device" : "receiveTime",
      metrics: checked.metrics,
      ...("at" in time && { key: `${device} ${seconds}` }),
      ...(!present && { buffered: true }),
      ...(quality.length > 0 && { quality }),
      hints: { kind: "bin", imsi: imeiAt(bytes, 8) ?? "" },
    });
  }
  if (at < bytes.length) problems.push({ reason: "truncated", detail: `${bytes.length - at} bytes are left over` });
  return { observations, problems };
}
