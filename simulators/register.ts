import type { SimulatedDevice } from "./actors/actor.ts";
import type { Rest } from "./rest.ts";
import type { Login } from "./transport.ts";

/** A device as `POST /devices` takes it. */
export interface Registration {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly place?: Readonly<Record<string, unknown>>;
}

interface ImportAnswer {
  /** `mqtt` is there for a device that was not known before. */
  readonly created: readonly { readonly id: string; readonly mqtt?: Login }[];
}

export function registrationOf(device: SimulatedDevice): Registration {
  const { site } = device;
  return {
    id: device.id,
    kind: device.kind,
    name: device.name,
    aliases: device.alias ? [device.alias] : [],
    attributes: device.attributes,
    ...(site && {
      place: {
        lat: site.lat,
        lon: site.lon,
        communityId: site.communityId,
        gridId: site.gridId,
        placeType: site.placeType,
        areaGrade: site.areaGrade,
        ...(site.properties.type === "depositPoint" && { pointId: site.id }),
      },
    }),
  };
}

/**
 * Registers devices, or brings them up to date, and returns the logins of `needed`. A device that existed already gets a
 * new secret: the old one was shown once and nobody has it.
 * @throws RestError when the token may not register devices
 */
export async function registerDevices(
  rest: Rest,
  registrations: readonly Registration[],
  needed: ReadonlySet<string>,
): Promise<Login[]> {
  const { created } = await rest.send<ImportAnswer>("POST", "/devices/import?update=true", registrations);
  const logins: Login[] = [];
  for (const { id, mqtt } of created) {
    if (!needed.has(id)) continue;
    if (mqtt) logins.push(mqtt);
    else logins.push((await rest.send<{ mqtt: Login }>("POST", `/devices/${encodeURIComponent(id)}/secret`)).mqtt);
  }
  return logins;
}
