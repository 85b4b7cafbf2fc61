import { z } from "zod";
import { permissions } from "../access/policy.ts";
import { isKind, kinds } from "../domain/kinds.ts";
import { notFound, Problem } from "../domain/problem.ts";
import { reaches } from "../domain/reach.ts";
import { atLeast } from "../domain/roles.ts";
import { pictureTypes } from "../store/pictures.ts";
import { type Api, actor, instant, needs, type ResourceParts } from "./route.ts";

const kindIsPersonal = (kind: string): boolean => isKind(kind) && kinds[kind].personal;

const alertId = z.object({ id: z.string().max(64) });

/** Pictures of the work on an alert: taken by crews, looked at by whoever verifies it. */
export function registerPictures(api: Api, { center, config }: ResourceParts): void {
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
        querystring: z
          .object({
            lat: z.coerce.number().min(-90).max(90).optional(),
            lon: z.coerce.number().min(-180).max(180).optional(),
            at: instant.optional(),
          })
          .refine(({ lat, lon }) => (lat === undefined) === (lon === undefined), "lat and lon belong together"),
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const { lat, lon, at } = request.query;
      const alert = center.alerting.get(request.params.id);
      if (!alert || !reaches(who, alert)) throw notFound(`alert ${request.params.id}`);
      if (!Buffer.isBuffer(request.body)) {
        throw new Problem(
          415,
          "notAPicture",
          `send the picture as the body, as ${Object.keys(pictureTypes).join(", ")}`,
        );
      }
      const id = await center.pictures.save(request.body);
      const position = lat !== undefined && lon !== undefined ? { lat, lon } : undefined;
      const pictures = await center.operate(
        (now, changes) =>
          center.alerting.addPicture(alert.id, { id, at, ...(position && { position }) }, who, now, changes).pictures,
      );
      return reply.code(201).send(pictures.find((picture) => picture.id === id));
    },
  );

  api.get(
    "/alerts/:id/pictures/:picture",
    {
      config: needs(config.WALL_PICTURES ? "readAlerts" : "readPictures"),
      schema: { summary: "A picture of the work", params: alertId.extend({ picture: z.string().max(80) }) },
    },
    async (request, reply) => {
      const { id, picture } = request.params;
      const alert = center.alerting.get(id) ?? (await center.store.alert(id))?.alert;
      const who = actor(request);
      const shown =
        alert !== undefined && (atLeast(who.role, permissions.readPictures) || !kindIsPersonal(alert.subject.kind));
      const listed = shown && alert.pictures.some((one) => one.id === picture) && reaches(who, alert);
      const found = listed ? await center.pictures.read(picture) : null;
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
  );
}
