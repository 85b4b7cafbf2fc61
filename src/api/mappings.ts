import { z } from "zod";
import { mappingTemplates } from "../../devices/mapping/templates.ts";
import { tryMapping } from "../../devices/mapping/try.ts";
import { type MappingRecord, parseMapping } from "../center/mapping-book.ts";
import { type Api, actor, needs, type ResourceParts, revisionOf } from "./route.ts";

const params = z.object({ id: z.string().max(64) });
const headers = z.object({ "if-match": z.string().max(32).optional() });
const message = z.object({ topic: z.string().min(1).max(256), payload: z.json() });

/** How the messages of makers that no driver knows are read: as configuration, tried before it is in force. */
export function registerMappings(api: Api, { center }: ResourceParts): void {
  const { mappings } = center;
  const latest = ({ id, enabledVersion, versions }: MappingRecord) => {
    const last = versions.at(-1);
    return {
      ...last?.mapping,
      id,
      version: last?.version,
      changedAt: last?.changedAt,
      changedBy: last?.changedBy,
      enabledVersion,
    };
  };

  api.get(
    "/mappings",
    { config: needs("manageMappings"), schema: { summary: "Mappings, the latest version of each" } },
    async () => ({
      items: mappings.all().map(latest),
      next: null,
    }),
  );

  api.get(
    "/mappings/templates",
    {
      config: needs("manageMappings"),
      schema: { summary: "Mappings to begin with: AI boxes, cloud platforms, scales" },
    },
    async () => ({ items: mappingTemplates, next: null }),
  );

  api.get(
    "/mappings/:id",
    { config: needs("manageMappings"), schema: { summary: "One mapping, its latest version", params } },
    async (request, reply) => {
      const record = mappings.get(request.params.id);
      return reply.header("etag", `"${record.versions.at(-1)?.version}"`).send(latest(record));
    },
  );

  api.get(
    "/mappings/:id/versions",
    { config: needs("manageMappings"), schema: { summary: "The versions that are kept, newest first", params } },
    async (request) => {
      const { enabledVersion, versions } = mappings.get(request.params.id);
      return { items: versions.toReversed(), enabledVersion, next: null };
    },
  );

  api.put(
    "/mappings/:id",
    {
      config: needs("manageMappings"),
      schema: {
        summary: "Save a new version; what is in force stays until it is enabled. If-Match is the version you changed",
        params,
        headers,
        body: z.record(z.string(), z.unknown()),
      },
    },
    async (request) => {
      const { version: _version, changedAt: _at, changedBy: _by, enabledVersion: _enabled, ...body } = request.body;
      const input = { ...body, id: request.params.id };
      const expected = revisionOf(request.headers["if-match"]);
      const who = actor(request);
      return latest(await center.operate((now, changes) => mappings.put(input, expected, who, now, changes)));
    },
  );

  api.post(
    "/mappings/try",
    {
      config: needs("manageMappings"),
      schema: {
        summary: "What messages would give, with the problems of each element; nothing is kept",
        body: z.object({
          mapping: z.record(z.string(), z.unknown()),
          /** Without any, the mapping's own samples are tried. */
          messages: z.array(message).max(50).optional(),
        }),
      },
    },
    async (request) => {
      const {
        version: _version,
        changedAt: _at,
        changedBy: _by,
        enabledVersion: _enabled,
        ...body
      } = request.body.mapping;
      const mapping = parseMapping(body);
      const tried = tryMapping(mapping, center.clock.now());
      const items = (request.body.messages ?? mapping.samples).map(({ topic, payload }) => {
        const trial = tried(topic, payload);
        const names = [...new Set(trial.observations.map(({ device }) => device))];
        // What is not registered yet would go to the quarantine: better known now.
        const devices = names.map((name) => ({ name, device: center.registry.resolve(name)?.id ?? null }));
        return { ...trial, devices };
      });
      return { sound: items.every(({ sound }) => sound), items };
    },
  );

  api.post(
    "/mappings/:id/enable",
    {
      config: needs("manageMappings"),
      schema: {
        summary: "Put a version in force, the latest by default; an earlier one rolls back",
        params,
        body: z.object({ version: z.number().int().min(1).optional() }).optional(),
      },
    },
    async (request) => {
      const who = actor(request);
      const { id } = request.params;
      const version = request.body?.version;
      return latest(await center.operate((now, changes) => mappings.enable(id, version, who, now, changes)));
    },
  );

  api.post(
    "/mappings/:id/disable",
    { config: needs("manageMappings"), schema: { summary: "Take it out of force; its versions stay", params } },
    async (request) => {
      const who = actor(request);
      return latest(await center.operate((now, changes) => mappings.disable(request.params.id, who, now, changes)));
    },
  );

  api.delete(
    "/mappings/:id",
    { config: needs("manageMappings"), schema: { summary: "Remove a mapping with its versions", params } },
    async (request, reply) => {
      const who = actor(request);
      await center.operate((now, changes) => mappings.remove(request.params.id, who, now, changes));
      return reply.code(204).send();
    },
  );
}
