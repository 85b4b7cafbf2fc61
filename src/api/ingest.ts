import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import { Problem } from "../domain/problem.ts";
import type { Admitted, HttpDoor } from "../ingest/http/http-door.ts";
import { needs } from "./route.ts";

declare module "fastify" {
  interface FastifyRequest {
    sender: Admitted | null;
  }
}

interface IngestParts {
  readonly center: Pick<Center, "mappings" | "registry">;
  readonly config: Config;
  readonly door: HttpDoor;
}

const TAKEN = { accepted: true };
const NOTHING = Buffer.alloc(0);

/**
 * The HTTP door: `POST /ingest/<topic>` is the same as publishing on the topic, and `/ingest/osmand` takes what phones send. Not
 * part of the API for people: who comes here is a device, with a login of its own.
 */
export async function registerIngest(app: FastifyInstance, { center, config, door }: IngestParts): Promise<void> {
  app.decorateRequest("sender", null);
  await app.register(async (scoped) => {
    scoped.removeAllContentTypeParsers();
    scoped.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: config.INGEST_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    const headOf = (request: FastifyRequest) => ({ headers: request.headers, query: queryOf(request) });
    const bodyOf = (request: FastifyRequest): Buffer => (Buffer.isBuffer(request.body) ? request.body : NOTHING);
    const contentTypeOf = (request: FastifyRequest): string => request.headers["content-type"] ?? "";

    scoped.addHook("onError", async (_request, reply, error) => {
      const { status, extra } = error as Partial<Problem>;
      if (status === 401) reply.header("www-authenticate", 'Basic realm="kerbside", charset="UTF-8"');
      if (extra?.retryAfterSeconds !== undefined) reply.header("retry-after", String(extra.retryAfterSeconds));
    });

    const taken = async (request: FastifyRequest, reply: FastifyReply, topic: string) => {
      const { sender } = request;
      if (!sender) throw new Problem(401, "unauthenticated", "send a login");
      const message = { topic, contentType: contentTypeOf(request), body: bodyOf(request), address: request.ip };
      await door.take(sender, message);
      return reply.code(200).send(center.mappings.answerTo(topic) ?? TAKEN);
    };
    scoped.route({
      method: ["POST", "PUT"],
      url: "/ingest/*",
      config: needs("public"),
      schema: { hide: true },
      // Nobody's body is read before it is known who sends it.
      onRequest: async (request) => {
        request.sender = door.admit(headOf(request), request.ip);
      },
      handler: (request, reply) => taken(request, reply, (request.params as { "*": string })["*"]),
    });

    scoped.route({
      method: ["GET", "POST"],
      url: "/ingest/osmand",
      config: needs("public"),
      schema: { hide: true },
      // The body may be the only thing that says whose it is; a phone's is small.
      bodyLimit: config.HTTP_BODY_BYTES,
      handler: async (request, reply) => {
        const { text, id } = positionOf(request, bodyOf(request).toString("utf8"));
        const device = id === null || /[/+#]/.test(id) ? undefined : center.registry.resolve(`osmand:${id}`);
        const sender = door.admit(headOf(request), request.ip, config.OSMAND_ANONYMOUS ? device : undefined);
        if (!device) throw new Problem(404, "notFound", `no device has the alias osmand:${id ?? ""}`);
        const own = sender.device.id === device.id || sender.login.gateway;
        const message = { topic: `osmand/${id}`, contentType: "", body: Buffer.from(text), address: request.ip, own };
        await door.take(sender, message);
        return reply.code(200).type("text/plain").send("OK\n");
      },
    });
  });
}

const queryOf = ({ url }: FastifyRequest): URLSearchParams => {
  const mark = url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
};

/** The position as the driver reads it: the app's JSON as it is, else the query, or a form, without what was for the door. */
function positionOf(request: FastifyRequest, body: string): { text: string; id: string | null } {
  if (body.trimStart().startsWith("{")) return { text: body, id: idOf(body) };
  const fields = queryOf(request);
  for (const [name, value] of new URLSearchParams(body)) fields.append(name, value);
  for (const own of ["login", "key"]) fields.delete(own);
  return { text: fields.toString(), id: fields.get("id") ?? fields.get("deviceid") };
}

function idOf(body: string): string | null {
  try {
    const { device_id } = JSON.parse(body) as { device_id?: unknown };
    return typeof device_id === "string" || typeof device_id === "number" ? String(device_id) : null;
  } catch {
    return null;
  }
}
