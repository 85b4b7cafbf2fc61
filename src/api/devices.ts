import { z } from "zod";
import type { DeviceInput } from "../center/access.ts";
import type { Subject } from "../center/subject.ts";
import { type Device, deviceIdPattern, publicDevice } from "../domain/device.ts";
import { isKind, kindNames, kinds } from "../domain/kinds.ts";
import { areaGrades, placeTypes } from "../domain/place.ts";
import { conflict, notFound, Problem } from "../domain/problem.ts";
import { inScope } from "../domain/reach.ts";
import { atLeast, type Token } from "../domain/roles.ts";
import { createNames, seesPeople, shownId } from "../stream/anonymous.ts";
import { parseImport } from "./device-import.ts";
import { type Api, actor, bbox, flag, given, list, needs, page, type ResourceParts, token } from "./route.ts";

const name = z.string().min(1).max(128);
export const placeShape = z.object({
  lat: z.number().min(-90).max(90),
  lon: z.number().min(-180).max(180),
  communityId: name.nullable().optional(),
  gridId: name.nullable().optional(),
  sectionId: name.nullable().optional(),
  pointId: name.nullable().optional(),
  placeType: z.enum(placeTypes).nullable().optional(),
  areaGrade: z.enum(areaGrades).nullable().optional(),
});
const attributes = z.record(z.string().min(1).max(64), z.union([z.string().max(20_000), z.number(), z.boolean()]));
const changes = {
  name: name.optional(),
  aliases: z.array(name).max(16).optional(),
  place: placeShape.nullable().optional(),
  attributes: attributes.optional(),
};
export const deviceShape = z.object({
  id: z.string().regex(deviceIdPattern, "may hold letters, digits and _ . : - only, at most 64"),
  kind: z.enum(kindNames as [string, ...string[]]),
  ...changes,
});
const idParameter = z.object({ id: z.string().max(64) });

/** A device with its live state, as far as the token may see it. */
export function deviceAnswer(device: Device, subject: Subject | undefined, reader: Token) {
  const shown = publicDevice(device);
  const hidden = kinds[device.kind].personal && !seesPeople(reader.role);
  // A camera's address may carry its login.
  const { pictureUrl, ...attributes } = shown.attributes;
  const name = `${kinds[device.kind].title.en} ${device.number}`;
  return {
    ...shown,
    attributes: { ...attributes, ...(pictureUrl !== undefined && atLeast(reader.role, "manager") && { pictureUrl }) },
    // Where a person's badge is at home tells more than where somebody works now.
    ...(hidden && { id: shownId(device, reader.role), name, aliases: [], attributes: {}, place: null }),
    at: subject?.at ?? null,
    receivedAt: subject?.receivedAt ?? null,
    online: subject?.online ?? null,
    level: subject?.level ?? null,
    position: subject?.place ? { lat: subject.place.lat, lon: subject.place.lon } : null,
    metrics: hidden ? {} : { ...subject?.metrics },
  };
}

export function toInput(shape: z.infer<typeof deviceShape>): DeviceInput {
  const { place, kind, ...rest } = shape;
  if (!isKind(kind)) throw new Problem(400, "invalid", `kind must be one of ${kindNames.join(", ")}`);
  return {
    ...(given(rest) as Omit<DeviceInput, "kind">),
    kind,
    ...(place !== undefined && {
      place: place && {
        communityId: null,
        gridId: null,
        sectionId: null,
        pointId: null,
        placeType: null,
        areaGrade: null,
        ...given(place),
      },
    }),
  };
}

export function registerDevices(api: Api, { center, config }: ResourceParts): void {
  const visible = (id: string, reader: Token): Device => {
    const device = createNames(center.registry, reader.role).device(id);
    if (!device || !inScope(reader.scope, center.subjects.get(device.id)?.place ?? device.place))
      throw notFound(`device ${id}`);
    return device;
  };
  const record = (who: string, action: string, target: string, details: object) => ({
    actor: who,
    action,
    target,
    details: JSON.parse(JSON.stringify(details)),
  });

  api.post(
    "/devices",
    {
      config: needs("manageDevices"),
      schema: { summary: "Register a device; its secret is shown once", body: deviceShape },
    },
    async (request, reply) => {
      const { name: who } = actor(request);
      const answer = await center.operate((now, changes) => {
        if (center.registry.get(request.body.id)) throw conflict("exists", `device ${request.body.id} exists already`);
        center.registry.put(toInput(request.body), now, changes);
        const password = center.registry.rotateSecret(request.body.id, false, now, changes);
        changes.audit.push({ at: now, ...record(who, "device.create", request.body.id, { kind: request.body.kind }) });
        const device = center.registry.get(request.body.id) as Device;
        return { device: publicDevice(device), mqtt: { username: device.id, password } };
      });
      return reply.code(201).send(answer);
    },
  );

  api.post(
    "/devices/import",
    {
      config: needs("manageDevices"),
      bodyLimit: config.HTTP_IMPORT_BYTES,
      schema: {
        summary: "Register many: a JSON array, GeoJSON points or CSV; all or nothing unless ?partial=true",
        querystring: z.object({ partial: flag, update: flag }),
      },
    },
    async (request) => {
      const { rows, errors } = parseImport(request.body, String(request.headers["content-type"] ?? ""), deviceShape);
      const { partial = false, update = false } = request.query;
      const { name: who } = actor(request);
      return center.operate((now, changes) => {
        const seen = new Set<string>();
        const sound = rows.filter(({ row, device }) => {
          const known = center.registry.get(device.id);
          const problem = seen.has(device.id)
            ? `${device.id} stands twice in this import`
            : known && !update
              ? `device ${device.id} exists already (?update=true changes it)`
              : known && known.kind !== device.kind
                ? `device ${device.id} is a ${known.kind}`
                : aliasProblem(device);
          seen.add(device.id);
          if (problem) errors.push({ row, problem });
          return !problem;
        });
        if (errors.length > 0 && !partial) {
          throw new Problem(400, "import", `${errors.length} rows cannot be imported; nothing was changed`, {
            errors: errors.slice(0, 100),
          });
        }
        const created = sound.map(({ device }) => {
          const known = center.registry.get(device.id);
          center.registry.put(toInput(device), now, changes);
          if (known) return { id: device.id };
          const password = center.registry.rotateSecret(device.id, false, now, changes);
          return { id: device.id, mqtt: { username: device.id, password } };
        });
        changes.audit.push({ at: now, ...record(who, "device.import", "devices", { count: created.length }) });
        return { created, errors: errors.slice(0, 1_000) };
      });
    },
  );

  const aliasProblem = ({ id, aliases = [] }: z.infer<typeof deviceShape>): string | null => {
    for (const alias of aliases) {
      const owner = center.registry.resolve(alias);
      if (owner && owner.id !== id) return `alias ${alias} belongs to device ${owner.id}`;
    }
    return null;
  };

  api.get(
    "/devices",
    {
      config: needs("readDevices"),
      schema: {
        summary: "Devices with their live state",
        querystring: z.object({ kind: list(z.string()), online: flag, bbox, ...page(config) }),
      },
    },
    async (request) => {
      const reader = token(request);
      const { kind, online, bbox: box, cursor, limit } = request.query;
      const items = [];
      const named = Array.from(center.registry.all(), (device) => ({ device, name: shownId(device, reader.role) }));
      for (const { device, name } of named.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        if (cursor !== undefined && name <= cursor) continue;
        const subject = center.subjects.get(device.id);
        const place = subject?.place ?? device.place;
        if (!inScope(reader.scope, place) || (kind && !kind.includes(device.kind))) continue;
        if (online !== undefined && online !== (subject?.online === true)) continue;
        if (box && !(place && place.lon >= box[0] && place.lon <= box[2] && place.lat >= box[1] && place.lat <= box[3]))
          continue;
        if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
        items.push(deviceAnswer(device, subject, reader));
      }
      return { items, next: null };
    },
  );

  api.get(
    "/devices/:id",
    { config: needs("readDevices"), schema: { summary: "One device with its live state", params: idParameter } },
    async (request) => {
      const reader = token(request);
      const device = visible(request.params.id, reader);
      return deviceAnswer(device, center.subjects.get(device.id), reader);
    },
  );

  api.patch(
    "/devices/:id",
    {
      config: needs("manageDevices"),
      schema: { summary: "Change name, place, aliases or attributes", params: idParameter, body: z.object(changes) },
    },
    async (request) => {
      const known = visible(request.params.id, token(request));
      const { name: who } = actor(request);
      return center.operate((now, batch) => {
        const device = center.registry.put(toInput({ id: known.id, kind: known.kind, ...request.body }), now, batch);
        batch.audit.push({ at: now, ...record(who, "device.change", known.id, request.body) });
        return publicDevice(device);
      });
    },
  );

  api.delete(
    "/devices/:id",
    { config: needs("manageDevices"), schema: { summary: "Remove a device; its history stays", params: idParameter } },
    async (request, reply) => {
      const known = visible(request.params.id, token(request));
      const { name: who } = actor(request);
      await center.operate((now, batch) => {
        center.registry.remove(known.id, now, batch);
        batch.audit.push({ at: now, ...record(who, "device.remove", known.id, {}) });
      });
      return reply.code(204).send();
    },
  );

  api.post(
    "/devices/:id/secret",
    {
      config: needs("manageDevices"),
      schema: {
        summary: "A new secret, shown once; ?keepPrevious=true lets the old one work until the next rotation",
        params: idParameter,
        querystring: z.object({ keepPrevious: flag }),
      },
    },
    async (request) => {
      const known = visible(request.params.id, token(request));
      const { name: who } = actor(request);
      return center.operate((now, batch) => {
        const password = center.registry.rotateSecret(known.id, request.query.keepPrevious ?? false, now, batch);
        batch.audit.push({ at: now, ...record(who, "device.secret", known.id, {}) });
        return { mqtt: { username: known.id, password } };
      });
    },
  );
}
