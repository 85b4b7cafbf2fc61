import { once } from "node:events";
import { createServer } from "node:net";
import { connectAsync } from "mqtt";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { createSealer } from "../src/access/sealed.ts";
import { signatureFits, signedHeaders } from "../src/access/signature.ts";
import type { TimelineEntry } from "../src/domain/alert.ts";
import { type Level, levels } from "../src/domain/levels.ts";
import { systemClock } from "../src/domain/time.ts";
import { startCourier } from "../src/outputs/courier.ts";
import { guardedRequest, parseHosts, reachOutside } from "../src/outputs/guarded-request.ts";
import type { AlertEvent } from "../src/outputs/outward.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startMail } from "./support/mail.ts";
import { startReceiver } from "./support/receiver.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";
import { alertOf } from "./support/store.ts";

const place = { lat: 22.733, lon: 113.9033, communityId: "tianliao" };
const inside = { OUTPUT_INSIDE_HOSTS: "127.0.0.1", OUTPUT_RETRY_LAST_SECONDS: "1" };
const SECRET = "whsec_dGhlLXNlY3JldC1vZi10aGUtdGVzdA==";
interface Raised {
  readonly id: string;
  readonly rev: number;
  readonly level: Level;
}

const raise = async (center: TestCenter, id: string, kind = "bin", ruleId = "bin.disturbed"): Promise<Raised> => {
  await center.rest("POST", "/devices", { id, kind, place }).catch(() => {});
  return center.rest<Raised>("POST", "/alerts", { ruleId, subject: { kind, id } });
};
const act = (center: TestCenter, { id }: Raised, action: string, body: object = {}) =>
  center.rest("POST", `/alerts/${id}/${action}`, body);
const webhook = (url: string, more: object = {}) => ({
  type: "webhook",
  title: "Partner",
  url,
  secret: SECRET,
  ...more,
});
const status = async (center: TestCenter, id: string) =>
  (await center.rest<{ status: { circuit: string; failures: number; refused: number } }>("GET", `/outputs/${id}`))
    .status;

describe("webhooks", () => {
  test("every step of an alert arrives once, in order, signed, and names nobody", async () => {
    await using center = await startTestCenter(inside);
    using receiver = await startReceiver();
    await raise(center, "bin-before");
    await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
    const alert = await raise(center, "bin-1");
    await act(center, alert, "acknowledge");
    await act(center, alert, "assign", { assignee: "Wang Fang" });
    await act(center, alert, "comment", { note: "call Wang Fang" });
    await act(center, alert, "close", {});
    await expect.poll(() => receiver.received.length).toBe(5);
    const bodies = receiver.received.map(({ body }) => body);
    expect(bodies.map(({ action }) => action).slice(1)).toEqual(["acknowledge", "assign", "comment", "close"]);
    expect(bodies.map(({ toState }) => toState)).toEqual([
      "open",
      "acknowledged",
      "acknowledged",
      "acknowledged",
      "closed",
    ]);
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(5);
    for (const { headers, text } of receiver.received) {
      expect(text).not.toContain("Wang");
      const signed = {
        "webhook-id": String(headers["webhook-id"]),
        "webhook-timestamp": String(headers["webhook-timestamp"]),
        "webhook-signature": String(headers["webhook-signature"]),
      };
      expect(signatureFits(SECRET, signed, Buffer.from(text))).toBe(true);
      expect(signatureFits(SECRET, signed, Buffer.from(`${text} `))).toBe(false);
    }
  });

  test("only what the filter lets through; a person is a pseudonym without a place", async () => {
    await using center = await startTestCenter(inside);
    using receiver = await startReceiver();
    await center.rest("PUT", "/outputs/partner", webhook(receiver.url, { filter: { ruleId: ["help.sos"] } }));
    await raise(center, "bin-1");
    await raise(center, "badge-0042", "person", "help.sos");
    await expect.poll(() => receiver.received.length).toBe(1);
    const { alert } = receiver.received[0]?.body ?? { alert: {} };
    expect(JSON.stringify(alert)).not.toContain("badge-0042");
    expect(alert).toMatchObject({
      subject: { kind: "person", id: expect.stringMatching(/^person-[0-9a-f]{12}$/) },
      place: { lat: null, lon: null, communityId: "tianliao" },
      evidence: [],
    });
  });

  test("a receiver that fails gets everything when it is back, in order, and the circuit closes", async () => {
    await using center = await startTestCenter(inside);
    let down = true;
    using receiver = await startReceiver((_request, number) => (down ? (number % 2 ? 503 : 0) : 204));
    await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
    const alert = await raise(center, "bin-1");
    await act(center, alert, "acknowledge");
    await expect.poll(async () => (await status(center, "partner")).circuit, { timeout: 15_000 }).toBe("open");
    const tried = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));
    expect(tried.size).toBe(1);
    down = false;
    const before = receiver.received.length;
    await expect.poll(() => receiver.received.length - before, { timeout: 15_000 }).toBe(2);
    expect(receiver.received.slice(before).map(({ body }) => body.toState)).toEqual(["open", "acknowledged"]);
    await expect.poll(async () => (await status(center, "partner")).circuit).toBe("closed");
    const { items } = await center.rest<{ items: { outcome: string; detail: string | null }[] }>(
      "GET",
      "/outputs/partner/deliveries",
    );
    expect(items[0]).toMatchObject({ outcome: "delivered" });
    expect(items.at(-1)).toMatchObject({ outcome: "failed", detail: "answered 503" });
  });

  test("what a receiver will never take is noted and does not hold up the rest", async () => {
    await using center = await startTestCenter(inside);
    using receiver = await startReceiver((_request, number) => (number === 1 ? 422 : 204));
    await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
    await act(center, await raise(center, "bin-1"), "acknowledge");
    await expect.poll(() => receiver.received.length).toBe(2);
    await expect.poll(async () => (await status(center, "partner")).refused).toBe(1);
  });

  test("over a restart nothing is lost: what happened while the receiver was away arrives", async () => {
    using directory = temporaryDirectory();
    const environment = { ...inside, DATA_DIR: directory.path };
    let down = true;
    using receiver = await startReceiver(() => (down ? 500 : 204));
    {
      await using center = await startTestCenter(environment);
      await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
      const alert = await raise(center, "bin-1");
      await act(center, alert, "close");
      await expect.poll(() => receiver.received.length).toBeGreaterThan(0);
    }
    down = false;
    const before = receiver.received.length;
    await using center = await startTestCenter(environment);
    await expect
      .poll(() => receiver.received.slice(before).map(({ body }) => body.toState))
      .toEqual(["open", "closed"]);
    await raise(center, "bin-2");
    await expect.poll(() => receiver.received.length - before).toBe(3);
  });

  test("a redirect is not followed", async () => {
    await using center = await startTestCenter(inside);
    using target = await startReceiver();
    using receiver = await startReceiver(() => [302, { location: target.url }]);
    await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
    expect(await center.rest("POST", "/outputs/partner/test")).toMatchObject({
      outcome: "failed",
      detail: expect.stringContaining("redirects are not followed"),
    });
    expect(target.received).toHaveLength(0);
  });

  test("secrets are written, never read, kept when left out, removed by null; changes are in the audit without them", async () => {
    await using center = await startTestCenter(inside);
    using receiver = await startReceiver();
    const made = await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
    expect(made).toMatchObject({ has: ["secret"] });
    const { secret: _secret, ...rest } = webhook(receiver.url, { title: "Other" });
    expect(await center.rest("PUT", "/outputs/partner", rest)).toMatchObject({ has: ["secret"], title: "Other" });
    await center.rest("POST", "/outputs/partner/test");
    expect(receiver.received.at(-1)?.headers["webhook-signature"]).toMatch(/^v1,/);
    expect(await center.rest("PUT", "/outputs/partner", { ...rest, secret: null })).toMatchObject({ has: [] });
    await center.rest("POST", "/outputs/partner/test");
    expect(receiver.received.at(-1)?.headers).not.toHaveProperty("webhook-signature");
    const audit = JSON.stringify(await center.rest("GET", "/audit?target=partner"));
    expect(audit).toContain("output.change");
    expect(audit + JSON.stringify(await center.rest("GET", "/outputs"))).not.toContain(SECRET);
  });

  test("faults of an output are named", async () => {
    await using center = await startTestCenter({ ...inside, OUTPUTS: "1" });
    const put = (body: object, id = "one") => center.rest("PUT", `/outputs/${id}`, body);
    await expect(put(webhook("ftp://example.org/"))).rejects.toThrow(/400 .*url/);
    await expect(put(webhook("https://user:pass@example.org/"))).rejects.toThrow(/400 .*must not carry a login/);
    await expect(put({ type: "pager", title: "x" })).rejects.toThrow(/400 .*type/);
    await put(webhook("https://example.org/hook", { enabled: false }));
    await expect(put({ type: "mqtt", title: "x" })).rejects.toThrow(/409 .*remove it/);
    await expect(put(webhook("https://example.org/hook"), "two")).rejects.toThrow(/409 .*OUTPUTS/);
    await expect(center.rest("POST", "/outputs/one/test")).rejects.toThrow(/409 .*switched off/);
  });
});

describe("what outputs may reach", () => {
  const nowhere = parseHosts("");
  test.for([
    ...["127.0.0.1", "[::1]", "10.1.2.3", "192.168.0.1", "172.16.9.9", "169.254.169.254", "0.0.0.0", "100.64.0.1"],
    ...["[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "224.0.0.1", "localhost", "255.255.255.255"],
  ])("%s is inside, and refused", async (host) => {
    await expect(reachOutside(nowhere)(host)).rejects.toThrow(/inside address/);
  });

  test("public addresses may be reached, and inside ones that were listed", async () => {
    expect(await reachOutside(nowhere)("93.184.216.34")).toEqual([{ address: "93.184.216.34", family: 4 }]);
    const listed = parseHosts("10.2.0.0/16, broker.lan, ::1");
    await expect(reachOutside(listed)("10.2.3.4")).resolves.toHaveLength(1);
    await expect(reachOutside(listed)("[::1]")).resolves.toHaveLength(1);
    await expect(reachOutside(listed)("10.3.0.1")).rejects.toThrow(/OUTPUT_INSIDE_HOSTS/);
    await expect(reachOutside(listed)("no-such-host.invalid")).rejects.toThrow(/cannot be resolved/);
  });

  test("a center that allows nothing inside refuses before it connects", async () => {
    await using center = await startTestCenter();
    using receiver = await startReceiver();
    await center.rest("PUT", "/outputs/partner", webhook(receiver.url));
    expect(await center.rest("POST", "/outputs/partner/test")).toMatchObject({
      outcome: "failed",
      detail: expect.stringContaining("inside address"),
    });
    expect(receiver.received).toHaveLength(0);
  });

  test("who accepts and says nothing, or says far too much, costs no more than the limits", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    const loud = createServer((socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = () => socket.write("x".repeat(65_536), () => setImmediate(more));
      more();
    }).listen(0, "127.0.0.1");
    await Promise.all([once(silent, "listening"), once(loud, "listening")]);
    const request = (server: typeof silent) => {
      const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
      const signal = new AbortController().signal;
      const asked = { method: "POST", url, headers: {}, body: "{}", signal } as const;
      return guardedRequest(asked, reachOutside(parseHosts("127.0.0.1")), { timeoutMs: 300, answerBytes: 1_000 });
    };
    await expect(request(silent)).rejects.toThrow(/no answer within 300 ms/);
    expect((await request(loud)).body).toHaveLength(1_000);
    silent.close();
    loud.close();
  });
});

describe("an Alertmanager", () => {
  type Posted = { labels: Record<string, string>; startsAt: string; endsAt: string }[];
  test("hears of open alerts again and again, and of their end once", async () => {
    await using center = await startTestCenter(inside);
    using receiver = await startReceiver();
    await center.rest("PUT", "/outputs/am", {
      ...{ type: "alertmanager", title: "Alertmanager", token: "token-of-the-alertmanager", resendSeconds: 10 },
      url: `http://127.0.0.1:${receiver.port}/am/`,
    });
    const alert = await raise(center, "bin-1");
    const posted = () =>
      receiver.received
        .flatMap(({ body }) => body as unknown as Posted)
        .filter(({ labels }) => labels.alert_id === alert.id);
    await expect.poll(() => posted().length).toBeGreaterThan(0);
    expect(receiver.received[0]).toMatchObject({
      path: "/am/api/v2/alerts",
      headers: { authorization: "Bearer token-of-the-alertmanager" },
    });
    const [first] = posted() as [Posted[number]];
    expect(first.labels).toMatchObject({
      alertname: "bin.disturbed",
      severity: levels[alert.level].title.en.toLowerCase(),
      subject: "bin-1",
      community: "tianliao",
    });
    expect(Date.parse(first.endsAt)).toBeGreaterThan(Date.now());
    await act(center, alert, "close");
    await expect.poll(() => Date.parse(posted().at(-1)?.endsAt ?? "")).toBeLessThanOrEqual(Date.now());
    expect(posted().at(-1)?.labels).toEqual(first.labels);
  });
});

describe("the tree of alerts on MQTT", () => {
  test("shows what is open to whoever was given the community, and nobody else", async () => {
    await using center = await startTestCenter();
    await center.rest("PUT", "/outputs/tree", { type: "mqtt", title: "Other systems" });
    const gateway = (id: string, alerts: string) =>
      center.rest<{ mqtt: { username: string; password: string } }>("POST", "/devices", {
        id,
        kind: "gateway",
        attributes: { alerts },
      });
    const open = await raise(center, "bin-1");
    const ended = await raise(center, "bin-2");
    const { mqtt } = await gateway("partner", "tianliao");
    const client = await connectAsync(center.mqtt ?? "", mqtt);
    const heard: [string, string, boolean][] = [];
    client.on("message", (topic, payload, { retain }) => heard.push([topic, payload.toString(), retain]));
    await client.subscribeAsync("kerbside/v1/alerts/tianliao/#", { qos: 1 });
    const topic = (alert: Raised) => `kerbside/v1/alerts/tianliao/bin.disturbed/${alert.id}`;
    await expect.poll(() => heard.map(([at]) => at).sort()).toEqual([topic(open), topic(ended)].sort());
    heard.length = 0;
    await act(center, ended, "close");
    await expect.poll(() => heard.length).toBe(2);
    expect(heard.map(([at, payload]) => [at, payload && JSON.parse(payload).state])).toEqual([
      [topic(ended), "closed"],
      [topic(ended), ""],
    ]);
    await client.endAsync();

    const later = await connectAsync(center.mqtt ?? "", mqtt);
    const found: string[] = [];
    later.on("message", (at, _payload, { retain }) => retain && found.push(at));
    await later.subscribeAsync("kerbside/v1/alerts/tianliao/+/+", { qos: 1 });
    await expect.poll(() => found).toEqual([topic(open)]);
    await later.endAsync();

    const other = await gateway("stranger", "yutang");
    const stranger = await connectAsync(center.mqtt ?? "", other.mqtt);
    const granted = await stranger
      .subscribeAsync("kerbside/v1/alerts/tianliao/#")
      .catch((error: Error) => error.message);
    expect(JSON.stringify(granted)).toMatch(/128|Subscribe error|Unspecified/);
    await stranger.endAsync();
  });
});

describe("mail", () => {
  const mailTo = (port: number, more: object = {}) => ({
    ...{ type: "email", title: "Duty manager", host: "127.0.0.1", port, security: "none", username: "kerbside" },
    ...{ password: "password-of-the-mail", from: "kerbside@example.org", to: ["duty@example.org"], language: "en" },
    ...{ collectSeconds: 1, everySeconds: 60, ...more },
  });
  const plain = (mail: string) =>
    mail.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

  test("a storm is one mail", async () => {
    await using center = await startTestCenter(inside);
    await using smtp = await startMail();
    await center.rest("PUT", "/outputs/duty", mailTo(smtp.port, { enabled: false }));
    const raised = await Promise.all(Array.from({ length: 60 }, (_, i) => raise(center, `bin-${i}`)));
    await act(center, raised[0] as Raised, "close");
    await center.rest("PUT", "/outputs/duty", mailTo(smtp.port));
    await expect.poll(() => smtp.mails.length, { timeout: 10_000 }).toBe(1);
    const mail = plain(smtp.mails[0] as string);
    expect(mail).toContain("60 alerts: new 59, ended 1");
    expect(mail).toContain("and so many more: 20");
    expect(smtp.logins).toEqual(["kerbside:password-of-the-mail"]);
    await raise(center, "bin-later");
    expect(smtp.mails).toHaveLength(1);
  });

  test("where encryption is wanted, nothing is said to a server without it", async () => {
    await using center = await startTestCenter(inside);
    await using smtp = await startMail();
    await center.rest("PUT", "/outputs/duty", mailTo(smtp.port, { security: "starttls" }));
    expect(await center.rest("POST", "/outputs/duty/test")).toMatchObject({ outcome: "failed" });
    expect([smtp.logins, smtp.mails]).toEqual([[], []]);
  });

  test("a server that is not ready gets the same mail again; the test button says what it answered", async () => {
    await using center = await startTestCenter(inside);
    let refusals = 2;
    await using smtp = await startMail(() => (refusals-- > 0 ? 451 : null));
    await center.rest(
      "PUT",
      "/outputs/duty",
      mailTo(smtp.port, { collectSeconds: 0, everySeconds: 1, language: "zh" }),
    );
    await raise(center, "bin-1");
    await expect.poll(() => smtp.mails.length, { timeout: 10_000 }).toBe(1);
    expect(refusals).toBeLessThan(0);
    expect(await center.rest("POST", "/outputs/duty/test")).toMatchObject({
      outcome: "delivered",
      detail: expect.stringMatching(/^250/),
    });
  });
});

describe("a context broker", () => {
  test("gets bins, vehicles and alerts as entities, and no person", async () => {
    await using center = await startTestCenter(inside);
    using receiver = await startReceiver();
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
    await center.rest("POST", "/devices", { id: "badge-1", kind: "person", place });
    await center.rest("PUT", "/outputs/city", {
      ...{ type: "ngsi", title: "City platform", url: `http://127.0.0.1:${receiver.port}`, everySeconds: 5 },
      ...{ tenant: "guangming", token: "token-of-the-platform" },
    });
    const alert = await raise(center, "bin-1");
    type Entity = { id: string; type: string; location: object };
    const entities = () => receiver.received.flatMap(({ body }) => body as unknown as Entity[]);
    await expect
      .poll(() => new Set(entities().map(({ id }) => id)))
      .toEqual(new Set(["urn:ngsi-ld:WasteContainer:kerbside:bin-1", `urn:ngsi-ld:Alert:kerbside:${alert.id}`]));
    expect(receiver.received[0]).toMatchObject({
      path: "/ngsi-ld/v1/entityOperations/upsert?options=update",
      headers: { "content-type": "application/ld+json", "ngsild-tenant": "guangming" },
    });
    expect(entities()[0]?.location).toEqual({
      type: "GeoProperty",
      value: { type: "Point", coordinates: [place.lon, place.lat] },
    });
  });
});

describe("entities to read", () => {
  test("bins, vehicles and open alerts, in both forms, within the token's scope, and no person", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
    await center.rest("POST", "/devices", {
      id: "bin-far",
      kind: "bin",
      place: { lat: 22.72, lon: 113.93, communityId: "other" },
    });
    await center.rest("POST", "/devices", { id: "badge-1", kind: "person", place });
    const attributes = { vehicleType: "sweeper", plate: "粤B12345" };
    const { mqtt } = await center.rest<{ mqtt: object }>("POST", "/devices", {
      id: "sweeper-1",
      kind: "vehicle",
      attributes,
    });
    const client = await connectAsync(center.mqtt ?? "", mqtt);
    const reading = { ts: Date.now(), lat: 22.733, lon: 113.9, speedKmh: 7.5, headingDeg: 90, acc: 1, batteryPct: 80 };
    await client.publishAsync("kerbside/v1/vehicle/sweeper-1/telemetry", JSON.stringify(reading), { qos: 1 });
    await client.endAsync();
    const alert = await raise(center, "bin-1");
    const ask = async (path: string, token = ADMIN_TOKEN) => {
      const answer = await fetch(`${center.http}/ngsi-ld/v1/entities${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return {
        status: answer.status,
        type: answer.headers.get("content-type"),
        body: (await answer.json()) as Record<string, unknown>[] & Record<string, unknown>,
      };
    };
    const all = await ask("?options=keyValues");
    expect(all.type).toContain("application/ld+json");
    expect(all.body.map(({ id }) => id)).toEqual([
      "urn:ngsi-ld:WasteContainer:kerbside:bin-1",
      "urn:ngsi-ld:WasteContainer:kerbside:bin-far",
      "urn:ngsi-ld:Vehicle:kerbside:sweeper-1",
      `urn:ngsi-ld:Alert:kerbside:${alert.id}`,
    ]);
    expect((await ask("?type=Vehicle&options=keyValues")).body[0]).toMatchObject({
      ...{ category: ["municipalServices"], serviceProvided: ["streetCleaning"], serviceStatus: "onRoute", speed: 7.5 },
      ...{ heading: 90, ignitionStatus: true, battery: 0.8, vehiclePlateIdentifier: "粤B12345" },
      location: { type: "Point", coordinates: [113.9, 22.733] },
    });
    expect((await ask("/urn:ngsi-ld:Vehicle:kerbside:sweeper-1")).body.speed).toEqual({
      ...{ type: "Property", value: 7.5, unitCode: "KMH", observedAt: new Date(reading.ts).toISOString() },
    });
    expect((await ask("?limit=1&offset=1&type=WasteContainer&options=keyValues")).body).toMatchObject([
      { name: "bin-far" },
    ]);
    expect((await ask("/urn:ngsi-ld:Vehicle:kerbside:badge-1")).status).toBe(404);
    const scope = { communityId: ["tianliao"] };
    const limited = await center.rest<{ token: string }>("POST", "/tokens", { name: "t", role: "viewer", scope });
    const seen = await ask("?type=WasteContainer&options=keyValues", limited.token);
    expect(seen.body.map(({ name }) => name)).toEqual(["bin-1"]);
    expect((await fetch(`${center.http}/ngsi-ld/v1/entities`)).status).toBe(401);
  });
});

test("a courier that cannot read the journal reads it later, and never twice at once", async () => {
  const sent: string[] = [];
  let reads = 0;
  let atOnce = 0;
  const alert = alertOf({ rev: 7 });
  const entry: TimelineEntry = {
    ...{
      alertId: alert.id,
      rev: 7,
      at: 0,
      actor: "system",
      action: "open",
      fromState: null,
      note: null,
      details: null,
    },
    toState: "open",
  };
  const courier = startCourier({
    carrier: {
      ...{ batch: 1, collectMs: 0, everyMs: 0, test: async () => "" },
      async send([event]) {
        expect(++atOnce).toBe(1);
        await new Promise(setImmediate);
        atOnce--;
        sent.push(event?.id ?? "");
      },
    },
    clock: systemClock,
    logger: pino({ level: "silent" }),
    startRev: 3,
    limits: { retryFirstMs: 1, retryLastMs: 1, logEntries: 10 },
    async steps() {
      if (++reads < 3) throw new Error("the store is busy");
      return [{ entry, alert }];
    },
    headRev: () => 7,
    accepts: () => true,
    eventOf: (step) => ({ id: `${step.alertId}:${step.rev}` }) as AlertEvent,
    keepPosition: async () => {},
  });
  await expect.poll(() => courier.status.rev).toBe(7);
  for (let i = 0; i < 10; i++) courier.wake();
  await courier.stop();
  expect(sent).toEqual([`${alert.id}:7`]);
});

test("a sealed secret opens with its pepper only", () => {
  const sealer = createSealer(Buffer.alloc(32, 1));
  const sealed = sealer.seal("a secret");
  expect(sealed).not.toContain(Buffer.from("a secret").toString("base64").slice(0, 6));
  expect(sealer.open(sealed)).toBe("a secret");
  expect(() => createSealer(Buffer.alloc(32, 2)).open(sealed)).toThrow();
  expect(() => sealer.open(`${sealed.slice(0, -4)}AAA=`)).toThrow();
});

test("signatures as the standard's own example has them", () => {
  const headers = signedHeaders(
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1_614_265_330_000,
    '{"test": 2432232314}',
  );
  expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});
