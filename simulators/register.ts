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
  readonly created: readonly { readonly device: { readonly id: string }; readonly mqtt: Login }[];
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
 * Registers the devices that the center does not know yet and returns the logins of `needed`. A device that exists
 * already gets a new secret: the old one was shown once and nobody has it.
 * @throws RestError when the token may not register devices
 */
export async function registerDevices(
  rest: Rest,
  registrations: readonly Registration[],
  needed: ReadonlySet<string>,
): Promise<Login[]> {
  const known = new Set((await rest.all<{ id: string }>("/devices?limit=500")).map((device) => device.id));
  const missing = registrations.filter((registration) => !known.has(registration.id));
  const logins: Login[] = [];
  if (missing.length > 0) {
    const answer = await rest.send<ImportAnswer>("POST", "/devices/import", missing);
    for (const { mqtt } of answer.created) if (needed.has(mqtt.username)) logins.push(mqtt);
  }
  for (const id of needed) {
    if (!known.has(id)) continue;
    const { mqtt } = await rest.send<{ mqtt: Login }>("POST", `/devices/${encodeURIComponent(id)}/secret`);
    logins.push(mqtt);
  }
  return logins;
}
