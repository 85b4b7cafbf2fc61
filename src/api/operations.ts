import { z } from "zod";
import { dateOf } from "../domain/calendar.ts";
import { notFound } from "../domain/problem.ts";
import { reachesWork } from "../domain/reach.ts";
import type { Actor } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import { dateShape } from "../operations/days.ts";
import { dutyStates } from "../operations/duty.ts";
import { EARLY_MS } from "../operations/person-duty.ts";
import { summaryOf } from "../operations/summary.ts";
import { type LiveTask, taskActions } from "../operations/tasks.ts";
import { crewMatcher, crewView } from "../stream/crew-view.ts";
import { createOnce } from "./once.ts";
import { createPictureDoor } from "./pictures.ts";
import {
  type Api,
  actor,
  fits,
  given,
  instant,
  list,
  needs,
  page,
  pageOf,
  type ResourceParts,
  revisionOf,
} from "./route.ts";
import { createWorkViews } from "./work-view.ts";

const name = z.string().min(1).max(64);
const id = z.object({ id: z.string().max(96) });
const taskStatus = z.enum(["planned", "started", "done", "cancelled"]);

/** Who works where now: the start board, crews, tasks, and the numbers of the day. */
export function registerOperations(api: Api, { center, config }: ResourceParts): void {
  const { duties, stops, sweeps, tasks, crews } = center.operations;
  const views = createWorkViews(center);
  const once = createOnce(center);
  const pictures = createPictureDoor({ center });
  const today = () => dateOf(center.calendar.dayNumber(center.clock.now()));

  /** @throws Problem 404, also for a task that is none of the reader's */
  const taskOf = (taskId: string, who: Actor): LiveTask => {
    const task = tasks.get(taskId);
    if (!task || !reachesWork(who, views.ofTask(task))) throw notFound(`task ${taskId}`);
    return task;
  };

  api.get(
    "/duty",
    {
      config: needs("readDuty"),
      schema: {
        summary: "The start board: planned and actual of every badge and vehicle, in order of their time",
        querystring: z.object({
          /** Duties under way or about to begin at this instant; now when neither it nor a day is named. */
          at: instant.optional(),
          date: dateShape.optional(),
          line: list(name),
          crewId: list(name),
          kind: list(z.enum(["person", "vehicle"])),
          state: list(z.enum(dutyStates)),
          ...page(config),
        }),
      },
    },
    async (request) => {
      const who = actor(request);
      const { at = center.clock.now(), date, line, crewId, kind, state, cursor, limit } = request.query;
      const rows = [...duties.all()]
        .filter(({ duty }) => (date === undefined ? at >= duty.from - EARLY_MS && at < duty.to : duty.date === date))
        .filter(({ duty }) => fits(kind, duty.kind) && fits(line, duty.line))
        .filter((live) => fits(crewId, live.duty.crewId) && reachesWork(who, views.ofDuty(live)))
        .map((live) => views.duty(live, who.role))
        .filter((row) => fits(state, row.state))
        .map((row) => ({ row, key: `${row.from} ${row.id}` }));
      return pageOf(rows, cursor, limit);
    },
  );

  api.get(
    "/crews",
    {
      config: needs("readDuty"),
      schema: {
        summary: "Crews with who of them is there",
        querystring: z.object({ line: list(name), communityId: list(name), ...page(config) }),
      },
    },
    async (request) => {
      const who = actor(request);
      const { cursor, limit, ...filter } = request.query;
      const rows = [...crews.revisions.values()]
        .filter(crewMatcher(given(filter), who))
        .map((crew) => ({ row: crewView(crew, who.role, center.registry), key: crew.id }));
      return pageOf(rows, cursor, limit);
    },
  );

  api.get("/crews/:id", { config: needs("readDuty"), schema: { summary: "One crew", params: id } }, async (request) => {
    const who = actor(request);
    const crew = crews.revisions.get(request.params.id);
    if (!crew || !crewMatcher({}, who)(crew)) throw notFound(`crew ${request.params.id}`);
    return crewView(crew, who.role, center.registry);
  });

  api.get(
    "/tasks",
    {
      config: needs("readTasks"),
      schema: {
        summary: "Tasks of the days around now, in order of their windows",
        querystring: z.object({
          date: dateShape.optional(),
          status: list(taskStatus),
          line: list(name),
          crewId: list(name),
          from: instant.optional(),
          to: instant.optional(),
          ...page(config),
        }),
      },
    },
    async (request) => {
      const who = actor(request);
      const { date, status, line, crewId, from = 0, to = Number.POSITIVE_INFINITY, cursor, limit } = request.query;
      const rows = [...tasks.all()]
        .filter(({ planned, state }) => fits(status, state.status) && fits(line, planned.line))
        .filter(({ planned }) => fits(crewId, planned.crewId) && (date === undefined || planned.date === date))
        .filter(({ planned }) => planned.to > from && planned.from < to)
        .filter((task) => reachesWork(who, views.ofTask(task)))
        .map((task) => ({ row: views.task(task, who.role), key: `${task.planned.from} ${task.planned.id}` }));
      return pageOf(rows, cursor, limit);
    },
  );

  api.get(
    "/tasks/:id",
    { config: needs("readTasks"), schema: { summary: "One task, and what its proof still lacks", params: id } },
    async (request, reply) => {
      const who = actor(request);
      const task = taskOf(request.params.id, who);
      return reply.header("etag", `"${task.state.rev}"`).send(views.task(task, who.role));
    },
  );

  api.post(
    "/tasks/:id/:action",
    {
      config: needs("actOnTasks"),
      schema: {
        summary: "Start, complete, cancel or reopen a task; If-Match is its revision",
        params: id.extend({ action: z.enum(taskActions) }),
        headers: z.object({
          "if-match": z.string().max(32).optional(),
          "idempotency-key": z.string().min(1).max(128).optional(),
        }),
        body: z.object({ note: z.string().min(1).max(2_000).optional() }).nullish(),
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const { action } = request.params;
      const expectedRev = revisionOf(request.headers["if-match"]);
      const answer = await once(request.headers["idempotency-key"], who, request, 200, (now, changes) => {
        const task = taskOf(request.params.id, who);
        const input = { note: request.body?.note, expectedRev };
        return plain(views.task(tasks.act(task.planned.id, action, input, who, now, changes), who.role));
      });
      return reply.code(answer.status).send(answer.body);
    },
  );

  api.post(
    "/tasks/:id/pictures",
    {
      config: needs("actOnTasks"),
      bodyLimit: config.PICTURE_BYTES,
      schema: {
        summary: "Store a picture that proves a task; the body is the JPEG, PNG or WebP itself",
        params: id,
        querystring: pictures.query,
      },
    },
    async (request, reply) => {
      const who = actor(request);
      const task = taskOf(request.params.id, who);
      const picture = await pictures.take(request.body, request.query);
      const state = await center.operate(
        (now, changes) => tasks.addPicture(task.planned.id, picture, who, now, changes).state,
      );
      return reply.code(201).send({ id: picture.id, pictures: state.pictures });
    },
  );

  api.get(
    "/tasks/:id/pictures/:picture",
    {
      config: needs("readPictures"),
      schema: { summary: "A picture that proves a task", params: id.extend({ picture: z.string().max(80) }) },
    },
    async (request, reply) => {
      const { id: taskId, picture } = request.params;
      if (!taskOf(taskId, actor(request)).state.pictures.includes(picture)) throw notFound(`picture ${picture}`);
      return pictures.send(picture, reply);
    },
  );

  api.get(
    "/operations/summary",
    {
      config: needs("readDuty"),
      schema: { summary: "The day in numbers: crews, people, vehicles, stops, sweeps, tasks" },
    },
    async (request) => {
      const who = actor(request);
      const now = center.clock.now();
      const own = {
        duties: [...duties.all()].filter((live) => reachesWork(who, views.ofDuty(live))),
        stops: [...stops.all()].filter((stop) => reachesWork(who, views.ofStop(stop))),
        sweeps: [...sweeps.all()].filter((sweep) => reachesWork(who, views.ofSweep(sweep))),
        tasks: [...tasks.all()].filter((task) => reachesWork(who, views.ofTask(task))),
      };
      return { at: now, date: today(), ...summaryOf(own, today(), now) };
    },
  );
}

const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
