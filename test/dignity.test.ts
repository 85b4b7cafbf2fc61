import ExcelJS from "exceljs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { kpiCatalogue } from "../src/kpi/catalogue.ts";
import { outward } from "../src/outputs/outward.ts";
import { anonymousAlert, createNames } from "../src/stream/anonymous.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";
import { alertOf } from "./support/store.ts";

/** Nobody's name or id may reach a screen that hangs in public, whatever it asks. */

const PLACE = { lat: 22.733, lon: 113.9033 };
/** Whatever names or leads to a person. */
const SECRETS = ["badge-wang", "王小明", "13800001111", "li-na", "李娜", "imei:860000000000001"];
const FROM = Date.now() - 3_600_000;

let center: TestCenter;
const tokens = new Map<string, string>();
const alertIds: string[] = [];

const ask = async (role: string, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${center.http}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens.get(role)}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
};

beforeAll(async () => {
  center = await startTestCenter();
  for (const [name, role] of [
    ["wall", "viewer"],
    ["li-na", "crew"],
    ["desk", "dispatcher"],
    ["head", "manager"],
  ]) {
    const scope = {};
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", { name, role, scope });
    tokens.set(String(role), token);
  }
  const wang = {
    id: "badge-wang",
    kind: "person",
    name: "王小明",
    place: PLACE,
    aliases: ["imei:860000000000001"],
    attributes: { phone: "13800001111", businessLine: "cleaning" },
  };
  await center.rest("POST", "/devices", wang);
  await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", name: "bin 1", place: PLACE });
  const about = [
    { ruleId: "help.sos", subject: { kind: "person", id: "badge-wang" }, note: "王小明 calls" },
    { ruleId: "bin.overflow", subject: { kind: "bin", id: "bin-1" }, evidence: { seenBy: "李娜" } },
    { ruleId: "street.exposed_garbage", place: PLACE, note: "李娜, 13800001111" },
  ];
  for (const report of about) {
    const { id } = await center.rest<{ id: string }>("POST", "/alerts", report);
    alertIds.push(id);
  }
  // Somebody is sent, says so, asks for time, hands it on: every name that a case can hold.
  const [, overflow = ""] = alertIds;
  const act = (id: string, action: string, body: object) =>
    ask("manager", "POST", `/api/v1/alerts/${id}/${action}`, body);
  await act(overflow, "assign", { assignee: "user:li-na", note: "李娜 is near" });
  await act(overflow, "dispatch", { assignee: "badge-wang", crewId: "crew-1", evidence: { to: "王小明" } });
  await act(overflow, "requestExtension", { until: Date.now() + 3_600_000, note: "王小明 asks" });
  for (const id of alertIds) await act(id, "comment", { note: "王小明 und 李娜" });
  // She works all day in a crew whose lead she is, has a task, and it was she who began it.
  const write = (path: string, record: object) => center.rest("PUT", `/registry/${path}`, record);
  const allDay = { from: "00:00", to: "00:00" };
  const circle = { ...PLACE, radiusM: 500 };
  await write("people/li-na", { name: "李娜", badge: "badge-wang", line: "cleaning", phone: "13800001111" });
  await write("crews/crew-1", { name: "One", line: "cleaning", members: ["badge-wang"], lead: "badge-wang" });
  await write("shifts/day", { name: "Day", ...allDay });
  await write("rosters/r", { shiftId: "day", entries: [{ personId: "li-na", where: { circle } }] });
  await write("tasks/t", { line: "cleaning", title: "Clean", crewId: "crew-1", place: { circle }, ...allDay });
  const task = await vi.waitFor(async () => {
    const { items } = await center.rest<{ items: { id: string }[] }>("GET", "/tasks");
    expect(items).not.toHaveLength(0);
    return items[0];
  });
  await center.rest("POST", `/tasks/${task?.id}/start`, { note: "李娜 has begun" });
});
afterAll(() => center[Symbol.asyncDispose]());

/** Every GET that the OpenAPI document knows, its parameters filled with what is there. */
async function addresses(): Promise<string[]> {
  const { text } = await ask("viewer", "GET", "/openapi.json");
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
  const query = `from=${FROM}&reason=look&metric=hr&lat=${PLACE.lat}&lon=${PLACE.lon}&limit=100`;
  const ids = ["badge-wang", "bin-1", "staff~1", "li-na", ...alertIds];
  return Object.entries(paths)
    .filter(([path, methods]) => path.startsWith("/api/v1") && methods.get !== undefined && !path.endsWith("/replay"))
    .flatMap(([path]) => {
      const filled = path.includes("{") ? ids.map((id) => path.replace(/\{[^}]+\}/g, id)) : [path];
      return filled.flatMap((one) => [one, `${one}?${query}`, `${one}?${query}&device=badge-wang`]);
    });
}

describe("who is who", () => {
  test("no route tells a wall", async () => {
    const all = await addresses();
    expect(all.length).toBeGreaterThan(100);
    let answered = 0;
    for (const address of all) {
      const { status, text } = await ask("viewer", "GET", address);
      if (status === 200) answered++;
      // What was asked comes back in the text of a refusal: that tells nothing new.
      const told = status === 200 ? text : text.replaceAll(decodeURIComponent(address.split("?")[0] ?? ""), "");
      for (const secret of SECRETS) {
        if (status !== 200 && address.includes(secret)) continue;
        expect(told.includes(secret), `${address} tells ${secret}: ${told.slice(0, 400)}`).toBe(false);
      }
    }
    expect(answered).toBeGreaterThan(25);
  });

  test("the start board, crews and tasks: numbers for a wall, names for a desk", async () => {
    const read = async (role: string, path: string) => JSON.parse((await ask(role, "GET", `/api/v1${path}`)).text);
    const wall = await read("viewer", "/duty");
    expect(wall.items).toMatchObject([
      { deviceId: "staff~1", kind: "person", name: null, number: "1", crewId: "crew-1" },
    ]);
    expect((await read("dispatcher", "/duty")).items).toMatchObject([{ deviceId: "badge-wang", name: "李娜" }]);
    const crew = await read("viewer", "/crews/crew-1");
    expect(crew).toMatchObject({ lead: null, due: 1, members: [{ id: "staff~1", name: null, lat: null, lon: null }] });
    const [task] = (await read("dispatcher", "/tasks?status=started")).items;
    expect(task).toMatchObject({ crewId: "crew-1", note: "李娜 has begun" });
    expect(await read("viewer", "/operations/summary")).toMatchObject({ people: { scheduled: 1, due: 1 } });
    // A crew's token is of no crew here: nothing is its work.
    for (const path of ["/duty", "/crews", "/tasks"]) expect((await read("crew", path)).items).toEqual([]);
    expect((await ask("crew", "POST", `/api/v1/tasks/${task.id}/complete`)).status).toBe(404);
  });

  test("past duties of people are shown to whoever asks for one of them and says why, never all at once", async () => {
    const duty = {
      line: "cleaning",
      crewId: "crew-1",
      deviceId: "badge-wang",
      post: { circle: { ...PLACE, radiusM: 500 } },
    };
    await center.center.operate((now, changes) =>
      changes.work.push({ kind: "duty", id: "r/li-na@past", at: now, subjectId: "badge-wang", body: duty }),
    );
    const read = async (query: string) => ask("dispatcher", "GET", `/api/v1/work/duty?from=${FROM}${query}`);
    await center.center.operate((now, changes) =>
      changes.work.push({ kind: "duty", id: "p@past", at: now, subjectId: "tank-9", body: { line: "cleaning" } }),
    );
    expect(JSON.parse((await read("")).text)).toMatchObject({ items: [{ line: "cleaning" }] });
    expect((await read("&subjectId=badge-wang")).status).toBe(400);
  });

  test("asking by the name of a person gives nothing away: the same as for nobody", async () => {
    for (const path of [
      "/devices/X",
      "/devices/X/history?metric=hr&from=0",
      "/devices/X/track?from=0",
      "/devices/X/events?from=0",
    ]) {
      const known = await ask("viewer", "GET", `/api/v1${path.replace("X", "badge-wang")}`);
      const nobody = await ask("viewer", "GET", `/api/v1${path.replace("X", "badge-none")}`);
      expect(known.status).toBe(404);
      expect(known.text.replaceAll("badge-wang", "")).toBe(nobody.text.replaceAll("badge-none", ""));
    }
    const alerts = await ask("viewer", "GET", "/api/v1/alerts?subjectId=badge-wang");
    expect(JSON.parse(alerts.text)).toEqual({ items: [], next: null });
  });

  test("a wall sees that somebody works there: role, number, place", async () => {
    const { items } = JSON.parse((await ask("viewer", "GET", "/api/v1/devices?kind=person")).text);
    expect(items).toMatchObject([
      { id: "staff~1", kind: "person", name: "Worker badge 1", aliases: [], attributes: {} },
    ]);
    expect((await ask("viewer", "GET", "/api/v1/devices/staff~1")).status).toBe(200);
    const about = JSON.parse((await ask("viewer", "GET", "/api/v1/alerts?subjectId=staff~1")).text);
    expect(about.items).toMatchObject([
      { ruleId: "help.sos", subject: { kind: "person", id: "staff~1" }, evidence: [] },
    ]);
    const desk = JSON.parse((await ask("dispatcher", "GET", "/api/v1/devices/badge-wang")).text);
    expect(desk).toMatchObject({ id: "badge-wang", name: "王小明" });
  });

  test.each(["alerts", "devices", "marks", "cells", "walls", "kpis", "crews"])(
    "the stream's %s tells no wall, not even when somebody goes",
    async (topic) => {
      const frames: string[] = [];
      const socket = new WebSocket(`${center.http.replace("http", "ws")}/api/v1/stream`);
      const until = (found: (frame: { type: string; gone?: string[] }) => boolean) =>
        new Promise<void>((resolve) => {
          socket.on("message", (data) => {
            frames.push(String(data));
            if (found(JSON.parse(String(data)))) resolve();
          });
        });
      await new Promise((resolve) => socket.once("open", resolve));
      const hello = until(({ type }) => type === "hello");
      socket.send(JSON.stringify({ type: "auth", token: tokens.get("viewer") }));
      await hello;
      const state = until(({ type }) => type === "state" || type === "error");
      const filter = topic === "cells" ? { zoom: 14 } : {};
      socket.send(JSON.stringify({ type: "subscribe", id: "a", topic, filter, everyMs: 100 }));
      await state;
      if (topic === "devices" || topic === "marks") {
        const shown = JSON.parse(frames.at(-1) ?? "{}") as { upsert: { id: string }[] };
        expect(shown.upsert.map(({ id }) => id)).toContain("staff~1");
        await center.rest("POST", "/devices", {
          id: `badge-wang-${topic}`,
          kind: "person",
          name: "王小明",
          place: PLACE,
        });
        const number = topic === "devices" ? "staff~3" : "staff~4";
        const gone = until(({ gone }) => gone?.includes(number) ?? false);
        await center.rest("DELETE", `/devices/badge-wang-${topic}`);
        await gone;
      }
      socket.close();
      for (const frame of frames) for (const secret of SECRETS) expect(frame).not.toContain(secret);
    },
  );
});

describe("looking at a person's past", () => {
  test("needs a reason, and who looked, when and why is written down", async () => {
    for (const path of ["history?metric=hr&from=0", "track?from=0", "events?from=0", "trips?from=0"]) {
      const what = `/api/v1/devices/badge-wang/${path.replace("from=0", `from=${FROM}`)}`;
      const refused = await ask("dispatcher", "GET", what);
      expect([refused.status, refused.text], path).toEqual([400, expect.stringContaining("reason=")]);
      expect((await ask("dispatcher", "GET", `${what}&reason=SOS%20at%20noon`)).status).toBe(200);
    }
    const { items } = JSON.parse((await ask("manager", "GET", "/api/v1/audit?target=badge-wang")).text);
    const looks = items.filter(({ action }: { action: string }) => action.startsWith("person."));
    expect(looks).toHaveLength(4);
    expect(looks[0]).toMatchObject({ actor: "user:desk", details: { reason: "SOS at noon" } });
    // A bin's past is nobody's secret.
    expect((await ask("viewer", "GET", `/api/v1/devices/bin-1/history?metric=fillPct&from=${FROM}`)).status).toBe(200);
  });
});

describe("what vehicles and cameras tell of people", () => {
  test("a driver's card, a recognised face, an answer: only those who may know people are told more than that it was", async () => {
    const { mqtt } = await center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", {
      id: "truck-1",
      kind: "vehicle",
      place: PLACE,
    });
    const login = Buffer.from(`${mqtt.username}:${mqtt.password}`).toString("base64");
    const body = JSON.stringify({ ts: Date.now(), type: "card", code: "inserted", cardId: "04A1", holder: "王小明" });
    const headers = { authorization: `Basic ${login}` };
    await fetch(`${center.http}/ingest/kerbside/v1/vehicle/truck-1/event`, { method: "POST", body, headers });
    const eventsOf = async (role: string) =>
      JSON.parse((await ask(role, "GET", `/api/v1/devices/truck-1/events?from=${FROM}`)).text).items;
    expect(await eventsOf("viewer")).toMatchObject([{ event: { type: "card", code: "inserted" } }]);
    for (const role of ["viewer", "crew"]) expect(JSON.stringify(await eventsOf(role))).not.toMatch(/04A1|王小明/);
    expect(await eventsOf("dispatcher")).toMatchObject([{ event: { details: { cardId: "04A1" } } }]);
  });

  test("a finding that points to a person names no one: not on a wall, not to other systems", () => {
    const evidence = {
      source: "case-1",
      at: FROM,
      subjectId: "badge-wang",
      members: ["bin-1", "badge-wang"],
      usedPct: 80,
    };
    const breach = alertOf({
      ruleId: "case.sla_breach",
      subject: { kind: "case", id: "case-1" },
      evidence: [evidence],
    });
    const shown = { ...evidence, subjectId: "staff~1", members: ["bin-1", "staff~1"] };
    expect(anonymousAlert(breach, createNames(center.center.registry, "viewer")).evidence).toEqual([shown]);
    const told = outward(breach, {
      titleOf: (id) => ({ en: id, zh: id }),
      isPerson: (id) => id === "badge-wang",
      pseudonym: () => "person-1",
    });
    expect(told.evidence).toEqual([{ ...evidence, subjectId: "person-1", members: ["bin-1", "person-1"] }]);
  });
});

describe("files", () => {
  test.each(["csv", "geojson", "jsonld", "ndjson", "xlsx"])(
    "of alerts as %s name nobody, whoever asks",
    async (format) => {
      const url = `${center.http}/api/v1/exports/alerts?from=${FROM}&format=${format}`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${tokens.get("manager")}` } });
      expect(answer.status).toBe(200);
      const bytes = Buffer.from(await answer.arrayBuffer());
      let text = bytes.toString();
      if (format === "xlsx") {
        const workbook = new ExcelJS.Workbook();
        await workbook.xlsx.load(bytes as never);
        text = JSON.stringify(workbook.worksheets.map((sheet) => sheet.getSheetValues()));
      }
      expect(text).toContain(alertIds[1]);
      for (const secret of SECRETS) expect(text).not.toContain(secret);
    },
  );
});

describe("the past as a stream", () => {
  const replayed = async (query: string) => {
    const frames: string[] = [];
    const url = `${center.http.replace("http", "ws")}/api/v1/tracks/replay?from=${FROM}&to=${Date.now()}&speed=60${query}`;
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.once("open", resolve));
    const told = new Promise<void>((resolve) => {
      socket.on("message", (data) => {
        frames.push(String(data));
        const frame = JSON.parse(String(data)) as { type: string; upsert?: unknown[] };
        if (frame.type === "state" && frame.upsert && frame.upsert.length > 1) resolve();
      });
    });
    socket.send(JSON.stringify({ type: "auth", token: tokens.get("dispatcher") }));
    socket.send(JSON.stringify({ type: "subscribe", id: "a", topic: "devices", everyMs: 100 }));
    await told;
    socket.close();
    return frames.join();
  };

  test("names people only for a reason, which is written down", async () => {
    const unasked = await replayed("");
    expect(unasked).toContain("staff~1");
    for (const secret of SECRETS) expect(unasked).not.toContain(secret);
    expect(await replayed("&reason=who%20was%20there")).toContain("王小明");
    const { items } = JSON.parse((await ask("manager", "GET", "/api/v1/audit?action=replay")).text);
    expect(
      items.map(({ actor, details }: { actor: string; details: { reason: string } }) => [actor, details.reason]),
    ).toEqual([["user:desk", "who was there"]]);
  });
});

describe("one's own data", () => {
  test("is everything that is kept, and who looked at it; nobody else's", async () => {
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", {
      name: "wang",
      role: "crew",
      deviceId: "badge-wang",
    });
    tokens.set("wang", token);
    const { status, text } = await ask("wang", "GET", "/api/v1/me/data");
    expect(status).toBe(200);
    const own = JSON.parse(text);
    expect(own).toMatchObject({ keptDays: 7, badge: { id: "badge-wang", name: "王小明" }, way: [], metrics: {} });
    expect(own.cases.map(({ ruleId }: { ruleId: string }) => ruleId).sort()).toEqual(["bin.overflow", "help.sos"]);
    expect(own.looks).toHaveLength(4);
    expect(own.looks[0]).toMatchObject({ by: "user:desk", what: "track", reason: "SOS at noon" });
    const nobody = await ask("dispatcher", "GET", "/api/v1/me/data");
    expect([nobody.status, nobody.text]).toEqual([404, expect.stringContaining("no badge belongs to this login")]);
  });
});

test("standing still is asked about and never counted: no figure, no urgent level, a plain word", async () => {
  const { items } = await center.rest<{ items: { id: string; level: number; title: { en: string } }[] }>(
    "GET",
    "/rules",
  );
  // Absent while nobody's shifts are planned.
  for (const { level, title } of items.filter(({ id }) => id === "person.idle")) {
    expect(level).toBe(4);
    expect(title.en).toMatch(/how they are|welfare/i);
  }
  for (const { id, numerator, denominator } of kpiCatalogue) {
    for (const measure of [...numerator, ...(denominator ?? [])]) {
      expect(`${id} ${measure}`).not.toMatch(/idle|still/i);
    }
  }
});
