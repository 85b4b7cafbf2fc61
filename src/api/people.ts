import { z } from "zod";
import type { Login } from "../access/login.ts";
import { PASSWORD_MAX } from "../access/passwords.ts";
import { permissions } from "../access/policy.ts";
import type { Person } from "../domain/person.ts";
import { areaGrades } from "../domain/place.ts";
import { invalid, notFound, Problem } from "../domain/problem.ts";
import { atLeast, roles, type Token } from "../domain/roles.ts";
import { type Api, actor, given, needs, type ResourceParts, token } from "./route.ts";

const names = z.array(z.string().min(1).max(64)).min(1).max(100).optional();
/** What a token or a person is limited to. */
export const scopeShape = z.strictObject({
  communityId: names,
  gridId: names,
  businessLine: names,
  areaGrade: z.array(z.enum(areaGrades)).optional(),
});
/** Not judged here: a wrong one must look like any other wrong one. */
const typed = z
  .string()
  .min(1)
  .max(PASSWORD_MAX * 4);
const loginName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._-]{1,31}$/, "2 to 32 letters, digits, dots, dashes");
const bound = z.string().min(1).max(64).nullable();
const fields = {
  name: z.string().trim().min(1).max(64),
  role: z.enum(roles),
  scope: scopeShape,
  crewId: bound,
  deviceId: bound,
};
const personId = z.object({ id: z.string().max(64) });

/** Logging in and out, and the accounts of those who do. */
export function registerPeople(api: Api, { center, config, login }: ResourceParts & { readonly login: Login }): void {
  const { people } = login;
  const shown = ({ passwordHash: _hash, ...person }: Person) => ({
    ...person,
    sessions: people.sessionsOf(person.id).length,
    lockedSeconds: login.lockedFor(person.id),
  });
  const self = (person: Person | undefined, { name, role, scope, session, expiresAt, crewId }: Token) => ({
    name: person?.name ?? name,
    login: person?.id ?? null,
    role,
    scope,
    crewId: crewId ?? null,
    deviceId: person?.deviceId ?? null,
    expiresAt,
    idleMinutes: session ? config.SESSION_IDLE_MINUTES : null,
    mustChangePassword: session?.mustChangePassword === true,
    may: Object.entries(permissions).flatMap(([name, least]) => (least && atLeast(role, least) ? [name] : [])),
  });
  const ownSession = (given: Token): { personId: string } => {
    if (!given.session) throw new Problem(409, "noSession", "this is a token of a screen or a program, not a session");
    return given.session;
  };

  api.post(
    "/session",
    {
      config: needs("logIn"),
      schema: { summary: "Log in", body: z.object({ name: z.string().min(1).max(64), password: typed }) },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const begun = await login.begin(name, password, request.ip);
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ token: begun.secret, ...self(begun.person, begun.token) });
    },
  );

  api.get(
    "/session",
    { config: needs("self"), schema: { summary: "Who you are and what you may do" } },
    async (request) => {
      const own = token(request);
      return self(own.session && people.find(own.session.personId), own);
    },
  );

  api.put(
    "/session",
    { config: needs("self"), schema: { summary: "Somebody is still there: the idle time begins anew" } },
    async (request, reply) => {
      center.tokens.touch(token(request).id, center.clock.now());
      return reply.code(204).send();
    },
  );

  api.delete("/session", { config: needs("self"), schema: { summary: "Log out" } }, async (request, reply) => {
    const own = token(request);
    ownSession(own);
    const who = actor(request);
    await center.operate((now, changes) => people.endSession(own, who, now, changes));
    return reply.code(204).send();
  });

  api.put(
    "/session/password",
    {
      config: needs("self"),
      schema: {
        summary: "Change the own password; every session ends, a new one begins",
        body: z.object({ current: typed, password: typed }),
      },
    },
    async (request, reply) => {
      const { current, password } = request.body;
      const who = actor(request);
      const person = await login.sign(ownSession(token(request)).personId, current, request.ip);
      if (current === password) throw invalid("the new password must be another one");
      const hash = await login.hash(password, person);
      const { secret, token: begun } = await center.operate((now, changes) => {
        const changed = people.setPassword(person.id, hash, false, who, now, changes);
        return people.beginSession(changed, request.ip, now, changes);
      });
      return reply.header("cache-control", "no-store").send({ token: secret, ...self(people.find(person.id), begun) });
    },
  );

  api.get("/people", { config: needs("managePeople"), schema: { summary: "Who may log in" } }, async () => ({
    items: people.all().map(shown),
    next: null,
  }));

  api.post(
    "/people",
    {
      config: needs("managePeople"),
      schema: {
        summary: "Somebody new; the password must be changed at the first login",
        body: z.strictObject({
          ...fields,
          id: loginName,
          scope: scopeShape.default({}),
          crewId: bound.default(null),
          deviceId: bound.default(null),
          password: typed,
        }),
      },
    },
    async (request, reply) => {
      const { id, password, ...input } = request.body;
      const who = actor(request);
      const hash = await login.hash(password, { id, name: input.name });
      const made = await center.operate((now, changes) => people.add(id, input, hash, who, now, changes));
      return reply.code(201).send(shown(made));
    },
  );

  api.patch(
    "/people/:id",
    {
      config: needs("managePeople"),
      schema: {
        summary: "Change somebody's name, role, limits, or disable the account; its sessions end",
        params: personId,
        body: z.strictObject({ ...fields, disabled: z.boolean() }).partial(),
      },
    },
    async (request) => {
      const who = actor(request);
      const { id } = request.params;
      return shown(await center.operate((now, changes) => people.change(id, given(request.body), who, now, changes)));
    },
  );

  api.put(
    "/people/:id/password",
    {
      config: needs("managePeople"),
      schema: {
        summary: "Give somebody a new password, to be changed at the next login; locks are lifted, sessions end",
        params: personId,
        body: z.object({ password: typed }),
      },
    },
    async (request) => {
      const who = actor(request);
      const { id } = request.params;
      const person = people.find(id);
      if (!person) throw notFound(`person ${id}`);
      const hash = await login.hash(request.body.password, person);
      login.forgive(id);
      return shown(await center.operate((now, changes) => people.setPassword(id, hash, true, who, now, changes)));
    },
  );

  api.delete(
    "/people/:id/sessions",
    { config: needs("managePeople"), schema: { summary: "Log somebody out everywhere", params: personId } },
    async (request) => {
      const who = actor(request);
      const ended = await center.operate((now, changes) => people.endSessions(request.params.id, who, now, changes));
      return { ended };
    },
  );

  api.delete(
    "/people/:id",
    { config: needs("managePeople"), schema: { summary: "Remove an account", params: personId } },
    async (request, reply) => {
      const who = actor(request);
      await center.operate((now, changes) => people.remove(request.params.id, who, now, changes));
      return reply.code(204).send();
    },
  );
}
