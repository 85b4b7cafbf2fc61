import { z } from "zod";
import { conflict, notFound } from "../domain/problem.ts";
import type { HttpDoor } from "../ingest/http/http-door.ts";
import { type Api, actor, needs, type ResourceParts } from "./route.ts";

/** The secret a device or platform signs its requests to the HTTP door with. */
export function registerSigning(api: Api, { center }: ResourceParts, door: HttpDoor): void {
  api.post(
    "/devices/:id/signing-secret",
    {
      config: needs("manageDevices"),
      schema: {
        summary: "The secret this login signs pushed messages with (Standard Webhooks); a new device secret ends it",
        params: z.object({ id: z.string().max(64) }),
      },
    },
    async (request) => {
      const device = center.registry.get(request.params.id);
      if (!device) throw notFound(`device ${request.params.id}`);
      const secret = door.signingSecretOf(device);
      if (secret === null) throw conflict("noSecret", "this device has no secret yet; make one with POST …/secret");
      const { name } = actor(request);
      await center.operate((now, changes) => {
        changes.audit.push({ at: now, actor: name, action: "device.signingSecret", target: device.id, details: null });
      });
      return { login: device.id, secret };
    },
  );
}
