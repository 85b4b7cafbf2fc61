import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dialectDrivers } from "../devices/index.ts";
import { filterOf } from "../devices/topics.ts";
import { signedHeaders } from "../src/access/signature.ts";
import { boundaryOf, isDangerousXml, partsOf } from "../src/ingest/http/multipart.ts";
import { covers } from "../src/ingest/topic-gate.ts";
import { random } from "./support/random.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

interface Login {
  readonly username: string;
  readonly password: string;
}
type Answer = { status: number; headers: Headers; body: Record<string, unknown> & { code?: string } };

const basic = ({ username, password }: Login) => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
});
const register = async (center: TestCenter, id: string, kind: string, more: object = {}): Promise<Login> =>
  (await center.rest<{ mqtt: Login }>("POST", "/devices", { id, kind, ...more })).mqtt;

async function push(
  center: TestCenter,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: object = {},
): Promise<Answer> {
  const answer = await fetch(`${center.http}/ingest/${path}`, { method: "POST", body, headers: { ...headers } });
  const text = await answer.text();
  const json = (answer.headers.get("content-type") ?? "").includes("json");
  return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : { text } };
}
const metric = async (center: TestCenter, id: string): Promise<Record<string, number>> =>
  (await center.rest<{ metrics: Record<string, number> }>("GET", `/devices/${id}`)).metrics;
const quarantined = async (center: TestCenter) =>
  (await center.rest<{ items: { reason: string; topic: string }[] }>("GET", "/quarantine")).items;

const boxMapping = {
  id: "boxes",
  title: { en: "Boxes", zh: "盒子" },
  topics: ["boxes/{box}/alarm"],
  kind: "camera",
  device: { namespace: "cam", parts: ["{box}"] },
  entries: [{ key: ["/id"], event: { type: "detection", category: "/label", eventId: "/id" } }],
  answer: { Result: { Code: 0, Desc: "" } },
  samples: [{ name: "litter", topic: "boxes/b1/alarm", payload: { id: "1", label: "garbage" } }],
};

describe("the HTTP door", () => {
  let center: TestCenter;
  let bin: Login;
  let gateway: Login;
  const path = "kerbside/v1/bin/bin-1/telemetry";
  beforeAll(async () => {
    center = await startTestCenter({ INGEST_BODY_BYTES: "200000", MQTT_AUTH_FAILURES_PER_ADDRESS: "100000" });
    bin = await register(center, "bin-1", "bin");
    await register(center, "cam-1", "camera", { aliases: ["cam:b1"] });
    const attributes = { devices: "cam-1,bin-1", dialects: "boxes/#,positions" };
    gateway = await register(center, "gw-1", "gateway", { attributes });
    await center.rest("PUT", "/mappings/boxes", boxMapping);
    await center.rest("POST", "/mappings/boxes/enable", {});
  });
  afterAll(() => center[Symbol.asyncDispose]());

  test("takes a message as if it were published, with any of the logins, and answers when it is on disk", async () => {
    const logins: [string, object, string][] = [
      ["Basic", basic(bin), ""],
      ["Bearer", { authorization: `Bearer ${bin.username}.${bin.password}` }, ""],
      ["an address alone", {}, `?login=${bin.username}&key=${bin.password}`],
      ["a gateway", basic(gateway), ""],
    ];
    for (const [i, [name, headers, query]] of logins.entries()) {
      const reading = JSON.stringify({ ts: Date.now() + i, fillPct: 10 + i });
      const answer = await push(center, path + query, reading, headers);
      expect([name, answer.status, answer.body]).toEqual([name, 200, { accepted: true }]);
      expect(await metric(center, "bin-1")).toMatchObject({ fillPct: 10 + i });
    }
  });

  test("the answer waits for the commit", async () => {
    const store = center.center.store as { commit: (typeof center.center.store)["commit"] };
    const { commit } = store;
    const gate = Promise.withResolvers<void>();
    store.commit = async (batch) => {
      await gate.promise;
      return commit(batch);
    };
    let answered = false;
    const answer = push(center, path, JSON.stringify({ ts: Date.now() + 50, fillPct: 60 }), basic(bin)).then((said) => {
      answered = true;
      return said;
    });
    await expect.poll(() => center.center.settled).toBe(false);
    await fetch(`${center.http}/health/live`);
    expect(answered).toBe(false);
    store.commit = commit;
    gate.resolve();
    expect((await answer).status).toBe(200);
  });

  test("a box gets the answer its mapping gives it, and the picture beside the alarm does not matter", async () => {
    const alarm = JSON.stringify({ id: "a-1", label: "garbage", image: "A".repeat(100_000) });
    const answer = await push(center, "boxes/b1/alarm", alarm, basic(gateway));
    expect([answer.status, answer.body]).toEqual([200, boxMapping.answer]);
    const events = await center.rest("GET", `/devices/cam-1/events?from=${Date.now() - 3_600_000}`);
    expect(JSON.stringify(events)).toContain('"category":"exposedGarbage"');
  });

  test("of a multipart body the messages count and the pictures do not", async () => {
    const body = Buffer.concat([
      Buffer.from(
        '--xx\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: application/json\r\n\r\n{"id":"m-1","label":"overflow"}\r\n',
      ),
      Buffer.from('--xx\r\nContent-Disposition: form-data; name="p"\r\nContent-Type: image/jpeg\r\n\r\n'),
      ...[Buffer.from([0xff, 0xd8, 0x2d, 0x2d, 0x0d, 0x0a]), Buffer.from("\r\n--xx--\r\n")],
    ]);
    const type = { "content-type": "multipart/form-data; boundary=xx" };
    expect(await push(center, "boxes/b1/alarm", body, { ...basic(gateway), ...type })).toMatchObject({ status: 200 });
    const events = await center.rest("GET", `/devices/cam-1/events?from=${Date.now() - 3_600_000}`);
    expect(JSON.stringify(events)).toContain('"eventId":"m-1"');
    const empty = await push(center, "boxes/b1/alarm", "--xx--", { ...basic(gateway), ...type });
    expect(empty).toMatchObject({ status: 400, body: { code: "multipart" } });
  });

  test("a camera's alarm host: XML and its picture, with the camera's own login", async () => {
    const aliases = ["cam:aa:bb:cc:00:00:01/1"];
    const camera = await register(center, "cam-hik", "camera", { aliases, attributes: { dialects: "hikvision/#" } });
    const xml = [
      '<?xml version="1.0" encoding="UTF-8"?><EventNotificationAlert version="2.0"><ipAddress>192.0.2.7</ipAddress>',
      `<macAddress>AA:BB:CC:00:00:01</macAddress><channelID>1</channelID><dateTime>${new Date().toISOString()}</dateTime>`,
      "<activePostCount>1</activePostCount><eventType>unattendedBaggage</eventType><eventState>active</eventState>",
      "<eventDescription>unattendedBaggage alarm</eventDescription></EventNotificationAlert>",
    ].join("");
    const part = (name: string, type: string) =>
      Buffer.from(
        `--hik\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
      );
    const body = Buffer.concat([
      ...[part("alert.xml", "application/xml"), Buffer.from(`${xml}\r\n`)],
      ...[part("shot.jpg", "image/jpeg"), Buffer.alloc(5_000, 0xd8), Buffer.from("\r\n--hik--\r\n")],
    ]);
    const type = { "content-type": "multipart/form-data; boundary=hik" };
    expect(await push(center, "hikvision/gate", body, { ...basic(camera), ...type })).toMatchObject({ status: 200 });
    const { items } = await center.rest<{ items: object[] }>(
      "GET",
      `/devices/cam-hik/events?from=${Date.now() - 3_600_000}`,
    );
    expect(items).toHaveLength(1);
    expect((await quarantined(center)).filter(({ topic }) => topic.startsWith("hikvision"))).toEqual([]);
  });

  test("what cannot be understood is taken, kept in the quarantine, and not sent again for ever", async () => {
    expect((await push(center, path, "not json", basic(bin))).status).toBe(200);
    expect(await quarantined(center)).toContainEqual(expect.objectContaining({ reason: "notJson", topic: path }));
  });

  test("entities in XML are refused before anybody reads it", async () => {
    const bomb =
      '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><EventNotificationAlert>&lol;</EventNotificationAlert>';
    const headers = { ...basic(gateway), "content-type": "application/xml" };
    expect(await push(center, "boxes/b1/alarm", bomb, headers)).toMatchObject({
      status: 400,
      body: { code: "entities" },
    });
    const wide = new Uint8Array(Buffer.from(bomb, "utf16le"));
    expect(await push(center, "boxes/b1/alarm", wide, headers)).toMatchObject({
      status: 400,
      body: { code: "entities" },
    });
  });

  test("nobody comes in without a login, with a wrong one, or on a topic that is not theirs", async () => {
    const reading = JSON.stringify({ fillPct: 99 });
    const before = await metric(center, "bin-1");
    const none = await push(center, path, reading);
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([
      401,
      'Basic realm="kerbside", charset="UTF-8"',
    ]);
    for (const headers of [
      basic({ username: "bin-1", password: "wrong" }),
      basic({ username: "nobody", password: bin.password }),
      { authorization: "Basic nonsense" },
      { authorization: `Bearer ${bin.password}` },
    ]) {
      expect(await push(center, path, reading, headers)).toMatchObject({
        status: 401,
        body: { code: "unauthenticated" },
      });
    }
    for (const topic of [
      "kerbside/v1/bin/bin-2/telemetry",
      "positions",
      "$SYS/x",
      "a/%23",
      "kerbside/v1/alerts/x/y/z",
      "a%0Ab",
    ]) {
      expect([400, 403], topic).toContain((await push(center, topic, reading, basic(bin))).status);
    }
    expect(await push(center, path, "x".repeat(200_001), basic(bin))).toMatchObject({ status: 413 });
    expect(await metric(center, "bin-1")).toEqual(before);
  });

  test("a signed request counts once, in time, with its own body and its own login", async () => {
    const { secret } = await center.rest<{ secret: string }>("POST", "/devices/gw-1/signing-secret");
    const body = (id: string) => JSON.stringify({ id, label: "garbage" });
    const send = (id: string, text: string, at = Date.now(), login = "gw-1", key = secret) =>
      push(center, `boxes/b1/alarm?login=${login}`, text, { ...signedHeaders(key, id, at, text) });
    const count = async () =>
      JSON.stringify(await center.rest("GET", `/devices/cam-1/events?from=${Date.now() - 3_600_000}`)).split("eventId")
        .length;
    const before = await count();
    expect(await send("w-1", body("s-1"))).toMatchObject({ status: 200 });
    expect(await send("w-1", body("s-1"))).toMatchObject({ status: 200 });
    expect(await count()).toBe(before + 1);
    expect(await send("w-2", body("s-2"), Date.now() - 600_000)).toMatchObject({ status: 401 });
    expect(await send("w-3", body("s-3"), Date.now() + 600_000)).toMatchObject({ status: 401 });
    expect(await send("w-4", body("s-4"), Date.now(), "bin-1")).toMatchObject({ status: 403 });
    expect(await send("w-5", body("s-5"), Date.now(), "cam-1")).toMatchObject({ status: 403 });
    const forged = { ...signedHeaders(secret, "w-6", Date.now(), body("s-6")) };
    expect(await push(center, "boxes/b1/alarm?login=gw-1", body("s-7"), forged)).toMatchObject({ status: 401 });
    expect(await count()).toBe(before + 1);
    await center.rest("POST", "/devices/gw-1/secret", { keepPrevious: false });
    expect(await send("w-8", body("s-8"))).toMatchObject({ status: 401 });
  });
});

test("who fails too often waits, who sends too fast is told when to go on", async () => {
  await using center = await startTestCenter({
    MQTT_AUTH_FAILURES_PER_ID: "3",
    MQTT_MESSAGES_PER_SECOND: "1",
    MQTT_MESSAGES_BURST: "2",
  });
  const login = await register(center, "bin-1", "bin");
  const path = "kerbside/v1/bin/bin-1/telemetry";
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await push(center, path, "{}", basic(login))).status);
  expect(statuses.slice(0, 2)).toEqual([200, 200]);
  const late = await push(center, path, "{}", basic(login));
  expect([late.status, Number(late.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
  expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
  for (let i = 0; i < 3; i++) await push(center, path, "{}", basic({ ...login, password: "wrong" }));
  expect(await push(center, path, "{}", basic(login))).toMatchObject({ status: 429, body: { code: "banned" } });
});

test("behind a proxy it is the sender that is banned, not the proxy, and nobody else is believed about it", async () => {
  const limits = { MQTT_AUTH_FAILURES_PER_ADDRESS: "2", MQTT_AUTH_FAILURES_PER_ID: "1000" };
  const path = "kerbside/v1/bin/bin-1/telemetry";
  const from = (address: string) => ({ "x-forwarded-for": address });
  const tried = async (environment: Record<string, string>) => {
    await using center = await startTestCenter({ ...limits, ...environment });
    const login = await register(center, "bin-1", "bin");
    const wrong = basic({ ...login, password: "wrong" });
    for (let i = 0; i < 2; i++) await push(center, path, "{}", { ...wrong, ...from("203.0.113.9") });
    const statuses: number[] = [];
    for (const address of ["203.0.113.9", "203.0.113.10"]) {
      statuses.push((await push(center, path, '{"fillPct":1}', { ...basic(login), ...from(address) })).status);
    }
    return statuses;
  };
  expect(await tried({ HTTP_TRUSTED_PROXIES: "127.0.0.0/8,::1/128" })).toEqual([429, 200]);
  expect(await tried({})).toEqual([429, 429]);
});

describe("phones that speak OsmAnd", () => {
  const at = () => Math.floor(Date.now() / 1_000);
  const query = (id = "phone-7") => `osmand?id=${id}&timestamp=${at()}&lat=22.733&lon=113.9&speed=10&batt=55`;
  const get = async (center: TestCenter, path: string, headers: object = {}) =>
    fetch(`${center.http}/ingest/${path}`, { headers: { ...headers } });

  test("bring a login, in the header or in the address; unknown ones are nobody", async () => {
    await using center = await startTestCenter();
    // A phone in a vehicle: people are followed at work only.
    const login = await register(center, "badge-1", "vehicle", { aliases: ["osmand:phone-7"] });
    const other = await register(center, "badge-2", "vehicle", { aliases: ["osmand:phone-8"] });
    expect((await get(center, query())).status).toBe(401);
    expect((await get(center, query(), basic(login))).status).toBe(200);
    expect(await metric(center, "badge-1")).toMatchObject({ lat: 22.733, lon: 113.9, speedKmh: 18.52, batteryPct: 55 });
    expect((await get(center, `${query()}&login=badge-1&key=${login.password}`)).status).toBe(200);
    expect((await get(center, query(), basic(other))).status).toBe(403);
    expect((await get(center, query("phone-9"), basic(login))).status).toBe(404);
    const app = JSON.stringify({
      device_id: "phone-7",
      location: { timestamp: new Date().toISOString(), coords: { latitude: 22.7, longitude: 113.9 } },
    });
    expect(await push(center, "osmand", app, { ...basic(login), "content-type": "application/json" })).toMatchObject({
      status: 200,
    });
  });

  test("anonymous only where a setting says so, and then for themselves alone", async () => {
    await using center = await startTestCenter({ OSMAND_ANONYMOUS: "true" });
    await register(center, "badge-1", "person", { aliases: ["osmand:phone-7"] });
    expect((await get(center, query())).status).toBe(200);
    expect((await get(center, query("phone-9"))).status).toBe(401);
  });
});

test("whatever a driver reads can be pushed: its own samples, by a gateway that speaks for everybody", async () => {
  await using center = await startTestCenter({
    AUTO_REGISTER: "true",
    DEVICE_PAST_DAYS: "36500",
    MQTT_TOPIC_LEVELS: "12",
  });
  const dialects = dialectDrivers.flatMap(({ topics }) => topics.map(filterOf)).join(",");
  const gateway = await register(center, "gw-all", "gateway", { attributes: { devices: "*", dialects } });
  let pushed = 0;
  for (const { id, samples } of dialectDrivers) {
    for (const { name, topic, payload } of samples) {
      if (!dialects.split(",").some((filter) => covers(filter, topic))) continue;
      const text = typeof payload === "string" ? payload : JSON.stringify(payload);
      const body = payload instanceof Uint8Array ? Uint8Array.from(payload) : text;
      const answer = await push(center, topic.split("/").map(encodeURIComponent).join("/"), body, basic(gateway));
      expect([id, name, answer.status]).toEqual([id, name, 200]);
      pushed++;
    }
  }
  expect(pushed).toBeGreaterThan(dialectDrivers.length);
  expect((await quarantined(center)).filter(({ reason }) => reason !== "unknownDevice")).toEqual([]);
});

describe("multipart bodies", () => {
  test("are cut as they are meant, and never throw", () => {
    expect(boundaryOf('multipart/mixed; boundary="a b"')).toBe("a b");
    expect(boundaryOf("application/json")).toBeNull();
    const body = Buffer.from(
      "--b\r\nContent-Type: text/xml; charset=utf-8\r\n\r\n<a/>\r\n--b\r\nContent-Type: image/jpeg\r\n\r\nxx\r\n--b\r\ncut",
    );
    expect(partsOf(body, "b")?.map(({ type, bytes }) => [type, Buffer.from(bytes).toString()])).toEqual([
      ["text/xml", "<a/>"],
      ["image/jpeg", "xx"],
    ]);
    const roll = random(7);
    for (let i = 0; i < 2_000; i++) {
      const bytes = Buffer.from(body);
      for (let flips = 0; flips < 5; flips++) bytes[Math.floor(roll() * bytes.length)] = Math.floor(roll() * 256);
      const cut = bytes.subarray(0, Math.floor(roll() * bytes.length));
      for (const part of partsOf(cut, "b") ?? []) expect(isDangerousXml(part)).toBeTypeOf("boolean");
    }
  });
});
