import type { FastifyReply } from "fastify";
import { z } from "zod";
import { permissions } from "../access/policy.ts";
import type { Device } from "../domain/device.ts";
import { isKind, kinds } from "../domain/kinds.ts";
import { notFound, Problem } from "../domain/problem.ts";
import { inScope, reaches } from "../domain/reach.ts";
import { atLeast, type Scope } from "../domain/roles.ts";
import { pictureTypes } from "../store/pictures.ts";
import { type Api, actor, instant, needs, type ResourceParts } from "./route.ts";

const kindIsPersonal = (kind: string): boolean => isKind(kind) && kinds[kind].personal;

const alertId = z.object({ id: z.string().max(64) });

/** Taking pictures in and giving them out, of whatever work they show. */
export function createPictureDoor({ center }: Pick<ResourceParts, "center">) {
  return {
    /** Where and when it was taken. */
    query: z
      .object({
        lat: z.coerce.number().min(-90).max(90).optional(),
        lon: z.coerce.number().min(-180).max(180).optional(),
        at: instant.optional(),
      })
      .refine(({ lat, lon }) => (lat === undefined) === (lon === undefined), "lat and lon belong together"),

    /** @throws Problem 415 */
    async take(
      body: unknown,
      { lat, lon, at }: { lat?: number | undefined; lon?: number | undefined; at?: number | undefined },
    ) {
      if (!Buffer.isBuffer(body)) {
        throw new Problem(
          415,
          "notAPicture",
          `send the picture as the body, as ${Object.keys(pictureTypes).join(", ")}`,
        );
      }
      const id = await center.pictures.save(body);
      return { id, at, ...(lat !== undefined && lon !== undefined && { position: { lat, lon } }) };
    },

    /** @throws Problem 404 */
    async send(picture: string, reply: FastifyReply) {
      const found = await center.pictures.read(picture);
      if (!found) throw notFound(`picture ${picture}`);
      return (
        reply
          .type(found.type)
          // Opened by itself it is shown, and nothing else: not sniffed, not framed, no script.
          .header("x-content-type-options", "nosniff")
          .header("content-security-policy", "default-src 'none'; sandbox")
          .header("content-disposition", `inline; filename="${picture.slice(0, 12)}${picture.slice(64)}"`)
          .header("cache-control", "private, max-age=31536000, immutable")
          .send(found.bytes)
      );
    },
  };
}

/** Pictures of the work on an alert: taken by crews, looked at by whoever verifies it. */
export function registerPictures(api: Api, { center, config }: ResourceParts): void {
  const door = createPictureDoor({ center });
  for (const type of Object.keys(pictureTypes)) {
    api.addContentTypeParser(type, { parseAs: "buffer", bodyLimit: config.PICTURE_BYTES }, (_request, body, done) =>
      done(null, body),
    );
  }

  api.post(
    "/alerts/:id/pictures",
    {
      config: needs("actOnAlerts"),
      bodyLimit: config.PICTURE_BYTES,
      schema: {
        summary: "Store a picture of the work; the body is the JPEG, PNG or WebP itself",
        params: alertId,
        querystring: door.query,
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const alert = center.alerting.get(request.params.id);
      if (!alert || !reaches(who, alert)) throw notFound(`alert ${request.params.id}`);
      const taken = await door.take(request.body, request.query);
      const pictures = await center.operate(
        (now, changes) => center.alerting.addPicture(alert.id, taken, who, now, changes).pictures,
      );
      return reply.code(201).send(pictures.find((picture) => picture.id === taken.id));
    },
  );

  api.get(
    "/alerts/:id/pictures/:picture",
    {
      config: needs(config.WALL_PICTURES ? "readAlerts" : "readPictures"),
      schema: {
        summary: "A picture of the work, or of what a camera saw",
        params: alertId.extend({ picture: z.string().max(80) }),
      },
    },
    async (request, reply) => {
      const { id, picture } = request.params;
      const alert = center.alerting.get(id) ?? (await center.store.alert(id))?.alert;
      const who = actor(request);
      const shown =
        alert !== undefined && (atLeast(who.role, permissions.readPictures) || !kindIsPersonal(alert.subject.kind));
      const known = [
        ...(alert?.pictures ?? []).map(({ id }) => id),
        ...(alert?.evidence ?? []).map((one) => one.picture),
      ];
      const listed = shown && known.includes(picture) && reaches(who, alert);
      if (!listed) throw notFound(`picture ${picture}`);
      return door.send(picture, reply);
    },
  );
}

/**
 * How it looks where a camera looks when nothing is wrong: put beside what the camera takes for a problem. One for each
 * camera, named in its attributes; the newest replaces the others.
 */
export function registerReferencePictures(api: Api, { center, config }: ResourceParts): void {
  const door = createPictureDoor({ center });
  const cameraId = z.object({ id: z.string().max(96) });
  /** @throws Problem 404 outside the token's ground */
  const cameraOf = (id: string, scope: Scope): Device => {
    const device = center.registry.get(id);
    const place = center.subjects.get(id)?.place ?? device?.place;
    if (device?.kind !== "camera" || !inScope(scope, place)) throw notFound(`camera ${id}`);
    return device;
  };

  api.put(
    "/devices/:id/reference-picture",
    {
      config: needs("keepReferences"),
      bodyLimit: config.PICTURE_BYTES,
      schema: {
        summary: "How a camera's view looks when nothing is wrong; the body is the JPEG, PNG or WebP itself",
        params: cameraId,
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const camera = cameraOf(request.params.id, who.scope);
      const { id: picture } = await door.take(request.body, {});
      await center.operate((now, changes) => {
        center.registry.keepReference(camera.id, picture, now, changes);
        const details = { picture };
        changes.audit.push({ at: now, actor: who.name, action: "device.reference", target: camera.id, details });
      });
      return reply.code(200).send({ id: picture });
    },
  );

  api.get(
    "/devices/:id/reference-picture",
    {
      config: needs("keepReferences"),
      schema: { summary: "How a camera's view looks when nothing is wrong", params: cameraId },
    },
    async (request, reply) => {
      const { referencePicture } = cameraOf(request.params.id, actor(request).scope).attributes;
      if (typeof referencePicture !== "string") throw notFound(`a reference picture of ${request.params.id}`);
      return door.send(referencePicture, reply);
    },
  );
}
