import { describe, expect, test } from "vitest";
import { connect } from "../src/stream/client.ts";
import type { WallView } from "../src/stream/protocol.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

interface Opened {
  readonly code: string;
  readonly secret: string;
}
const until = (holds: () => boolean) => expect.poll(holds, { interval: 5, timeout: 10_000 }).toBe(true);

async function send(center: TestCenter, path: string, body: unknown, token?: string) {
  const answer = await fetch(`${center.http}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

async function issue(center: TestCenter, role: string, scope: object = {}): Promise<string> {
  return (await center.rest<{ token: string }>("POST", "/tokens", { name: role, role, scope })).token;
}

describe("pairing a wall", () => {
  test("code on the screen, confirmed by a manager, collected once; the token reads and nothing else", async () => {
    await using center = await startTestCenter();
    const manager = await issue(center, "manager");
    const { secret, code } = (await send(center, "/pairings", {})).body as unknown as Opened;
    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{6}$/);
    expect((await send(center, "/pairings/collect", { secret })).status).toBe(202);
    const asSpoken = `${code.slice(0, 3).toLowerCase()} ${code.slice(3)}`;
    const grant = { code: asSpoken, name: "lobby", scope: { communityId: ["tianliao"] } };
    expect((await send(center, "/pairings/confirm", grant, await issue(center, "dispatcher"))).status).toBe(403);
    expect((await send(center, "/pairings/confirm", grant, manager)).status).toBe(200);
    expect((await send(center, "/pairings/confirm", grant, manager)).status).toBe(404);
    const collected = await send(center, "/pairings/collect", { secret });
    expect(collected.status).toBe(200);
    expect((await send(center, "/pairings/collect", { secret })).status).toBe(404);
    const me = await fetch(`${center.http}/api/v1/me`, {
      headers: { authorization: `Bearer ${collected.body.token}` },
    });
    expect(await me.json()).toMatchObject({ name: "lobby", role: "viewer", scope: { communityId: ["tianliao"] } });
    const { items } = await center.rest<{ items: { action: string; actor: string; target: string }[] }>(
      "GET",
      "/audit",
    );
    expect(items).toContainEqual(
      expect.objectContaining({ action: "wall.allow", actor: "user:manager", target: "lobby" }),
    );
    expect(items).toContainEqual(
      expect.objectContaining({ action: "token.issue", actor: "user:manager", target: collected.body.id }),
    );
  });

  test("a code expires, a name is taken once, nobody gives more than they have", async () => {
    await using center = await startTestCenter({ CLOCK_SPEED: "3600", PAIRING_MINUTES: "10" });
    const late = (await send(center, "/pairings", {})).body as unknown as Opened;
    await expect.poll(async () => (await send(center, "/pairings/collect", { secret: late.secret })).status).toBe(404);
    await using calm = await startTestCenter();
    const limited = await issue(calm, "manager", { communityId: ["tianliao"] });
    const open = async () => ((await send(calm, "/pairings", {})).body as unknown as Opened).code;
    const wide = { code: await open(), name: "a", scope: {} };
    expect((await send(calm, "/pairings/confirm", wide, limited)).status).toBe(403);
    const fits = { code: await open(), name: "viewer-1" };
    expect((await send(calm, "/pairings/confirm", fits, limited)).body.scope).toEqual({ communityId: ["tianliao"] });
    await issue(calm, "viewer");
    const taken = { code: await open(), name: "viewer" };
    expect((await send(calm, "/pairings/confirm", taken, await issue(calm, "manager"))).status).toBe(409);
  });

  test("asking for codes is limited", async () => {
    await using center = await startTestCenter({ PAIRING_REQUESTS_PER_MINUTE: "5", PAIRING_WAITING: "3" });
    const statuses = [];
    for (let i = 0; i < 7; i++) statuses.push((await send(center, "/pairings", {})).status);
    expect(statuses).toEqual([201, 201, 201, 429, 429, 429, 429]);
    await using other = await startTestCenter({ PAIRING_REQUESTS_PER_MINUTE: "5" });
    const answers = [];
    for (let i = 0; i < 7; i++) answers.push((await send(other, "/pairings", {})).status);
    expect(answers).toEqual([201, 201, 201, 201, 201, 429, 429]);
  });
});

describe("telling a wall what to show", () => {
  test("by name, heard by that wall alone, kept over a restart, ended by hand or by time", async () => {
    using directory = temporaryDirectory();
    const first = await startTestCenter({ DATA_DIR: directory.path });
    const token = await issue(first, "viewer");
    const streamOf = (center: TestCenter) => `${center.http.replace("http", "ws")}/api/v1/stream`;
    const wall = connect({ url: streamOf(first), token });
    const told = wall.subscribe("walls", { everyMs: 100 });
    await until(() => told.rev > 0);
    await first.rest("PUT", "/walls/viewer/order", { scene: "toilets", note: "Inspection at ten" });
    await until(() => told.items.size === 1);
    const [view] = told.items.values() as Iterable<WallView>;
    expect(view).toMatchObject({
      name: "viewer",
      order: { scene: "toilets", note: "Inspection at ten", untilAt: null },
    });
    const { items } = await first.rest<{ items: object[] }>("GET", "/walls");
    expect(items).toEqual([expect.objectContaining({ name: "viewer", screens: 1, order: expect.anything() })]);

    const other = connect({
      url: streamOf(first),
      token: (await first.rest<{ token: string }>("POST", "/tokens", { name: "other wall", role: "viewer" })).token,
    });
    const overheard = other.subscribe("walls", { filter: { id: [view?.id ?? ""] }, everyMs: 100 });
    await until(() => overheard.rev > 0);
    expect(overheard.items.size).toBe(0);
    wall.close();
    other.close();
    await first[Symbol.asyncDispose]();

    await using second = await startTestCenter({ DATA_DIR: directory.path });
    const again = connect({ url: streamOf(second), token });
    const kept = again.subscribe("walls", { everyMs: 100 });
    await until(() => kept.items.size === 1);
    expect([...kept.items.values()][0]?.order?.scene).toBe("toilets");
    await second.rest("DELETE", "/walls/viewer/order");
    await until(() => [...kept.items.values()][0]?.order === null);
    again.close();
  });

  test("an order says something, and reaches only walls within one's own scope", async () => {
    await using center = await startTestCenter();
    await issue(center, "viewer");
    await expect(center.rest("PUT", "/walls/viewer/order", {})).rejects.toThrow(/say what to show/);
    await expect(center.rest("PUT", "/walls/nowhere/order", { scene: "overview" })).rejects.toThrow(/404/);
    const limited = await issue(center, "dispatcher", { communityId: ["tianliao"] });
    const answer = await fetch(`${center.http}/api/v1/walls/viewer/order`, {
      method: "PUT",
      headers: { authorization: `Bearer ${limited}`, "content-type": "application/json" },
      body: JSON.stringify({ scene: "overview" }),
    });
    expect(answer.status).toBe(404);
  });
});

describe("how screens are set up", () => {
  test("a configured base map may be loaded from, and nothing else", async () => {
    await using center = await startTestCenter({
      MAP_TILES_URL: "https://tiles.example/{z}/{x}/{y}.png",
      MAP_ORIGINS: "https://fonts.example,https://{s}.example/x",
      MAP_COORDINATES: "gcj02",
    });
    const page = await fetch(`${center.http}/`);
    const policy = new Map(
      (page.headers.get("content-security-policy") ?? "").split(";").map((part): [string, string[]] => {
        const [name = "", ...sources] = part.trim().split(" ");
        return [name, sources];
      }),
    );
    const outside = ["https://tiles.example", "https://fonts.example"];
    expect(policy.get("img-src")).toEqual(["'self'", "data:", "blob:", ...outside]);
    expect(policy.get("connect-src")).toEqual(["'self'", "ws:", "wss:", ...outside]);
    for (const name of ["script-src", "style-src", "default-src"]) expect(policy.get(name), name).toEqual(["'self'"]);
    const settings = await center.rest<{ map: object }>("GET", "/console");
    expect(settings.map).toMatchObject({ tilesUrl: "https://tiles.example/{z}/{x}/{y}.png", coordinates: "gcj02" });
  });
});
