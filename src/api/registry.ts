import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { forbidden, notFound } from "../domain/problem.ts";
import { type CollectionName, collectionNames } from "../operations/records.ts";
import { readRecords } from "./record-import.ts";
import { type Api, actor, needs, page, type ResourceParts, revisionOf, token } from "./route.ts";

const collection = z.enum(collectionNames as [CollectionName, ...CollectionName[]]);
const one = z.object({ collection, id: z.string().max(64) });
const headers = z.object({ "if-match": z.string().max(32).optional() });

/** Lines, contractors, people, vehicles, crews, shifts, leave, rosters, plans and tasks, as managers write them down. */
export function registerRegistry(api: Api, { center, config }: ResourceParts): void {
  const { register } = center.operations;
  /** Whether a token limited to business lines reaches a record; one without a line is everybody's. */
  const inLines = (lines: readonly string[] | undefined, record: object): boolean => {
    const own = "line" in record ? record.line : undefined;
    return lines === undefined || own === undefined || lines.includes(String(own));
  };
  /** @throws Problem 404 for what is of another line than the token's */
  const demandLine = (request: FastifyRequest, name: CollectionName, id: string): void => {
    const known = register.get(name, id);
    if (known && !inLines(token(request).scope.businessLine, known)) throw notFound(`${name}/${id}`);
  };

  api.get(
    "/registry/:collection",
    {
      config: needs("readRegistry"),
      schema: {
        summary: "Records of one collection in order of their id",
        params: z.object({ collection }),
        querystring: z.object({ ...page(config), line: z.string().max(32).optional() }),
      },
    },
    async (request) => {
      const { cursor, limit, line } = request.query;
      const lines = token(request).scope.businessLine;
      const records = [...register.all(request.params.collection)]
        .filter((record) => {
          if (line !== undefined && (!("line" in record) || record.line !== line)) return false;
          return inLines(lines, record);
        })
        .filter(({ id }) => cursor === undefined || id > cursor)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const items = records.slice(0, limit);
      return { items, next: records.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  );

  api.get(
    "/registry/:collection/:id",
    { config: needs("readRegistry"), schema: { summary: "One record with its version", params: one } },
    async (request, reply) => {
      const { collection: name, id } = request.params;
      const record = register.get(name, id);
      demandLine(request, name, id);
      if (!record) throw notFound(`${name}/${id}`);
      return reply.header("etag", `"${record.version}"`).send(record);
    },
  );

  api.put(
    "/registry/:collection/:id",
    {
      config: needs("manageRegistry"),
      schema: {
        summary: "Write a record down, or change it; If-Match is its version",
        params: one,
        headers,
        body: z.record(z.string(), z.unknown()),
      },
    },
    async (request) => {
      const { collection: name, id } = request.params;
      demandLine(request, name, id);
      if (!inLines(token(request).scope.businessLine, request.body))
        throw forbidden(`the token reaches the lines ${token(request).scope.businessLine?.join(", ")} only`);
      const { version: _version, changedAt: _at, changedBy: _by, ...record } = request.body;
      const expected = revisionOf(request.headers["if-match"]);
      const who = actor(request);
      return center.operate((now, changes) => register.put(name, { ...record, id }, expected, who, now, changes));
    },
  );

  api.delete(
    "/registry/:collection/:id",
    { config: needs("manageRegistry"), schema: { summary: "Remove a record that no other one names", params: one } },
    async (request, reply) => {
      const { collection: name, id } = request.params;
      demandLine(request, name, id);
      const who = actor(request);
      await center.operate((now, changes) => register.remove(name, id, who, now, changes));
      return reply.code(204).send();
    },
  );

  api.post(
    "/registry/:collection/import",
    {
      config: needs("manageRegistry"),
      bodyLimit: config.HTTP_IMPORT_BYTES,
      schema: {
        summary: "Write many records down: a JSON array or CSV; all or nothing",
        params: z.object({ collection }),
      },
    },
    async (request) => {
      const name = request.params.collection;
      const records = readRecords(name, request.body, String(request.headers["content-type"] ?? ""));
      const lines = token(request).scope.businessLine;
      for (const record of records as readonly { readonly id?: unknown }[]) {
        demandLine(request, name, String(record.id));
        if (!inLines(lines, record)) throw forbidden(`the token reaches the lines ${lines?.join(", ")} only`);
      }
      const who = actor(request);
      const count = await center.operate((now, changes) => register.import(name, records, who, now, changes));
      return { imported: count };
    },
  );
}
