import { z } from "zod";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import { notFound } from "../domain/problem.ts";
import { inScope, type Reader, reaches } from "../domain/reach.ts";
import { entityOf } from "../outputs/live-devices.ts";
import {
  alertEntity,
  entityTypes,
  keyValues,
  type NgsiEntity,
  type NgsiType,
  normalized,
} from "../outputs/ngsi-entities.ts";
import type { Outputs } from "../outputs/outputs.ts";
import { type Api, actor, list, needs } from "./route.ts";

interface NgsiParts {
  readonly center: Center;
  readonly config: Config;
  readonly outputs: Outputs;
}

const JSON_LD = "application/ld+json";
const options = z.enum(["keyValues", "normalized"]).default("normalized");

/** Bins, vehicles and open alerts as an NGSI-LD broker would list them, to read. */
export function registerNgsi(api: Api, { center, config, outputs }: NgsiParts): void {
  function* entities(types: ReadonlySet<NgsiType>, reader: Reader): Generator<NgsiEntity> {
    if (types.has("WasteContainer") || types.has("Vehicle")) {
      // In the order of registration, which does not move while somebody pages.
      for (const { id } of center.registry.all()) {
        const subject = center.subjects.get(id);
        const entity = subject && inScope(reader.scope, subject.place) ? entityOf(subject) : null;
        if (entity && types.has(entity.type)) yield entity;
      }
    }
    if (!types.has("Alert")) return;
    for (const alert of center.alerts.values()) {
      if (alert.closedAt === null && reaches(reader, alert)) yield alertEntity(outputs.outward(alert));
    }
  }
  const shown = (entity: NgsiEntity, form: z.infer<typeof options>) =>
    form === "keyValues" ? keyValues(entity) : normalized(entity);

  api.get(
    "/ngsi-ld/v1/entities",
    {
      config: needs("readDevices"),
      schema: {
        summary: "Bins, vehicles and open alerts as NGSI-LD entities (FIWARE Smart Data Models)",
        querystring: z.object({
          type: list(z.enum(entityTypes as [NgsiType, ...NgsiType[]])),
          limit: z.coerce
            .number()
            .int()
            .min(1)
            .max(config.HTTP_PAGE_ROWS)
            .default(Math.min(100, config.HTTP_PAGE_ROWS)),
          offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
          options,
        }),
      },
    },
    async (request, reply) => {
      const { type, limit, offset, options: form } = request.query;
      const found: object[] = [];
      let count = 0;
      for (const entity of entities(new Set(type ?? entityTypes), actor(request))) {
        if (count >= offset && found.length < limit) found.push(shown(entity, form));
        count++;
      }
      return reply.type(JSON_LD).header("ngsild-results-count", String(count)).send(found);
    },
  );

  api.get(
    "/ngsi-ld/v1/entities/:id",
    {
      config: needs("readDevices"),
      schema: {
        summary: "One entity by its urn:ngsi-ld:…",
        params: z.object({ id: z.string().max(256) }),
        querystring: z.object({ options }),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const [, , type, , ...rest] = id.split(":");
      const own = rest.join(":");
      const reader = actor(request);
      const subject = type === "Alert" ? undefined : center.subjects.get(own);
      const alert = type === "Alert" ? center.alerts.get(own) : undefined;
      const deviceEntity = subject && inScope(reader.scope, subject.place) ? entityOf(subject) : null;
      const entity = alert && reaches(reader, alert) ? alertEntity(outputs.outward(alert)) : deviceEntity;
      if (!entity || entity.id !== id) throw notFound(`entity ${id}`);
      return reply.type(JSON_LD).send(shown(entity, request.query.options));
    },
  );
}
