import type { Device } from "../domain/device.ts";
import { decodeReadings } from "../store/readings.ts";
import type { Store } from "../store/store.ts";
import type { World } from "./world.ts";

/** The world as it was: states that were kept, and over them what came since. */
export function restoreWorld(
  world: World,
  byNumber: (number: number) => Device | undefined,
  devices: readonly Device[],
  { restored }: Store,
): void {
  for (const device of devices) world.deviceChanged(device.id, device);
  for (const checkpoint of restored.subjects) {
    const device = byNumber(checkpoint.device);
    if (device) world.restore(device, checkpoint);
  }
  for (const batch of restored.tail) {
    decodeReadings(batch, (reading) => {
      const device = byNumber(reading.device);
      if (device) world.replay(device, reading);
    });
  }
}
