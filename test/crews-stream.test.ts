import { expect, test } from "vitest";
import { connect } from "../src/stream/client.ts";
import { ADMIN_TOKEN, startTestCenter } from "./support/running-center.ts";

const PLACE = { lat: 22.733, lon: 113.9033 };
const until = (holds: () => boolean) => expect.poll(holds, { interval: 5, timeout: 10_000 }).toBe(true);

test("crews on the stream: who is there, by name for a desk, by number for a wall, their own for a crew", async () => {
  await using center = await startTestCenter();
  const write = (path: string, record: object) => center.rest("PUT", `/registry/${path}`, record);
  for (const id of ["badge-1", "badge-2"]) await center.rest("POST", "/devices", { id, kind: "person", place: PLACE });
  await write("people/ann", { name: "Ann Secret", badge: "badge-1", number: "17", line: "cleaning" });
  await write("people/bob", { name: "Bob Secret", badge: "badge-2", line: "greening" });
  await write("crews/one", { name: "One", line: "cleaning", members: ["badge-1"], lead: "badge-1" });
  await write("crews/two", { name: "Two", line: "greening", members: ["badge-2"] });
  await write("shifts/day", { name: "Day", from: "00:00", to: "00:00" });
  const entries = [{ personId: "ann", where: { circle: { ...PLACE, radiusM: 500 } } }];
  await write("rosters/r", { shiftId: "day", entries });
  const tokenOf = async (role: string, fields = {}) =>
    (await center.rest<{ token: string }>("POST", "/tokens", { name: role, role, ...fields })).token;
  const url = `${center.http.replace("http", "ws")}/api/v1/stream`;
  const clients = [
    ADMIN_TOKEN,
    await tokenOf("viewer"),
    await tokenOf("crew", { crewId: "two" }),
    await tokenOf("dispatcher", { scope: { businessLine: ["greening"] } }),
  ].map((token) => connect({ url, token }));
  const [desk, wall, crew, lined] = clients.map((client) => client.subscribe("crews", { everyMs: 100 }));
  const [cleaning] = clients.map((client) =>
    client.subscribe("crews", { filter: { line: ["cleaning"] }, everyMs: 100 }),
  );
  await until(() => desk?.items.get("one")?.due === 1 && wall?.items.size === 2);
  await until(() => crew?.items.size === 1 && lined?.items.size === 1 && cleaning?.items.size === 1);
  expect([...(crew?.items.keys() ?? [])]).toEqual(["two"]);
  expect([...(lined?.items.keys() ?? [])]).toEqual(["two"]);

  await new Promise<void>((settled) => {
    const payload = Buffer.from(JSON.stringify({ ts: Date.now(), ...PLACE, accuracyM: 5, clockIn: 1 }));
    const topic = "kerbside/v1/person/badge-1/telemetry";
    center.center.inbox.submit({ topic, payload, receivedAt: Date.now(), principal: null }, settled);
  });
  await until(() => desk?.items.get("one")?.onDuty === 1 && wall?.items.get("one")?.onDuty === 1);
  expect(desk?.items.get("one")).toMatchObject({
    lead: "badge-1",
    members: [{ id: "badge-1", name: "Ann Secret", number: "17", state: "onPost", lat: expect.any(Number) }],
  });
  expect(wall?.items.get("one")).toMatchObject({
    lead: null,
    members: [{ id: "staff~1", name: null, number: "17", state: "onPost" }],
  });
  // Bob has no number in the register and is off duty: neither his id nor where he is is told.
  expect(wall?.items.get("two")).toMatchObject({ members: [{ id: "staff~2", number: "2", lat: null, lon: null }] });
  expect(JSON.stringify([...(wall?.items.values() ?? [])])).not.toMatch(/Secret|badge|ann|bob/);

  await center.rest("DELETE", "/registry/crews/two");
  await until(() => wall?.items.size === 1 && crew?.items.size === 0);
  for (const client of clients) client.close();
});
