import { connectAsync } from "mqtt";
import { expect, test } from "vitest";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

interface Shown {
  readonly type: string;
  readonly properties: Record<string, unknown>;
  readonly geometry: { readonly type: string; readonly coordinates: unknown };
}
interface Whole {
  readonly type: "FeatureCollection";
  readonly edition: number;
  readonly features: Shown[];
}

const BIN = { lat: 22.733, lon: 113.9033 };

async function ask(center: TestCenter, token: string, method: string, path: string, body?: unknown, headers = {}) {
  const answer = await fetch(`${center.http}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return {
    status: answer.status,
    etag: answer.headers.get("etag"),
    body: (await answer.json()) as Record<string, unknown>,
  };
}
const tokenOf = async (center: TestCenter, role: string, scope = {}, name = role) =>
  (await center.rest<{ token: string }>("POST", "/tokens", { name, role, scope })).token;
const ZONE = {
  type: "Feature",
  properties: { type: "spot", spot: "vendorZone", radiusM: 40, phone: "138 0000 0000" },
  geometry: { type: "Point", coordinates: [BIN.lon, BIN.lat] },
};

test("comes out as it went in, whole and in parts, and every edition stays", async () => {
  await using center = await startTestCenter();
  const whole = await center.rest<Whole>("GET", "/district");
  expect(whole.edition).toBe(1);
  const unchanged = await center.rest("PUT", "/district?reason=nothing", whole);
  expect(unchanged).toMatchObject({ edition: 1, added: 0, changed: 0, removed: 0 });

  const [first] = whole.features.filter(({ properties }) => properties.type === "depositPoint");
  const id = String(first?.properties.id);
  const removed = await center.rest("DELETE", `/district/features/${id}?reason=closed`);
  expect(removed).toMatchObject({ edition: 2, removed: 1 });
  const zone = await center.rest("PUT", "/district/features/zone-1?reason=vendors%20asked", ZONE);
  expect(zone).toMatchObject({ edition: 3, added: 1 });

  const now = await center.rest<Whole>("GET", "/district");
  expect(now.features).toHaveLength(whole.features.length);
  expect(now.features.map(({ properties }) => properties.id)).not.toContain(id);
  const before = await center.rest<Whole>("GET", "/district?edition=1");
  expect(new Map(before.features.map((f) => [f.properties.id, f]))).toEqual(
    new Map(whole.features.map((f) => [f.properties.id, f])),
  );
  const editions = await center.rest<{ items: object[] }>("GET", "/district/editions");
  expect(editions.items).toMatchObject([
    { edition: 3, actor: "user:administrator (setting)", reason: "zone-1: vendors asked", added: 1 },
    { edition: 2, reason: `${id}: closed`, removed: 1 },
    { edition: 1, actor: "system", added: whole.features.length },
  ]);
  const audit = await center.rest<{ items: object[] }>("GET", "/audit?target=district");
  expect(audit.items).toMatchObject([
    { details: { edition: 3 } },
    { details: { edition: 2 } },
    { details: { edition: 1 } },
  ]);
  expect(await center.rest("GET", "/district/features/zone-1")).toMatchObject({
    editions: [{ since: 3, until: null }],
  });

  const near = await center.rest<{ items: Shown[] }>(
    "GET",
    `/district/features?type=spot&near=${BIN.lat},${BIN.lon},50`,
  );
  expect(near.items).toMatchObject([{ properties: { id: "zone-1" }, distanceM: 0 }]);
  const paged: unknown[] = [];
  for (let cursor = ""; ; ) {
    const page = await center.rest<{ items: Shown[]; next: string | null }>(
      "GET",
      `/district/features?type=grid&limit=7${cursor}`,
    );
    paged.push(...page.items.map(({ properties }) => properties.id));
    if (page.next === null) break;
    cursor = `&cursor=${page.next}`;
  }
  expect(paged).toEqual(
    now.features
      .filter(({ properties }) => properties.type === "grid")
      .map(({ properties }) => properties.id)
      .sort(),
  );
  const inBox = await center.rest<{ items: Shown[] }>(
    "GET",
    "/district/features?type=community&bbox=113.9,22.73,113.905,22.735",
  );
  expect(inBox.items.map(({ properties }) => properties.id)).toContain("tianliao");
  const amap = await center.rest<Shown>("GET", "/district/features/zone-1?coordSystem=gcj02");
  const [lon = 0] = amap.geometry.coordinates as number[];
  expect(lon - BIN.lon).toBeCloseTo(0.00488, 4);
});

test("tries without changing, tells what is wrong, and lets one of two be faster", async () => {
  await using center = await startTestCenter();
  const manager = await tokenOf(center, "manager");
  const { body: whole, etag } = await ask(center, manager, "GET", "/district");
  expect(etag).toBe('"1"');
  const features = (whole as unknown as Whole).features;
  const lost = {
    ...ZONE,
    properties: { type: "spot", id: "lost", spot: "blindSpot" },
    geometry: { type: "Point", coordinates: [BIN.lat, BIN.lon] },
  };
  const refused = await ask(center, manager, "PUT", "/district?reason=x", { ...whole, features: [...features, lost] });
  expect(refused.status).toBe(400);
  expect(refused.body).toMatchObject({ code: "district", errors: [{ id: "lost", index: features.length }] });
  expect(refused.body.detail).toMatch(/latitude and longitude are swapped/);

  const dry = await ask(center, manager, "PUT", "/district/features/zone-1?reason=x&dryRun=true", ZONE);
  expect(dry.body).toMatchObject({ dryRun: true, edition: 1, added: 1 });
  expect((await ask(center, manager, "GET", "/district/features/zone-1")).status).toBe(404);
  const made = await ask(center, manager, "PUT", "/district/features/zone-1?reason=x", ZONE, {
    "if-match": '"1"',
  });
  expect([made.status, made.body.edition]).toEqual([201, 2]);
  const late = await ask(center, manager, "DELETE", "/district/features/zone-1?reason=x", undefined, {
    "if-match": '"1"',
  });
  expect([late.status, late.body.code, late.body.edition]).toEqual([409, "conflict", 2]);
  // Two at the same time from the same edition: one wins, one is told.
  const both = await Promise.all(
    ["a", "b"].map((id) => ask(center, manager, "PUT", `/district/features/${id}?reason=x`, ZONE, { "if-match": "2" })),
  );
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  expect((await ask(center, manager, "GET", "/district?edition=99")).status).toBe(404);
});

test("a token of one community changes what lies in it; a wall sees no telephone numbers", async () => {
  await using center = await startTestCenter();
  const own = await tokenOf(center, "manager", { communityId: ["tianliao"] }, "own");
  const other = await tokenOf(center, "manager", { communityId: ["yulv"] }, "other");
  const wall = await tokenOf(center, "viewer");
  expect((await ask(center, other, "PUT", "/district/features/zone-1?reason=x", ZONE)).status).toBe(403);
  expect((await ask(center, own, "PUT", "/district/features/zone-1?reason=x", ZONE)).status).toBe(201);
  expect((await ask(center, other, "DELETE", "/district/features/zone-1?reason=x")).status).toBe(403);
  const everything = await ask(center, own, "GET", "/district");
  expect((await ask(center, own, "PUT", "/district?reason=x", everything.body)).status).toBe(403);
  expect(JSON.stringify(everything.body)).toContain("138 0000 0000");
  for (const path of ["/district", "/district/features?type=spot", "/district/features/zone-1"]) {
    expect(JSON.stringify((await ask(center, wall, "GET", path)).body)).not.toContain("138 0000 0000");
  }
});

test("changes under ingest: what was placed stays, what comes is placed on the new ground, also after a restart", async () => {
  using directory = temporaryDirectory();
  const environment = { DATA_DIR: directory.path };
  const first = await startTestCenter(environment);
  const whole = await first.rest<Whole>("GET", "/district");
  const login = await first.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", {
    id: "bin-1",
    kind: "bin",
    place: BIN,
  });
  const old = await first.rest<{ communityId: string }>("GET", `/district/place?lat=${BIN.lat}&lon=${BIN.lon}`);
  expect(old.communityId).toBe("tianliao");
  const publish = async (center: TestCenter, tempC: number) => {
    const device = await connectAsync(center.mqtt ?? "", { ...login.mqtt, clientId: "bin-1" });
    await device.publishAsync("kerbside/v1/bin/bin-1/telemetry", JSON.stringify({ ts: Date.now(), tempC }), { qos: 1 });
    await device.endAsync();
  };
  await publish(first, 70);
  const [before] = (await first.rest<{ items: { id: string; place: object }[] }>("GET", "/alerts?ruleId=bin.fire_risk"))
    .items;
  expect(before?.place).toMatchObject({ communityId: "tianliao", gridId: expect.stringContaining("tianliao") });

  // The community is renamed in law: another id for the same ground, from now on.
  const renamed = whole.features.map((feature) => {
    const { type, id, communityId } = feature.properties;
    const properties = {
      ...feature.properties,
      ...(type === "community" && id === "tianliao" && { id: "tianliao-new" }),
      ...(communityId === "tianliao" && { communityId: "tianliao-new" }),
    };
    return { ...feature, properties };
  });
  expect(
    await first.rest("PUT", "/district?reason=renamed", { type: "FeatureCollection", features: renamed }),
  ).toMatchObject({
    edition: 2,
  });
  await first.rest("POST", `/alerts/${before?.id}/close`, { note: "put out", evidence: {} });
  await publish(first, 20);
  await publish(first, 75);
  const alerts = await first.rest<{ items: { id: string; place: object }[] }>("GET", "/alerts?ruleId=bin.fire_risk");
  expect(alerts.items.map(({ place }) => place)).toMatchObject([
    { communityId: "tianliao-new" },
    { communityId: "tianliao" },
  ]);
  await first[Symbol.asyncDispose]();

  await using second = await startTestCenter(environment);
  const kept = await second.rest<Whole>("GET", "/district");
  expect(kept.edition).toBe(2);
  expect(kept.features.map(({ properties }) => properties.id)).toContain("tianliao-new");
  const places = await second.rest<{ items: { place: object }[] }>("GET", "/alerts?ruleId=bin.fire_risk");
  expect(places.items.map(({ place }) => place)).toMatchObject([
    { communityId: "tianliao-new" },
    { communityId: "tianliao" },
  ]);
});
