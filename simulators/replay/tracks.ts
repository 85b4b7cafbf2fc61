import { createHash } from "node:crypto";
import { deviceIdPattern } from "../../src/domain/device.ts";
import type { Observation } from "../../src/domain/observation.ts";
import type { SimulatedDevice } from "../actors/actor.ts";
import type { Options } from "../cli.ts";
import type { Outgoing } from "../player.ts";
import { type Registration, registrationOf } from "../register.ts";
import { encode } from "../wire.ts";
import { readCsv } from "./files.ts";
import { type Mapping, mappingHelp, parseMappings, type Row, readMetrics } from "./mapping.ts";
import type { Tape } from "./replay.ts";

/** What a dialect calls a device; the native one calls it by its id. */
function aliasOf(dialect: string, id: string): string | null {
  if (dialect === "native") return null;
  if (dialect.startsWith("traccar")) return `imei:${id}`;
  if (dialect.startsWith("owntracks")) return `ot:replay/${id}`;
  if (dialect.startsWith("frigate")) return `frigate:${id}`;
  // A LoRaWAN device has 16 hexadecimal digits; made of the id, so that the same file gives the same devices.
  if (dialect.startsWith("chirpstack")) return `eui:${createHash("sha256").update(id).digest("hex").slice(0, 16)}`;
  return id;
}

/** Letters an MQTT topic or a device id must not have become dashes. */
function idFrom(text: string | undefined): string | null {
  const id = (text ?? "")
    .trim()
    .replace(/[^A-Za-z0-9_.:-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64);
  return deviceIdPattern.test(id) ? id : null;
}

/** The options that say how rows become messages. */
export type MappingOptions = Pick<Options, "map" | "zone" | "devices" | "deviceMap">;

/**
 * Turns the rows of a recording into messages in the chosen dialect, ordered by time.
 * @param endAt given the span in milliseconds, when the last record shall lie; without it times stay as recorded
 */
export function mapRecording(rows: readonly Row[], options: MappingOptions, endAt?: (spanMs: number) => number): Tape {
  if (options.map.length === 0) throw new Error(`rows need --map. Use ${mappingHelp}`);
  const mappings = parseMappings(options.map);
  const devices = new Map<string, SimulatedDevice>();
  const readings: { at: number; device: SimulatedDevice; observation: Observation }[] = [];
  const leftOut = new Map<string, number>();
  const leave = (reason: string): void => void leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
  for (const row of rows) {
    for (const mapping of mappings) {
      const id = idFrom(mapping.id(row));
      const at = mapping.at(row, options.zone);
      const metrics = readMetrics(mapping, row);
      if (!id) leave("no usable device id");
      else if (Number.isNaN(at)) leave("no readable time");
      else if (Object.keys(metrics).length === 0) leave("no value");
      else {
        const device = devices.get(id) ?? newDevice(id, mapping, row);
        devices.set(id, device);
        readings.push({ at, device, observation: { device: device.alias ?? id, at, atSource: "device", metrics } });
      }
    }
  }
  readings.sort((a, b) => a.at - b.at);
  const [firstAt = 0, lastAt = 0] = [readings[0]?.at, readings.at(-1)?.at];
  const shiftMs = endAt ? endAt(lastAt - firstAt) - lastAt : 0;
  const messages: Omit<Outgoing, "login">[] = [];
  for (const { at: recordedAt, device, observation } of readings) {
    const at = recordedAt + shiftMs;
    const written = encode(device, [{ ...observation, at }]);
    if (written.length === 0) leave(`the dialect ${device.dialect} cannot say it`);
    for (const message of written) messages.push({ ...message, at });
  }
  const timesOf = Map.groupBy(readings, (reading) => reading.device.id);
  const registrations = [...devices.values()].map((device) => {
    const times = (timesOf.get(device.id) ?? []).map((reading) => reading.at);
    return registrationOf({ ...device, attributes: { reportEverySeconds: usualSeconds(times), ...device.attributes } });
  });
  return { messages, devices: withPlaces(registrations, options), leftOut };
}

function newDevice(id: string, mapping: Mapping, row: Row): SimulatedDevice {
  const alias = aliasOf(mapping.dialect, id);
  return {
    id,
    kind: mapping.kind,
    name: mapping.name?.(row)?.trim() || id,
    dialect: mapping.dialect,
    ...(alias && { alias }),
    gatewayId: null,
    attributes: attributesOf(mapping.attributes, row),
  };
}

function attributesOf(expressions: Mapping["attributes"], row: Row): Record<string, string | number> {
  const attributes: Record<string, string | number> = {};
  for (const [name, expression] of expressions) {
    const value = expression(row);
    if (value === undefined || value === "") continue;
    attributes[name] = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return attributes;
}

/** What 95 of 100 intervals do not exceed: a device that is silent for longer is missing, not slow. Times are in order. */
function usualSeconds(times: readonly number[]): number {
  const intervals = times.slice(1).map((at, i) => at - (times[i] ?? at));
  intervals.sort((a, b) => a - b);
  return Math.max(60, Math.ceil((intervals[Math.floor(intervals.length * 0.95)] ?? 0) / 1_000));
}

/** Joins names, places and attributes from a second file. */
function withPlaces(
  registrations: readonly Registration[],
  { devices, deviceMap }: Pick<MappingOptions, "devices" | "deviceMap">,
): readonly Registration[] {
  if (devices === undefined) return registrations;
  if (deviceMap === undefined) throw new Error("--devices FILE needs --device-map id=…,lat=…,lon=…,name=…");
  const [mapping] = parseMappings([`kind=bin,ts=none,${deviceMap}`]);
  if (!mapping) return registrations;
  const known = new Map<string, Pick<Registration, "name" | "attributes"> & { place?: Record<string, number> }>();
  for (const row of readCsv(devices)) {
    const id = idFrom(mapping.id(row));
    const { lat, lon } = readMetrics(mapping, row);
    if (!id) continue;
    known.set(id, {
      name: mapping.name?.(row)?.trim() || id,
      attributes: attributesOf(mapping.attributes, row),
      ...(lat !== undefined && lon !== undefined && { place: { lat, lon } }),
    });
  }
  return registrations.map((registration) => {
    const found = known.get(registration.id);
    if (!found) return registration;
    return { ...registration, ...found, attributes: { ...registration.attributes, ...found.attributes } };
  });
}
