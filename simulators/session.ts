import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../src/config.ts";
import { ManualClock, type Millis } from "../src/domain/time.ts";
import { type RunningCenter, startCenter } from "../src/server.ts";
import { createRest, type Rest } from "./rest.ts";

/** A center of the simulators' own, whose time moves only as they tell it. */
export interface OwnCenter extends AsyncDisposable {
  readonly clock: ManualClock;
  readonly running: RunningCenter;
  readonly mqtt: string;
  readonly rest: Rest;
  /** Moves the time and waits until everything that fell due is done and on disk. */
  advanceTo(at: Millis): Promise<void>;
}

/** Only this process talks to it, and as fast as it can: the limits that guard a public door would measure nothing here. */
const unlimited: Readonly<Record<string, string>> = {
  HTTP_PORT: "0",
  MQTT_PORT: "0",
  LOG_LEVEL: "warn",
  MQTT_MESSAGES_PER_SECOND: "1000000",
  MQTT_MESSAGES_BURST: "1000000",
  MQTT_BYTES_PER_SECOND: "1000000000",
  MQTT_BYTES_BURST: "1000000000",
  MQTT_GATEWAY_MESSAGES_PER_SECOND: "1000000",
  MQTT_CONNECTS_PER_ADDRESS_PER_SECOND: "100000",
  MQTT_CONNECTS_PER_ADDRESS_BURST: "100000",
  MQTT_CONNECTIONS_PER_ADDRESS: "100000",
  HTTP_REQUESTS_PER_SECOND: "100000",
  DISK_RESERVE_BYTES: "0",
  // Recorded days are years old; nothing of them may be tidied away while they are played.
  RETENTION_READINGS_DAYS: "36500",
  RETENTION_ALERTS_DAYS: "36500",
  RETENTION_AUDIT_DAYS: "36500",
};

/**
 * Starts a center on free ports with an empty store of its own, removed again at the end unless `DATA_DIR` says where it is.
 * @param settings further settings, e.g. `DEVICE_PAST_DAYS`
 */
export async function startOwnCenter(
  startAt: Millis,
  settings: Readonly<Record<string, string>> = {},
): Promise<OwnCenter> {
  const { DATA_DIR: kept } = settings;
  const directory = kept ?? (await mkdtemp(join(tmpdir(), "kerbside-simulation-")));
  const adminToken = settings.ADMIN_TOKEN ?? `simulation-${crypto.randomUUID()}`;
  const clock = new ManualClock(startAt);
  const config = readConfig({ ...unlimited, ...settings, DATA_DIR: directory, ADMIN_TOKEN: adminToken });
  const running = await startCenter(config, { clock });
  if (!running.mqtt) throw new Error("the center of the simulation has no MQTT door");
  return {
    clock,
    running,
    mqtt: running.mqtt,
    rest: createRest(running.http, adminToken),
    async advanceTo(at) {
      clock.advanceTo(at);
      await running.center.operate(() => {});
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      if (kept === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
