import { join } from "node:path";
import { z } from "zod";
import { transitions } from "../alerts/lifecycle.ts";
import { categories } from "../domain/categories.ts";
import { kinds } from "../domain/kinds.ts";
import { levels } from "../domain/levels.ts";
import { metrics } from "../domain/metrics.ts";
import { roles } from "../domain/roles.ts";
import { kpiCatalogue } from "../kpi/catalogue.ts";
import { scopeShape } from "./people.ts";
import { type Api, actor, given, instant, needs, page, type ResourceParts, token } from "./route.ts";

/** Tokens, catalogue, quarantine, audit, backup: the small resources. */
export function registerRecords(api: Api, { center, config }: ResourceParts): void {
  const tokenShape = z.object({
    name: z.string().min(1).max(64),
    role: z.enum(roles),
    scope: scopeShape.default({}),
    /** For the role `crew`: whose work it shows. */
    crewId: z.string().min(1).max(64).optional(),
    deviceId: z.string().min(1).max(64).optional(),
    expiresAt: z.union([z.number().int(), instant]).nullable().default(null),
  });
  const publicToken = <T extends { hash: string }>({ hash: _hash, ...rest }: T) => rest;

  api.post(
    "/tokens",
    { config: needs("manageTokens"), schema: { summary: "Issue a token; its secret is shown once", body: tokenShape } },
    async (request, reply) => {
      const who = actor(request);
      const issued = await center.operate((now, changes) => {
        const made = center.tokens.issue(request.body, now, changes);
        const details = { name: made.token.name, role: made.token.role };
        changes.audit.push({ at: now, actor: who.name, action: "token.issue", target: made.token.id, details });
        return made;
      });
      return reply.code(201).send({ ...publicToken(issued.token), token: issued.secret });
    },
  );

  api.get(
    "/tokens",
    { config: needs("manageTokens"), schema: { summary: "Tokens of screens and programs, without their secrets" } },
    async () => ({
      items: [...center.tokens.all()].filter(({ session }) => !session).map(publicToken),
      next: null,
    }),
  );

  api.delete(
    "/tokens/:id",
    {
      config: needs("manageTokens"),
      schema: {
        summary: "Revoke a token; its streams close within a second",
        params: z.object({ id: z.string().max(64) }),
      },
    },
    async (request, reply) => {
      const who = actor(request);
      await center.operate((now, changes) => {
        center.tokens.revoke(request.params.id, changes);
        changes.audit.push({
          at: now,
          actor: who.name,
          action: "token.revoke",
          target: request.params.id,
          details: null,
        });
      });
      return reply.code(204).send();
    },
  );

  api.get("/me", { config: needs("self"), schema: { summary: "Whose token this is" } }, async (request) =>
    publicToken(token(request)),
  );

  api.get(
    "/catalog",
    {
      config: needs("readCatalog"),
      schema: {
        summary: "Kinds, metrics, levels, rules, figures, categories and what can be done with alerts, in zh and en",
      },
    },
    async () => ({
      kinds: Object.entries(kinds).map(([id, kind]) => ({ id, ...kind })),
      metrics: Object.entries(metrics).map(([id, { id: _number, ...metric }]) => ({ id, ...metric })),
      levels: Object.entries(levels).map(([level, facts]) => ({ level: Number(level), ...facts })),
      actions: Object.entries(transitions).map(([id, transition]) => ({ id, ...transition })),
      kpis: kpiCatalogue.map(({ numerator: _measures, denominator: _of, ...kpi }) => kpi),
      categories: Object.entries(categories).map(([id, category]) => ({ id, ...category })),
      rules: center.alerting.rulebook.editions().map(({ rule, version }) => ({
        ...rule,
        version,
        kinds: [...new Set(rule.checks.flatMap((check) => check.kinds))],
        subtypes: [...new Set(rule.checks.map(({ subtype }) => subtype))],
      })),
    }),
  );

  api.get(
    "/quarantine",
    {
      config: needs("readQuarantine"),
      schema: {
        summary: "Refused messages with their reason, newest first",
        querystring: z.object({ reason: z.string().max(64).optional(), ...page(config) }),
      },
    },
    async (request) => center.store.quarantine(given(request.query)),
  );

  api.get(
    "/audit",
    {
      config: needs("readAudit"),
      schema: {
        summary: "Who did what, newest first",
        querystring: z.object({
          actor: z.string().max(128).optional(),
          action: z.string().max(64).optional(),
          target: z.string().max(128).optional(),
          ...page(config),
        }),
      },
    },
    async (request) => center.store.audit(given(request.query)),
  );

  api.post(
    "/backup",
    { config: needs("backup"), schema: { summary: "A consistent copy of the database" } },
    async (request) => {
      const { name } = actor(request);
      const file = `kerbside-${new Date(center.clock.now()).toISOString().replace(/[:.]/g, "-")}.db`;
      const bytes = await center.store.backup(join(config.DATA_DIR, "backups", file));
      await center.operate((now, changes) => {
        changes.audit.push({ at: now, actor: name, action: "backup", target: file, details: { bytes } });
      });
      return { file, bytes };
    },
  );
}
