import { ulid } from "ulid";
import { z } from "zod";
import { type BacktestResult, backtest } from "../alerts/backtest.ts";
import { silenceShape } from "../alerts/quiet.ts";
import { parseRule, type RuleEdition } from "../alerts/rulebook.ts";
import { conflict, invalid, notFound, Problem } from "../domain/problem.ts";
import { alertInScope } from "../domain/reach.ts";
import { DAY, HOUR } from "../domain/time.ts";
import { type Api, actor, instant, needs, type ResourceParts, revisionOf, token } from "./route.ts";

/** One back-test under way or done; the last few are kept for whoever asked. */
interface Job {
  readonly id: string;
  readonly ruleId: string;
  share: number;
  state: "running" | "done" | "failed" | "calledOff";
  result: BacktestResult | null;
  problem: string | null;
}

const JOBS_KEPT = 20;
const moment = z.union([z.number().int().min(0), instant]);

const ruleId = z.object({ id: z.string().max(64) });
/** A rule as its reader may have changed it: with or without what an answer says of its edition. */
function draftOf(id: string, { version: _version, changedAt: _at, changedBy: _by, ...rule }: Record<string, unknown>) {
  if (rule.id !== undefined && rule.id !== id) throw invalid("the id in the body is another rule's");
  return { ...rule, id };
}
const headers = z.object({ "if-match": z.string().max(32).optional() });

/** Rules, their trial on past days, silences, and the places where problems come back. */
export function registerRules(api: Api, { center, config }: ResourceParts): void {
  const { rulebook, quiet } = center.alerting;
  const jobs = new Map<string, Job>();
  /** Ends the back-test that runs; there is one at a time. */
  let running = new AbortController();
  api.addHook("onClose", async () => running.abort());
  const edition = (id: string) => {
    const found = rulebook.edition(id);
    if (!found) throw notFound(`rule ${id}`);
    return found;
  };
  const shown = ({ rule, ...rest }: RuleEdition) => ({ ...rule, ...rest });

  api.get("/rules", { config: needs("readCatalog"), schema: { summary: "Rules as they are in force" } }, async () => ({
    items: rulebook.editions().map(shown),
    next: null,
  }));

  api.get(
    "/rules/:id",
    { config: needs("readCatalog"), schema: { summary: "One rule with its edition", params: ruleId } },
    async (request, reply) => {
      const found = edition(request.params.id);
      return reply.header("etag", `"${found.version}"`).send(shown(found));
    },
  );

  api.put(
    "/rules/:id",
    {
      config: needs("manageRules"),
      schema: {
        summary: "Change a rule, or add one of your own; If-Match is its version",
        params: ruleId,
        headers,
        body: z.record(z.string(), z.unknown()),
      },
    },
    async (request) => {
      const rule = draftOf(request.params.id, request.body);
      const expected = revisionOf(request.headers["if-match"]);
      const who = actor(request);
      return shown(await center.operate((now, changes) => rulebook.put(rule, expected, who, now, changes)));
    },
  );

  api.delete(
    "/rules/:id",
    {
      config: needs("manageRules"),
      schema: { summary: "Back to how the rule was delivered", params: ruleId },
    },
    async (request, reply) => {
      const who = actor(request);
      await center.operate((now, changes) => rulebook.reset(request.params.id, who, now, changes));
      return reply.code(204).send();
    },
  );

  api.post(
    "/rules/:id/backtest",
    {
      config: needs("manageRules"),
      schema: {
        summary: "What the rule, or a changed draft of it, would have raised; answers with a job to ask for",
        params: ruleId,
        body: z.object({ from: moment, to: moment, rule: z.record(z.string(), z.unknown()).optional() }),
      },
    },
    async (request, reply) => {
      const { from, to, rule: draft } = request.body;
      const { id } = request.params;
      const rule = draft ? parseRule(draftOf(id, draft)) : edition(id).rule;
      if (to <= from) throw invalid("to must be later than from");
      if (to - from > config.BACKTEST_DAYS * DAY) {
        throw invalid(`at most ${config.BACKTEST_DAYS} days at once (BACKTEST_DAYS)`);
      }
      if ([...jobs.values()].some(({ state }) => state === "running")) {
        throw conflict("busy", "another back-test is running; GET /backtests says how far it is");
      }
      const job: Job = { id: ulid(), ruleId: id, share: 0, state: "running", result: null, problem: null };
      jobs.set(job.id, job);
      running = new AbortController();
      const { signal } = running;
      while (jobs.size > JOBS_KEPT) jobs.delete(jobs.keys().next().value as string);
      const parts = {
        history: center.store,
        geography: center.geography,
        calendar: center.calendar,
        devices: [...center.registry.all()],
        signal,
      };
      backtest({ rule, from, to }, parts, (share) => {
        job.share = share;
      }).then(
        (result) => {
          job.result = result;
          job.state = "done";
        },
        (error) => {
          job.state = signal.aborted ? "calledOff" : "failed";
          if (signal.aborted) return;
          job.problem = error instanceof Problem ? error.message : "the back-test broke off";
          if (!(error instanceof Problem)) request.log.error({ err: error }, "back-test");
        },
      );
      return reply.code(202).header("location", `/api/v1/backtests/${job.id}`).send(job);
    },
  );

  api.get("/backtests", { config: needs("manageRules"), schema: { summary: "The latest back-tests" } }, async () => ({
    items: Array.from(jobs.values(), ({ result: _result, ...job }) => job).reverse(),
    next: null,
  }));

  api.get(
    "/backtests/:id",
    { config: needs("manageRules"), schema: { summary: "A back-test with its progress or result", params: ruleId } },
    async (request) => {
      const job = jobs.get(request.params.id);
      if (!job) throw notFound(`back-test ${request.params.id}`);
      return job;
    },
  );

  api.delete(
    "/backtests/:id",
    {
      config: needs("manageRules"),
      schema: { summary: "Call a back-test off that nobody waits for any more", params: ruleId },
    },
    async (request) => {
      const job = jobs.get(request.params.id);
      if (!job) throw notFound(`back-test ${request.params.id}`);
      if (job.state === "running") {
        job.state = "calledOff";
        running.abort();
      }
      return job;
    },
  );

  api.get(
    "/silences",
    {
      config: needs("readSilences"),
      schema: { summary: "Maintenance windows, permitted zones, closures, storm mode" },
    },
    async () => ({ items: quiet.all(), next: null, storm: quiet.stormAt(center.clock.now()) }),
  );

  api.post(
    "/silences",
    { config: needs("manageSilences"), schema: { summary: "Silence rules for a time", body: silenceShape } },
    async (request, reply) => {
      const who = actor(request);
      const { to } = request.body;
      if (to !== null && to <= center.clock.now()) throw invalid("to must lie in the future (epoch milliseconds)");
      const made = await center.operate((now, changes) => quiet.add(request.body, who, now, changes));
      return reply.code(201).send(made);
    },
  );

  api.delete(
    "/silences/:id",
    { config: needs("manageSilences"), schema: { summary: "End a silence now", params: ruleId } },
    async (request) => {
      const who = actor(request);
      return center.operate((now, changes) => quiet.end(request.params.id, who, now, changes));
    },
  );

  api.get(
    "/spots",
    {
      config: needs("readAlerts"),
      schema: {
        summary: "Places where problems come back, worst first",
        querystring: z.object({ atLeast: z.coerce.number().int().min(1).max(1_000).default(2) }),
      },
    },
    async (request) => {
      const { scope } = token(request);
      const lineOf = ({ id, ruleId }: { id: string; ruleId: string }) =>
        center.operations.workforce.lineOf({ ruleId, crewId: null, subject: { kind: "spot", id } }, undefined);
      const spots = center.alerting
        .hotSpots(center.clock.now(), request.query.atLeast)
        .filter((spot) => alertInScope(scope, { place: spot.place, line: lineOf(spot) }));
      return { items: spots.slice(0, config.HTTP_PAGE_ROWS), next: null, windowHours: (30 * DAY) / HOUR };
    },
  );
}
