import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { actorOf, type Permission } from "../access/policy.ts";
import type { Center } from "../center/access.ts";
import type { Config } from "../config.ts";
import { Problem } from "../domain/problem.ts";
import type { Actor, Token } from "../domain/roles.ts";

declare module "fastify" {
  interface FastifyRequest {
    token: Token | null;
  }
  interface FastifyContextConfig {
    permission?: Permission;
  }
}

/** Fastify with schemas in zod. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ResourceParts {
  readonly center: Center;
  readonly config: Config;
}

/** Every route says who may use it; the server refuses to start with one that does not. */
export const needs = (permission: Permission) => ({ permission });

/** @throws Problem 401 */
export function actor(request: FastifyRequest): Actor {
  return actorOf(token(request));
}

export function token({ token: given }: FastifyRequest): Token {
  if (!given) throw new Problem(401, "unauthenticated", "send Authorization: Bearer <token>");
  return given;
}

/** Ends work that nobody waits for any more: aborts when the client leaves before it has its answer. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort(new Problem(499, "clientGone", "the client left before the answer"));
  });
  return gone.signal;
}

/** `a,b` or repeated parameters → a list. */
export const list = <T>(item: z.ZodType<T>) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given): unknown[] => (Array.isArray(given) ? given : given.split(",")).filter((part) => part !== ""))
    .pipe(
      z
        .array(item as z.ZodType<T, unknown>)
        .min(1)
        .max(100),
    )
    .optional();

export const flag = z
  .enum(["true", "false"])
  .transform((given) => given === "true")
  .optional();

export const bbox = z
  .string()
  .transform((given) => given.split(",").map(Number))
  .pipe(z.tuple([z.number(), z.number(), z.number(), z.number()]))
  .describe("west,south,east,north")
  .optional();

/** The last instant that a `Date` can hold. */
const LAST_INSTANT = 8.64e15;

/** Epoch milliseconds or ISO 8601. */
export const instant = z
  .string()
  .transform((given) => {
    if (/^\d+$/.test(given)) return Number(given);
    return /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  })
  .refine((at) => at <= LAST_INSTANT, "must be epoch milliseconds or ISO 8601");

export const page = (config: Config) => ({
  cursor: z.string().max(128).optional(),
  limit: z.coerce.number().int().min(1).max(config.HTTP_PAGE_ROWS).default(Math.min(100, config.HTTP_PAGE_ROWS)),
});

/** Leaves out what is undefined: an absent filter and an undefined one are the same, but not to the compiler. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** `88191` or `"88191"`; anything else is a mistake of the client, not "no matter". */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const rev = Number(ifMatch.replace(/^(?:W\/)?"?|"?$/g, ""));
  if (!Number.isSafeInteger(rev)) throw new Problem(400, "invalid", "If-Match must be the revision of what you change");
  return rev;
}

/** Whether a value is among those asked for; a question that names none takes all. */
export const fits = <T extends string>(allowed: readonly T[] | undefined, value: T | null): boolean =>
  allowed === undefined || (value !== null && allowed.includes(value));

/** Rows after the cursor in order of their key, which is what the next cursor is. */
export function pageOf<T>(rows: readonly { row: T; key: string }[], cursor: string | undefined, limit: number) {
  const rest = rows
    .filter(({ key }) => cursor === undefined || key > cursor)
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const items = rest.slice(0, limit);
  return { items: items.map(({ row }) => row), next: rest.length > limit ? (items.at(-1)?.key ?? null) : null };
}
