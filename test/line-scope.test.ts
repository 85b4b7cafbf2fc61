import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { alertActions } from "../src/alerts/alerting.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** A token of one business line reaches the alerts of that line, by every way in and out; what is nobody's line is not its. */

const PLACE = { lat: 22.733, lon: 113.9033 };
const FROM = Date.now() - 3_600_000;

let center: TestCenter;
let token: string;
/** What the token may not know of: cleaning, and of no line at all. */
const others: string[] = [];
let own: string;

const ask = async (method: string, path: string, body?: unknown, type = "application/json", secret = token) => {
  const answer = await fetch(`${center.http}${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, ...(body !== undefined && { "content-type": type }) },
    ...(body !== undefined && { body: type === "application/json" ? JSON.stringify(body) : (body as string) }),
  });
  return { status: answer.status, text: await answer.text() };
};
const alertOf = (id: string) =>
  center.rest<{ line: string | null; rev: number; state: string }>("GET", `/alerts/${id}`);

beforeAll(async () => {
  center = await startTestCenter();
  const scope = { businessLine: ["pestControl"] };
  ({ token } = await center.rest<{ token: string }>("POST", "/tokens", { name: "pest", role: "manager", scope }));
  await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", name: "bin 1", place: PLACE });
  await center.rest("POST", "/devices", { id: "tank-1", kind: "vehicle", name: "tank 1", place: PLACE });
  const report = async (ruleId: string, subject?: object) => {
    const { id } = await center.rest<{ id: string }>("POST", "/alerts", { ruleId, subject, place: PLACE });
    return id;
  };
  others.push(await report("bin.overflow", { kind: "bin", id: "bin-1" }));
  others.push(await report("street.exposed_garbage"));
  others.push(await report("vehicle.overspeed", { kind: "vehicle", id: "tank-1" }));
  own = await report("pest.density_high");
});
afterAll(() => center[Symbol.asyncDispose]());

describe("whose work an alert is", () => {
  test("by its rule, or nobody's", async () => {
    const lines = await Promise.all([own, ...others].map(async (id) => (await alertOf(id)).line));
    expect(lines).toEqual(["pestControl", "cleaning", "cleaning", null]);
  });

  test("by its device, which says it; by the crew, once one is sent; and by the subject again when it gives it back", async () => {
    const tree = {
      id: "tree-bin",
      kind: "bin",
      name: "bin of the park",
      place: PLACE,
      attributes: { line: "greening" },
    };
    await center.rest("POST", "/devices", tree);
    await center.rest("PUT", "/registry/crews/pests", { name: "Pests", line: "pestControl", members: [] });
    const subject = { kind: "bin", id: "tree-bin" };
    const { id } = await center.rest<{ id: string }>("POST", "/alerts", { ruleId: "bin.fire_risk", subject });
    expect((await alertOf(id)).line).toBe("greening");
    expect((await ask("GET", `/api/v1/alerts/${id}`)).status).toBe(404);
    await center.rest("POST", `/alerts/${id}/dispatch`, { crewId: "pests" });
    expect((await alertOf(id)).line).toBe("pestControl");
    expect((await ask("GET", `/api/v1/alerts/${id}`)).status).toBe(200);
    await center.rest("POST", `/alerts/${id}/decline`, { note: "not ours" });
    expect((await alertOf(id)).line).toBe("greening");
    others.push(id);
  });
});

describe("a token of one line", () => {
  test("reads and changes what is written down about its own line, and finds nothing of another", async () => {
    const write = (id: string, line: string) =>
      center.rest("PUT", `/registry/crews/${id}`, { name: id, line, members: [] });
    await write("own-crew", "pestControl");
    await write("other-crew", "cleaning");
    const address = (id: string) => `/api/v1/registry/crews/${id}`;
    expect((await ask("GET", address("own-crew"))).status).toBe(200);
    expect((await ask("GET", address("other-crew"))).status).toBe(404);
    expect((await ask("DELETE", address("other-crew"))).status).toBe(404);
    const changed = { name: "Mine now", line: "pestControl", members: [] };
    expect((await ask("PUT", address("other-crew"), changed)).status).toBe(404);
    expect((await ask("PUT", address("own-crew"), { ...changed, line: "cleaning" })).status).toBe(403);
    const rows = [{ id: "other-crew", ...changed }];
    expect((await ask("POST", "/api/v1/registry/crews/import", rows)).status).toBe(404);
    expect(await center.rest("GET", "/registry/crews/other-crew")).toMatchObject({ name: "other-crew" });
  });

  test("is told of no other line's alert on any route", async () => {
    const { paths } = JSON.parse((await ask("GET", "/openapi.json")).text) as { paths: Record<string, object> };
    const query = `from=${FROM}&metric=hr&reason=look&limit=100&atLeast=1&lat=${PLACE.lat}&lon=${PLACE.lon}`;
    // The audit is the manager's over everything: it tells what was done, never what an alert says.
    const asked = Object.entries(paths).filter(
      ([path, methods]) => path.startsWith("/api/v1") && "get" in methods && !/\/(?:audit|replay)$/.test(path),
    );
    let told = 0;
    for (const [path] of asked) {
      const ids = path.includes("{") ? ["bin-1", ...others] : [""];
      for (const id of ids) {
        const address = `${path.replace(/\{[^}]+\}/g, id)}?${query}`;
        const { status, text } = await ask("GET", address);
        if (status === 200 && text.includes(own)) told++;
        for (const secret of others) {
          if (secret === id && status !== 200) continue;
          expect(text.includes(secret), `${address} tells of ${secret}: ${text.slice(0, 300)}`).toBe(false);
        }
      }
    }
    expect(told).toBeGreaterThan(1);
  });

  test("can do nothing with them, alone or in a list; not merge its own into one", async () => {
    for (const id of others) {
      const before = await alertOf(id);
      for (const action of alertActions) {
        const body = { note: "mine?", until: Date.now() + 3_600_000, assignee: "x", into: own };
        const { status, text } = await ask("POST", `/api/v1/alerts/${id}/${action}`, body);
        expect([action, status, text]).toEqual([action, 404, expect.any(String)]);
      }
      expect(await alertOf(id)).toMatchObject({ rev: before.rev, state: before.state });
      expect((await ask("GET", `/api/v1/alerts/${id}/crews`)).status).toBe(404);
      expect((await ask("POST", `/api/v1/alerts/${own}/merge`, { into: id })).status).toBe(404);
    }
    const items = [...others, own].map((id) => ({ id }));
    const { text } = await ask("POST", "/api/v1/alerts/bulk", { action: "comment", note: "seen", items });
    const statuses = (JSON.parse(text).items as { status: number }[]).map(({ status }) => status);
    expect(statuses).toEqual([...others.map(() => 404), 200]);
  });

  test("gets its own, and figures of its own line only", async () => {
    const { items } = JSON.parse((await ask("GET", "/api/v1/alerts?open=true")).text) as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual([own]);
    const csv = await ask("GET", `/api/v1/exports/alerts?from=${FROM}&format=csv`);
    expect(csv.text).toContain(own);
    const overflow = JSON.parse((await ask("GET", `/api/v1/kpis?from=${FROM}&kpi=case.opened&line=cleaning`)).text);
    expect(JSON.stringify(overflow)).not.toContain('"line":"cleaning"');
  });

  test("sees nothing else on the stream", async () => {
    for (const topic of ["alerts", "kpis", "crews", "walls", "devices", "marks"]) {
      const frames: string[] = [];
      const socket = new WebSocket(`${center.http.replace("http", "ws")}/api/v1/stream`);
      const next = (...types: string[]) =>
        new Promise<void>((resolve) => {
          socket.on("message", (data) => {
            frames.push(String(data));
            if (types.includes(JSON.parse(String(data)).type)) resolve();
          });
        });
      await new Promise((resolve) => socket.once("open", resolve));
      const hello = next("hello");
      socket.send(JSON.stringify({ type: "auth", token }));
      await hello;
      const state = next("state", "error");
      socket.send(JSON.stringify({ type: "subscribe", id: "a", topic, filter: {} }));
      await state;
      socket.close();
      const all = frames.join();
      for (const secret of others) expect([topic, all.includes(secret)]).toEqual([topic, false]);
      expect(all.includes(own)).toBe(topic === "alerts");
    }
  });
});
