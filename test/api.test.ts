import { describe, expect, test } from "vitest";
import { permissions } from "../src/access/policy.ts";
import { atLeast, type Role, roles } from "../src/domain/roles.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

const place = { lat: 22.733, lon: 113.9033 };

interface Issued {
  readonly id: string;
  readonly token: string;
}

async function call(
  center: TestCenter,
  token: string | null,
  method: string,
  path: string,
  body?: unknown,
  headers: object = {},
) {
  const answer = await fetch(`${center.http}${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const type = answer.headers.get("content-type") ?? "";
  return { status: answer.status, type, body: type.includes("json") && text ? JSON.parse(text) : text };
}

/** What each route needs, written down a second time: the policy must not change by accident. */
const needed: readonly (readonly [method: string, path: string, role: Role | null])[] = [
  ["POST", "/devices", "manager"],
  ["POST", "/devices/import", "manager"],
  ["GET", "/devices", "viewer"],
  ["GET", "/devices/none", "viewer"],
  ["PATCH", "/devices/none", "manager"],
  ["DELETE", "/devices/none", "manager"],
  ["POST", "/devices/none/secret", "manager"],
  ["GET", "/devices/none/history?metric=fillPct&from=0", "viewer"],
  ["GET", "/devices/none/track?from=0", "viewer"],
  ["GET", "/tracks/replay?from=0&to=1", "viewer"],
  ["GET", "/devices/none/trips?from=0", "viewer"],
  ["GET", "/latest?kind=bin&metric=fillPct", "viewer"],
  ["GET", "/exports/alerts?from=0&to=1", "dispatcher"],
  ["GET", "/exports/readings?device=none&from=0", "dispatcher"],
  ["GET", "/exports/track?device=none&from=0", "dispatcher"],
  ["GET", "/exports/trips?device=none&from=0", "dispatcher"],
  ["GET", "/devices/none/events?from=0", "viewer"],
  ["GET", "/devices/none/forecast", "viewer"],
  ["GET", "/kpis", "viewer"],
  ["POST", "/tickets/import", "dispatcher"],
  ["POST", "/city-index", "dispatcher"],
  ["GET", "/city-index", "viewer"],
  ["GET", "/coverage", "viewer"],
  ["GET", "/waste-ledger", "viewer"],
  ["GET", "/sweeps", "dispatcher"],
  ["GET", "/coverage/none/passes?from=0&to=1", "dispatcher"],
  ["GET", "/duty", "viewer"],
  ["GET", "/crews", "viewer"],
  ["GET", "/crews/none", "viewer"],
  ["GET", "/operations/summary", "viewer"],
  ["GET", "/visits?from=0", "dispatcher"],
  ["GET", "/work/duty?from=0", "dispatcher"],
  ["GET", "/tasks", "crew"],
  ["GET", "/tasks/none", "crew"],
  ["POST", "/tasks/none/pictures", "crew"],
  ["GET", "/tasks/none/pictures/none", "crew"],
  ["POST", "/tasks/none/start", "crew"],
  ["GET", "/reports", "dispatcher"],
  ["GET", "/reports/day-2026-01-01", "dispatcher"],
  ["GET", "/kpis/x/cases", "viewer"],
  ["PUT", "/tickets/x", "dispatcher"],
  ["GET", "/forecasts", "viewer"],
  ["GET", "/alerts", "viewer"],
  ["GET", "/alerts/none", "viewer"],
  ["POST", "/alerts/none/acknowledge", "crew"],
  ["GET", "/alerts/none/crews", "dispatcher"],
  ["POST", "/alerts/none/pictures", "crew"],
  ["GET", "/alerts/none/pictures/none", "crew"],
  ["PUT", "/devices/none/reference-picture", "dispatcher"],
  ["GET", "/devices/none/reference-picture", "dispatcher"],
  ["POST", "/alerts/bulk", "crew"],
  ["POST", "/alerts", "crew"],
  ["GET", "/session", "viewer"],
  ["PUT", "/session", "viewer"],
  ["DELETE", "/session", "viewer"],
  ["PUT", "/session/password", "viewer"],
  ["GET", "/people", "admin"],
  ["POST", "/people", "admin"],
  ["PATCH", "/people/none", "admin"],
  ["PUT", "/people/none/password", "admin"],
  ["DELETE", "/people/none/sessions", "admin"],
  ["DELETE", "/people/none", "admin"],
  ["GET", "/handovers/draft", "dispatcher"],
  ["GET", "/handovers", "dispatcher"],
  ["GET", "/handovers/none", "dispatcher"],
  ["POST", "/handovers", "dispatcher"],
  ["POST", "/handovers/none/take", "dispatcher"],
  ["POST", "/tokens", "admin"],
  ["GET", "/tokens", "admin"],
  ["DELETE", "/tokens/none", "admin"],
  ["GET", "/me", "viewer"],
  ["GET", "/me/data", "viewer"],
  ["GET", "/catalog", "viewer"],
  ["GET", "/rules", "viewer"],
  ["GET", "/rules/none", "viewer"],
  ["PUT", "/rules/none", "manager"],
  ["DELETE", "/rules/none", "manager"],
  ["POST", "/rules/none/backtest", "manager"],
  ["GET", "/backtests", "manager"],
  ["GET", "/backtests/none", "manager"],
  ["DELETE", "/backtests/none", "manager"],
  ["GET", "/silences", "dispatcher"],
  ["POST", "/silences", "dispatcher"],
  ["DELETE", "/silences/none", "dispatcher"],
  ["GET", "/spots", "viewer"],
  ["GET", "/registry/crews", "dispatcher"],
  ["GET", "/registry/crews/none", "dispatcher"],
  ["PUT", "/registry/crews/none", "manager"],
  ["DELETE", "/registry/crews/none", "manager"],
  ["POST", "/registry/crews/import", "manager"],
  ["POST", "/devices/none/signing-secret", "manager"],
  ["GET", "/mappings", "manager"],
  ["GET", "/mappings/templates", "manager"],
  ["POST", "/mappings/try", "manager"],
  ["GET", "/mappings/none", "manager"],
  ["PUT", "/mappings/none", "manager"],
  ["DELETE", "/mappings/none", "manager"],
  ["GET", "/mappings/none/versions", "manager"],
  ["POST", "/mappings/none/enable", "manager"],
  ["POST", "/mappings/none/disable", "manager"],
  ["GET", "/outputs", "manager"],
  ["GET", "/outputs/none", "manager"],
  ["PUT", "/outputs/none", "admin"],
  ["DELETE", "/outputs/none", "admin"],
  ["POST", "/outputs/none/test", "admin"],
  ["GET", "/outputs/none/deliveries", "manager"],
  ["GET", "/console", "viewer"],
  ["POST", "/pairings", null],
  ["POST", "/pairings/confirm", "manager"],
  ["POST", "/pairings/collect", null],
  ["GET", "/walls", "dispatcher"],
  ["PUT", "/walls/none/order", "dispatcher"],
  ["DELETE", "/walls/none/order", "dispatcher"],
  ["GET", "/district", "viewer"],
  ["PUT", "/district?reason=none", "manager"],
  ["GET", "/district/features", "viewer"],
  ["GET", "/district/features/none", "viewer"],
  ["PUT", "/district/features/none?reason=none", "manager"],
  ["DELETE", "/district/features/none?reason=none", "manager"],
  ["GET", "/district/editions", "dispatcher"],
  ["GET", "/district/place?lat=22.7&lon=113.9", "viewer"],
  ["GET", "/quarantine", "dispatcher"],
  ["GET", "/audit", "manager"],
  ["POST", "/backup", "admin"],
  ["POST", "/influx/rebuild", "admin"],
];

describe("who may do what", () => {
  test("every route, every role, and nobody: as declared, never a failure of ours, always a problem document", async () => {
    await using center = await startTestCenter();
    const tokens = new Map<Role, string>();
    for (const role of roles) {
      tokens.set(role, (await center.rest<Issued>("POST", "/tokens", { name: role, role })).token);
    }
    const described = await call(center, null, "GET", "/openapi.json");
    const paths = Object.entries(described.body.paths as Record<string, object>).filter(([path]) =>
      path.startsWith("/api/v1"),
    );
    const routes = paths.flatMap(([, methods]) => Object.keys(methods));
    // Logging in is the one thing that needs no token.
    expect(routes).toHaveLength(needed.length + 1);
    for (const [method, path, role] of needed) {
      const body = ["POST", "PATCH", "PUT"].includes(method) ? {} : undefined;
      for (const token of [null, "kt_unknown", "nonsense with spaces"]) {
        const answer = await call(center, token, method, `/api/v1${path}`, body);
        const what = `${method} ${path} as ${token}`;
        if (role === null) expect([401, 403], what).not.toContain(answer.status);
        else expect([answer.status, answer.type.split(";")[0]], what).toEqual([401, "application/problem+json"]);
      }
      for (const [asked, token] of tokens) {
        const answer = await call(center, token, method, `/api/v1${path}`, body);
        const what = `${method} ${path} as ${asked}: ${answer.status}`;
        expect(answer.status, what).toBeLessThan(500);
        if (role === null || atLeast(asked, role)) expect([401, 403], what).not.toContain(answer.status);
        else expect(answer.status, what).toBe(403);
        if (answer.status >= 400)
          expect(answer.body, what).toMatchObject({ status: answer.status, code: expect.any(String) });
      }
    }
    expect(Object.keys(permissions)).toContain("public");
  });

  test("a token sees and touches its own community only", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "here", kind: "bin", place });
    await center.rest("POST", "/devices", { id: "there", kind: "bin", place: { lat: 22.72, lon: 113.93 } });
    const here = await center.rest<AlertView>("POST", "/alerts", {
      ruleId: "bin.overflow",
      subject: { kind: "bin", id: "here" },
    });
    const there = await center.rest<AlertView>("POST", "/alerts", {
      ruleId: "bin.overflow",
      subject: { kind: "bin", id: "there" },
    });
    const scope = { communityId: [here.place?.communityId as string] };
    expect(there.place?.communityId).not.toBe(here.place?.communityId);
    const { token } = await center.rest<Issued>("POST", "/tokens", { name: "tianliao", role: "dispatcher", scope });
    const ids = async (path: string) =>
      (await call(center, token, "GET", path)).body.items.map((item: { id: string }) => item.id);
    expect(await ids("/api/v1/alerts")).toEqual([here.id]);
    expect(await ids("/api/v1/devices")).toEqual(["here"]);
    for (const path of [`/alerts/${there.id}`, "/devices/there", "/devices/there/track?from=1790000000000"]) {
      expect((await call(center, token, "GET", `/api/v1${path}`)).status, path).toBe(404);
    }
    expect((await call(center, token, "POST", `/api/v1/alerts/${there.id}/acknowledge`)).status).toBe(404);
    expect((await call(center, token, "POST", `/api/v1/alerts/${here.id}/acknowledge`)).status).toBe(200);
  });

  test("looking at a person's way needs a dispatcher and is written down", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "badge-1", kind: "person", name: "王小明", place });
    const from = Date.now() - 3_600_000;
    const { token: wall } = await center.rest<Issued>("POST", "/tokens", { name: "wall", role: "viewer" });
    const { token: desk } = await center.rest<Issued>("POST", "/tokens", { name: "desk", role: "dispatcher" });
    expect((await call(center, wall, "GET", `/api/v1/devices/badge-1/track?from=${from}`)).status).toBe(404);
    expect((await call(center, wall, "GET", `/api/v1/devices/staff~1/track?from=${from}`)).status).toBe(403);
    expect((await call(center, wall, "GET", "/api/v1/devices/staff~1")).body.name).toBe("Worker badge 1");
    const look = `/api/v1/devices/badge-1/track?from=${from}&reason=lost`;
    expect((await call(center, desk, "GET", look)).status).toBe(200);
    const audit = await center.rest<{ items: { actor: string; action: string; target: string }[] }>(
      "GET",
      "/audit?target=badge-1",
    );
    expect(audit.items).toContainEqual(
      expect.objectContaining({ actor: "user:desk", action: "person.track", target: "badge-1" }),
    );
  });
});

describe("acting on an alert", () => {
  test("of two who press at once one wins, the other is told", async () => {
    await using center = await startTestCenter();
    const alert = await center.rest<AlertView>("POST", "/alerts", {
      ruleId: "help.sos",
      subject: { kind: "spot", id: "x" },
      place,
    });
    const press = () =>
      call(center, ADMIN_TOKEN, "POST", `/api/v1/alerts/${alert.id}/acknowledge`, {}, { "if-match": `"${alert.rev}"` });
    const answers = await Promise.all([press(), press()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: "conflict",
      state: "acknowledged",
    });
  });

  test("an Idempotency-Key makes a repetition harmless, at once, later and over a restart of the request", async () => {
    await using center = await startTestCenter();
    const alert = await center.rest<AlertView>("POST", "/alerts", {
      ruleId: "help.sos",
      subject: { kind: "spot", id: "x" },
      place,
    });
    const comment = (note: string) =>
      call(center, ADMIN_TOKEN, "POST", `/api/v1/alerts/${alert.id}/comment`, { note }, { "idempotency-key": "k-1" });
    const [first, second] = await Promise.all([comment("hello"), comment("hello")]);
    const third = await comment("hello");
    expect(first.body).toEqual(second.body);
    expect(third.body).toEqual(first.body);
    expect((await comment("something else")).status).toBe(422);
    const { timeline } = await center.rest<{ timeline: { action: string }[] }>("GET", `/alerts/${alert.id}`);
    expect(timeline.map(({ action }) => action)).toEqual(["open", "comment"]);
  });

  test("the whole way from open to closed is in the timeline and the audit", async () => {
    await using center = await startTestCenter();
    const alert = await center.rest<AlertView>("POST", "/alerts", {
      ruleId: "street.illegal_dumping",
      place,
      note: "a heap",
    });
    const steps = [
      ["acknowledge", {}],
      ["dispatch", { crewId: "crew-3" }],
      ["accept", {}],
      ["arrive", {}],
      ["handle", { note: "removed", evidence: { picture: "p-1" } }],
      ["verify", {}],
      ["close", {}],
    ] as const;
    for (const [action, body] of steps) await center.rest("POST", `/alerts/${alert.id}/${action}`, body);
    const { timeline, state } = await center.rest<{ timeline: { action: string; actor: string }[]; state: string }>(
      "GET",
      `/alerts/${alert.id}`,
    );
    expect(state).toBe("closed");
    expect(timeline.map(({ action }) => action)).toEqual(["open", ...steps.map(([action]) => action)]);
    const { items } = await center.rest<{ items: unknown[] }>("GET", `/audit?target=${alert.id}`);
    expect(items).toHaveLength(steps.length + 1);
    const late = await call(center, ADMIN_TOKEN, "POST", `/api/v1/alerts/${alert.id}/accept`);
    expect([late.status, late.body.code]).toEqual([409, "state"]);
  });
});

test("the files of the pages come in bursts and are not limited", async () => {
  await using center = await startTestCenter({ HTTP_ANONYMOUS_REQUESTS_PER_SECOND: "3" });
  const page = await call(center, null, "GET", "/");
  const file = /\/assets\/[^"]+/.exec(String(page.body))?.[0] ?? "";
  const answers = await Promise.all(Array.from({ length: 30 }, () => call(center, null, "GET", file)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

describe("bad input", () => {
  test.for([
    ["a letter too many in an id", "/devices", { id: "no spaces", kind: "bin" }, 400, "invalid"],
    ["an unknown kind", "/devices", { id: "x", kind: "dragon" }, 400, "invalid"],
    ["a place off the earth", "/devices", { id: "x", kind: "bin", place: { lat: 95, lon: 0 } }, 400, "invalid"],
    ["a prototype key", "/devices", '{"id":"x","kind":"bin","__proto__":{"a":1}}', 400, expect.any(String)],
    ["half a document", "/devices", '{"id":', 400, expect.any(String)],
    [
      "a depth bomb",
      "/alerts",
      `{"ruleId":"x","evidence":{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}}`,
      400,
      expect.any(String),
    ],
    ["an unknown rule", "/alerts", { ruleId: "no.rule", place }, 400, "invalid"],
    ["a report about nothing", "/alerts", { ruleId: "help.sos" }, 400, "invalid"],
    ["a body too large", "/alerts", `{"ruleId":"${"x".repeat(300_000)}"}`, 413, expect.any(String)],
  ] as const)("%s is refused with what is wrong", async ([, path, body, status, code]) => {
    await using center = await startTestCenter();
    const answer = await call(center, ADMIN_TOKEN, "POST", `/api/v1${path}`, body);
    expect(answer.body).toMatchObject({ status, code });
  });

  test("content types cannot slip past the schema", async () => {
    await using center = await startTestCenter();
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/csv"]) {
      const answer = await call(center, ADMIN_TOKEN, "POST", "/api/v1/devices", '{"id":"x","kind":"bin"}', {
        "content-type": type,
      });
      expect([400, 415], type).toContain(answer.status);
    }
    for (const type of ["application/json\t; x", "APPLICATION/JSON", "application/json; charset=utf-8"]) {
      const answer = await call(center, ADMIN_TOKEN, "POST", "/api/v1/devices", '{"id":"x","kind":"dragon"}', {
        "content-type": type,
      });
      expect([400, 415], type).toContain(answer.status);
    }
    expect((await call(center, ADMIN_TOKEN, "GET", "/api/v1/devices")).body.items).toEqual([]);
  });

  test("history says what is allowed", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "b", kind: "bin" });
    const ask = async (query: string) =>
      (await call(center, ADMIN_TOKEN, "GET", `/api/v1/devices/b/history?${query}`)).body.detail;
    expect(await ask("metric=nothing&from=1790000000000")).toContain("GET /catalog");
    expect(await ask("metric=fillPct&from=1790000000001&to=1790000000000")).toContain("before");
    expect(await ask("metric=fillPct&from=0&to=1790000000000")).toContain("31 days");
    expect(await ask("metric=fillPct&from=1790000000000&to=1790001000000&every=soon")).toContain("5m");
  });

  test("an import is all or nothing, and names its bad rows", async () => {
    await using center = await startTestCenter();
    const csv = "id,kind,lat,lon,emptyMm\nbin-1,bin,22.7,113.9,1400\nbad id,bin,22.7,113.9,\nbin-1,bin,22.7,113.9,\n";
    const refused = await call(center, ADMIN_TOKEN, "POST", "/api/v1/devices/import", csv, {
      "content-type": "text/csv",
    });
    expect(refused.body).toMatchObject({ status: 400, code: "import" });
    expect(refused.body.errors.map(({ row }: { row: number }) => row)).toEqual([2, 3]);
    expect((await call(center, ADMIN_TOKEN, "GET", "/api/v1/devices")).body.items).toEqual([]);
    const partly = await call(center, ADMIN_TOKEN, "POST", "/api/v1/devices/import?partial=true", csv, {
      "content-type": "text/csv",
    });
    expect(partly.body.created).toHaveLength(1);
    expect((await call(center, ADMIN_TOKEN, "GET", "/api/v1/devices/bin-1")).body.attributes).toEqual({
      emptyMm: 1_400,
    });
    const geo = {
      type: "FeatureCollection",
      features: [
        {
          type: "Feature",
          geometry: { type: "Point", coordinates: [113.9, 22.72] },
          properties: { id: "cam-1", kind: "camera" },
        },
      ],
    };
    await center.rest("POST", "/devices/import", geo);
    expect((await call(center, ADMIN_TOKEN, "GET", "/api/v1/devices/cam-1")).body.place).toMatchObject({
      lat: 22.72,
      lon: 113.9,
    });
  });
});

test("pages carry a strict policy and the description is served", async () => {
  await using center = await startTestCenter();
  const page = await fetch(`${center.http}/`);
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toMatch(/unsafe-(inline|eval)/);
  expect((await call(center, null, "GET", "/asyncapi.json")).body.channels.stream.address).toBe("/api/v1/stream");
  expect((await call(center, null, "GET", "/nothing")).body).toMatchObject({ status: 404, code: "notFound" });
});
