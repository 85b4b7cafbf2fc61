import type { Device } from "../domain/device.ts";
import { deviceIdPattern } from "../domain/device.ts";
import { isKind, type Kind } from "../domain/kinds.ts";
import type { Observation } from "../domain/observation.ts";
import type { Millis } from "../domain/time.ts";
import type { Registry } from "./access.ts";
import type { Changes } from "./changes.ts";

/** What a dialect's device most likely is, by the namespace of its alias, when the driver does not say. */
const kindByNamespace: Readonly<Record<string, Kind>> = {
  ot: "person",
  imei: "vehicle",
  traccar: "vehicle",
  eui: "bin",
  frigate: "camera",
};

/**
 * Registers a device on its first message (setting AUTO_REGISTER). The alias of its dialect is kept, the id is made of it.
 * Only what a gateway or an external broker delivers gets here: an unknown login never passes the door.
 */
export function createAutoRegister(registry: Registry) {
  return (observation: Observation, now: Millis, changes: Changes): Device | null => {
    const [namespace = "", ...rest] = observation.device.split(":");
    const said = observation.hints?.kind;
    const kind = said !== undefined && isKind(said) ? said : kindByNamespace[namespace];
    if (!kind) return null;
    const native = rest.join(":") || namespace;
    const { asset } = observation.hints ?? {};
    // A device that is registered under this very name wants the alias added by a person, not a twin.
    const id = asset === undefined ? free(registry, native, `${namespace}-${native}`) : free(registry, asset);
    if (!id) return null;
    const attributes = Object.fromEntries(
      Object.entries(observation.hints ?? {}).filter(([name]) => name !== "asset" && name !== "kind"),
    );
    return registry.put({ id, kind, aliases: [observation.device], attributes }, now, changes);
  };
}

/** The short id, or the one with its namespace where another dialect's device has the short one. */
function free(registry: Registry, ...names: readonly string[]): string | null {
  return names.map(idFrom).find((id) => id !== null && !registry.get(id)) ?? null;
}

function idFrom(name: string): string | null {
  const id = name
    .replace(/[^A-Za-z0-9_.:-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 64);
  return deviceIdPattern.test(id) ? id : null;
}
