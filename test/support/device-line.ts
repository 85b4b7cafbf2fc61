import { createDecoder } from "../../devices/index.ts";
import { Changes } from "../../src/center/changes.ts";
import { createPipeline } from "../../src/center/pipeline.ts";
import { createQuarantine } from "../../src/center/quarantine.ts";
import { createRegistry } from "../../src/center/registry.ts";
import { createGeography } from "../../src/district/geography.ts";
import type { Device } from "../../src/domain/device.ts";
import type { Kind } from "../../src/domain/kinds.ts";
import type { Millis } from "../../src/domain/time.ts";
import type { Reading } from "../../src/store/kept.ts";
import { decodeReadings } from "../../src/store/readings.ts";
import { MORNING, openDesk } from "./alert-desk.ts";

/** Decoder, pipeline, world and alerts as the center wires them, without a door and without a disk. */
export function openLine() {
  const desk = openDesk();
  const registry = createRegistry({
    restored: { devices: [], nextDeviceNumber: 1 },
    geography: { current: createGeography([]) },
    pepper: new Uint8Array(32),
    changed: (id, device) => desk.world.deviceChanged(id, device),
  });
  const quarantine = createQuarantine(60);
  const { apply, counters } = createPipeline({
    decoder: createDecoder(),
    registry,
    world: desk.world,
    operations: { see() {} },
    alerting: desk.alerting,
    kpis: { see() {} },
    quarantine,
    autoRegister: null,
  });
  let now = MORNING;
  let changes = new Changes();
  return {
    counters,
    quarantine,
    desk,
    register(id: string, kind: Kind, alias: string, attributes: Device["attributes"] = {}): void {
      registry.put({ id, kind, aliases: [alias], attributes, place: null }, now, changes);
    },
    subject: (id: string) => desk.world.subject(id)!,
    /** A message arrives; the readings it left. */
    receive(topic: string, payload: unknown, at: Millis = now): Reading[] {
      now = at;
      changes = new Changes();
      const bytes = payload instanceof Uint8Array ? payload : Buffer.from(JSON.stringify(payload));
      apply({ topic, payload: bytes, receivedAt: at, principal: null }, at, changes);
      const readings: Reading[] = [];
      const packed = changes.readings.finish();
      if (packed) decodeReadings(packed, (reading) => readings.push(reading));
      return readings;
    },
  };
}
