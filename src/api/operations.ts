import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { notFound } from "../domain/problem.ts";
import { atLeast } from "../domain/roles.ts";
import { atWork, dutyStates } from "../operations/duty.ts";
import type { LiveDuty } from "../operations/duty-desk.ts";
import type { LiveTask } from "../operations/tasks.ts";
import { taskActions } from "../operations/tasks.ts";
import { workKinds } from "../store/store.ts";
import { createNames, seesPeople } from "../stream/anonymous.ts";
import { crewMatcher, crewView } from "../stream/crew-view.ts";
import { type Api, actor, given, instant, list, needs, page, type ResourceParts, revisionOf, token } from "./route.ts";

const name = z.string().max(64);
const statuses = ["planned", "started", "done", "cancelled"] as const;

/** Who works now, what was planned and what came of it. */
export function registerOperations(api: Api, { center, config }: ResourceParts): void {
  const { duties, tasks, stops, sweeps, crews, register } = center.operations;

  /** Lines and crews that a token reaches. */
  const reaches = (request: FastifyRequest, { line, crewId }: { line: string | null; crewId: string | null }) => {
    const { scope, work } = actor(request);
    if (work !== undefined) return crewId !== null && work.crewId === crewId;
    return scope.businessLine === undefined || (line !== null && scope.businessLine.includes(line));
  };

  const dutyView = (request: FastifyRequest, { duty, state }: LiveDuty) => {
    const { role } = token(request);
    const names = createNames(center.registry, role);
    const who = crews.roleOf(duty.deviceId);
    const beganAt = "arrivedAt" in state ? state.arrivedAt : state.startedAt;
    return {
      id: duty.id,
      kind: duty.kind,
      deviceId: names.of(duty.deviceId, duty.kind),
      role: who.role,
      number: who.number,
      name: seesPeople(role) ? who.name : null,
      crewId: duty.crewId,
      line: duty.line,
      date: duty.date,
      from: duty.from,
      to: duty.to,
      post: duty.post,
      state: state.state,
      since: state.since,
      beganAt,
      /** Minutes after the planned begin; null while nobody began. */
      lateMinutes: beganAt === null ? null : Math.round((beganAt - duty.from) / 60_000),
    };
  };

  api.get(
    "/duty",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "The start board: what was planned for whom, and how it goes",
        querystring: z.object({
          kind: z.enum(["person", "vehicle"]).optional(),
          state: list(z.enum(dutyStates)),
          line: list(name),
          crewId: list(name),
          /** Duties under way at this instant; now when absent. */
          at: instant.optional(),
          ...page(config),
        }),
      },
    },
    async (request) => {
      const { kind, state, line, crewId, at = center.clock.now(), cursor, limit } = request.query;
      const found = [...duties.all()]
        .filter(({ duty }) => duty.from - 3_600_000 <= at && at < duty.to && reaches(request, duty))
        .filter(({ duty }) => kind === undefined || duty.kind === kind)
        .filter((live) => !state || state.includes(live.state.state))
        .filter(({ duty }) => !line || (duty.line !== null && line.includes(duty.line)))
        .filter(({ duty }) => !crewId || (duty.crewId !== null && crewId.includes(duty.crewId)))
        .filter(({ duty }) => cursor === undefined || duty.id > cursor)
        .sort((a, b) => (a.duty.id < b.duty.id ? -1 : 1));
      const items = found.slice(0, limit).map((live) => dutyView(request, live));
      return { items, next: found.length > limit ? (found[limit - 1]?.duty.id ?? null) : null };
    },
  );

  api.get(
    "/crews",
    {
      config: needs("readDistrict"),
      schema: {
        summary: "Crews with their members, where they are and what they do",
        querystring: z.object({ line: list(name) }),
      },
    },
    async (request) => {
      const matches = crewMatcher(given({ line: request.query.line }), actor(request));
      const { role } = token(request);
      const items = [...crews.revisions.values()].filter(matches).map((crew) => crewView(crew, role, center.registry));
      return { items: items.sort((a, b) => (a.id < b.id ? -1 : 1)) };
    },
  );

  api.get(
    "/operations/summary",
    {
      config: needs("readDistrict"),
      schema: { summary: "Numbers for walls: who is on duty of those who are due, what was served, swept and done" },
    },
    async (request) => {
      const at = center.clock.now();
      const count = (kind: "person" | "vehicle") => {
        const under = [...duties.all()].filter(
          ({ duty }) =>
            duty.kind === kind && duty.from <= at && at < duty.to && !duty.onLeave && reaches(request, duty),
        );
        return { due: under.length, onDuty: under.filter(({ state }) => atWork.has(state.state)).length };
      };
      const day = center.kpis.periods.start("day", at);
      const today = <T extends { planned: { from: number; line: string | null; crewId: string | null } }>(
        all: Iterable<T>,
      ) => [...all].filter(({ planned }) => planned.from >= day && planned.from <= at && reaches(request, planned));
      const [stopsToday, sweepsToday, tasksToday] = [today(stops.all()), today(sweeps.all()), today(tasks.all())];
      const shares = sweepsToday.map(({ state }) => state.share);
      return {
        now: at,
        people: count("person"),
        vehicles: count("vehicle"),
        stops: { planned: stopsToday.length, served: stopsToday.filter(({ state }) => state.servedAt !== null).length },
        tasks: { planned: tasksToday.length, done: tasksToday.filter(({ state }) => state.status === "done").length },
        sweeps: {
          planned: shares.length,
          /** Mean share of the sections whose window has begun; null when there are none. */
          coverage: shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length,
        },
      };
    },
  );

  api.get(
    "/work/:kind",
    {
      config: needs("readRegistry"),
      schema: {
        summary: "What came of the work: visits, ended duties, stops, sweeps, tasks; newest first",
        params: z.object({ kind: z.enum(workKinds) }),
        querystring: z.object({
          subjectId: name.optional(),
          from: instant.optional(),
          to: instant.optional(),
          ...page(config),
        }),
      },
    },
    async (request) => {
      const { items, next } = await center.store.work({ kind: request.params.kind, ...given(request.query) });
      const lines = token(request).scope.businessLine;
      const mine = items.filter(({ body }) => {
        const { line = null } = body as { line?: string | null };
        return lines === undefined || (line !== null && lines.includes(line));
      });
      return { items: mine, next };
    },
  );

  const taskView = (request: FastifyRequest, { planned, state }: LiveTask) => {
    const people = atLeast(token(request).role, "dispatcher");
    return { ...planned, ...state, by: people ? state.by : null, visit: people ? state.visit : null };
  };

  api.get(
    "/tasks",
    {
      config: needs("readTasks"),
      schema: {
        summary: "Tasks of the days around now, with what they still need",
        querystring: z.object({ status: list(z.enum(statuses)), line: list(name), crewId: list(name) }),
      },
    },
    async (request) => {
      const { status, line, crewId } = request.query;
      const items = [...tasks.all()]
        .filter(({ planned }) => reaches(request, planned))
        .filter(({ planned, state }) => {
          const { line: own, crewId: crew } = planned;
          return (
            (!status || status.includes(state.status)) &&
            (!line || line.includes(own)) &&
            (!crewId || (crew !== null && crewId.includes(crew)))
          );
        })
        .sort((a, b) => a.planned.from - b.planned.from);
      return { items: items.map((item) => ({ ...taskView(request, item), missing: tasks.missing(item) })) };
    },
  );

  const taskInReach = (request: FastifyRequest, id: string): LiveTask => {
    const item = tasks.get(id);
    if (!item || !reaches(request, item.planned)) throw notFound(`task ${id}`);
    return item;
  };

  api.post(
    "/tasks/:id/:action",
    {
      config: needs("actOnTasks"),
      schema: {
        summary: "Start, complete, cancel or reopen a task; completing asks for the proof that its plan demands",
        params: z.object({ id: z.string().max(160), action: z.enum(taskActions) }),
        headers: z.object({ "if-match": z.string().max(32).optional() }),
        body: z.object({ note: z.string().min(1).max(2_000).optional() }).nullish(),
      },
    },
    async (request) => {
      const { id, action } = request.params;
      taskInReach(request, id);
      const who = actor(request);
      const input = given({ note: request.body?.note, expectedRev: revisionOf(request.headers["if-match"]) });
      const item = await center.operate((now, changes) => tasks.act(id, action, input, who, now, changes));
      return taskView(request, item);
    },
  );

  /** The register knows the crews; a name that is not there is a mistake worth telling. */
  api.get(
    "/crews/:id",
    {
      config: needs("readDistrict"),
      schema: { summary: "One crew", params: z.object({ id: name }) },
    },
    async (request) => {
      const { id } = request.params;
      const crew = crews.revisions.get(id);
      if (!register.get("crews", id) || !crew || !crewMatcher({}, actor(request))(crew)) throw notFound(`crew ${id}`);
      return crewView(crew, token(request).role, center.registry);
    },
  );
}
