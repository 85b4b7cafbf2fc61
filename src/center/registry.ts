import { hashSecret, newSecret, verifySecret } from "../access/device-secrets.ts";
import type { LiveGeography } from "../district/geography.ts";
import { type Device, deviceIdPattern } from "../domain/device.ts";
import { conflict, invalid, notFound } from "../domain/problem.ts";
import type { Millis } from "../domain/time.ts";
import type { DeviceInput, Registry } from "./access.ts";
import type { Changes } from "./changes.ts";

/** The attribute that only `keepReference` writes: registering a device again neither drops nor changes it. */
const REFERENCE = "referencePicture";

function withReference(given: Device["attributes"], known: Device | undefined): Device["attributes"] {
  const { [REFERENCE]: _given, ...rest } = given;
  const kept = known?.attributes[REFERENCE];
  return kept === undefined ? rest : { ...rest, [REFERENCE]: kept };
}

interface Parts {
  readonly restored: { readonly devices: readonly Device[]; readonly nextDeviceNumber: number };
  readonly geography: LiveGeography;
  /** Key of the hashes: a stolen database alone opens no device login. */
  readonly pepper: Uint8Array;
  /** Tells the world, at once, that a device appeared, changed or went. */
  readonly changed: (id: string, device: Device | null, now: Millis, changes: Changes) => void;
}

/** @see Registry. `committed` tells the listeners; the loop calls it after each commit. */
export function createRegistry({
  restored,
  geography,
  pepper,
  changed,
}: Parts): Registry & { committed(changes: Changes): void } {
  const byId = new Map<string, Device>();
  const byAlias = new Map<string, Device>();
  const numbers: (Device | undefined)[] = [];
  const listeners: ((id: string, device: Device | null) => void)[] = [];
  let nextNumber = restored.nextDeviceNumber;

  const remember = (device: Device) => {
    byId.set(device.id, device);
    numbers[device.number] = device;
    for (const alias of device.aliases) byAlias.set(alias, device);
  };
  const forget = (device: Device) => {
    byId.delete(device.id);
    numbers[device.number] = undefined;
    for (const alias of device.aliases) byAlias.delete(alias);
  };
  for (const device of restored.devices) remember(device);

  const store = (device: Device, now: Millis, changes: Changes): Device => {
    const known = byId.get(device.id);
    if (known) forget(known);
    remember(device);
    changes.devices.set(device.id, device);
    changed(device.id, device, now, changes);
    return device;
  };

  const existing = (id: string): Device => {
    const device = byId.get(id);
    if (!device) throw notFound(`device ${id}`);
    return device;
  };

  return {
    get: (id) => byId.get(id),
    resolve: (name) => byId.get(name) ?? byAlias.get(name),
    byNumber: (number) => numbers[number],
    all: () => byId.values(),
    get size() {
      return byId.size;
    },

    put(input: DeviceInput, now, changes) {
      if (!deviceIdPattern.test(input.id)) {
        throw invalid(`device id ${JSON.stringify(input.id)} may hold letters, digits and _ . : - only, at most 64`);
      }
      const known = byId.get(input.id);
      if (known && known.kind !== input.kind) {
        throw conflict("kind", `device ${input.id} is a ${known.kind}; delete it to register it as a ${input.kind}`);
      }
      for (const alias of input.aliases ?? []) {
        const owner = byAlias.get(alias) ?? byId.get(alias);
        if (owner && owner.id !== input.id) throw conflict("alias", `alias ${alias} belongs to device ${owner.id}`);
      }
      const place = input.place === undefined ? (known?.place ?? null) : input.place;
      const located = place && geography.current.settle(place, now);
      return store(
        {
          id: input.id,
          number: known?.number ?? nextNumber++,
          kind: input.kind,
          name: input.name ?? known?.name ?? input.id,
          aliases: input.aliases ?? known?.aliases ?? [],
          place: located,
          attributes: input.attributes ? withReference(input.attributes, known) : (known?.attributes ?? {}),
          secretHashes: known?.secretHashes ?? [],
          createdAt: known?.createdAt ?? now,
          updatedAt: now,
          rev: (known?.rev ?? 0) + 1,
        },
        now,
        changes,
      );
    },

    keepReference(id, picture, now, changes) {
      const device = existing(id);
      const attributes = { ...device.attributes, [REFERENCE]: picture };
      store({ ...device, attributes, updatedAt: now, rev: device.rev + 1 }, now, changes);
    },

    remove(id, now, changes) {
      const device = existing(id);
      forget(device);
      changes.devices.set(id, null);
      changed(id, null, now, changes);
    },

    rotateSecret(id, keepPrevious, now, changes) {
      const device = existing(id);
      const secret = newSecret();
      const previous = keepPrevious ? device.secretHashes.slice(0, 1) : [];
      const secretHashes = [hashSecret(secret, pepper), ...previous];
      store({ ...device, secretHashes, updatedAt: now, rev: device.rev + 1 }, now, changes);
      return secret;
    },

    verify(id, secret) {
      const device = byId.get(id);
      // The same work for an unknown device, so that the answer's time tells nothing.
      const hashes = device?.secretHashes.length ? device.secretHashes : [NO_HASH];
      let matches = false;
      for (const hash of hashes) matches = verifySecret(secret, hash, pepper) || matches;
      return matches && device !== undefined;
    },

    onChange(listener) {
      listeners.push(listener);
    },

    committed(changes) {
      for (const [id, device] of changes.devices) for (const listener of listeners) listener(id, device);
    },
  };
}

const NO_HASH = "0".repeat(64);
