import { z } from "zod";
import type { Outputs } from "../outputs/outputs.ts";
import { type Api, actor, needs } from "./route.ts";

const params = z.object({ id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "small letters, digits and hyphens") });

/** Where alerts go beside the center's own screens. */
export function registerOutputs(api: Api, outputs: Outputs): void {
  api.get(
    "/outputs",
    { config: needs("readOutputs"), schema: { summary: "Outputs with how they are doing; secrets are never shown" } },
    async () => ({ items: outputs.all(), next: null }),
  );

  api.get(
    "/outputs/:id",
    { config: needs("readOutputs"), schema: { summary: "One output", params } },
    async (request) => outputs.get(request.params.id),
  );

  api.put(
    "/outputs/:id",
    {
      config: needs("manageOutputs"),
      schema: {
        summary:
          "Make or change an output: webhook, alertmanager, mqtt, ngsi or email. A secret left out is kept, null removes it",
        params,
        body: z.record(z.string(), z.unknown()),
      },
    },
    async (request) => {
      const { id: _id, has: _has, changedAt: _at, changedBy: _by, status: _status, ...body } = request.body;
      return outputs.put(request.params.id, body, actor(request));
    },
  );

  api.delete(
    "/outputs/:id",
    { config: needs("manageOutputs"), schema: { summary: "Remove an output", params } },
    async (request, reply) => {
      await outputs.remove(request.params.id, actor(request));
      return reply.code(204).send();
    },
  );

  api.post(
    "/outputs/:id/test",
    {
      config: needs("manageOutputs"),
      schema: { summary: "Send something harmless now, and say what was answered", params },
    },
    async (request) => outputs.test(request.params.id),
  );

  api.get(
    "/outputs/:id/deliveries",
    {
      config: needs("readOutputs"),
      schema: { summary: "The latest deliveries since the start, newest first", params },
    },
    async (request) => ({ items: outputs.deliveries(request.params.id), next: null }),
  );
}
