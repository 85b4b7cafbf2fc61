import { describe, expect, test } from "vitest";
import { createAttempts } from "../src/access/attempts.ts";
import { checkPassword } from "../src/access/password-rules.ts";
import { createPasswords } from "../src/access/passwords.ts";
import type { Problem } from "../src/domain/problem.ts";
import { HOUR, ManualClock, MINUTE, SECOND } from "../src/domain/time.ts";
import { connect } from "../src/stream/client.ts";
import type { AlertView } from "../src/stream/protocol.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

const START = 1_790_043_200_000;
const GIVEN = "river lantern oak seven";
const OWN = "copper thursday violin moss";

interface Session {
  readonly token: string;
  readonly may: readonly string[];
  readonly mustChangePassword: boolean;
}

async function call(center: TestCenter, token: string | null, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${center.http}/api/v1${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}
const logIn = (center: TestCenter, name: string, password: string) =>
  call(center, null, "POST", "/session", { name, password });

/** Somebody who has already chosen a password. */
async function employ(center: TestCenter, id: string, role: string, more: object = {}): Promise<string> {
  await center.rest("POST", "/people", { id, name: `Name of ${id}`, role, password: GIVEN, ...more });
  const first = (await logIn(center, id, GIVEN)).body as Session;
  const changed = await call(center, first.token, "PUT", "/session/password", { current: GIVEN, password: OWN });
  expect(changed.status).toBe(200);
  return (changed.body as Session).token;
}

describe("passwords", () => {
  test("a hash verifies its password only, in any spelling of the same letters, and is salted", async () => {
    const passwords = createPasswords({ atOnce: 2, waiting: 10 });
    const hash = await passwords.hash("Caf\u00e9 under the bridge");
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await passwords.verify("Cafe\u0301 under the bridge", hash)).toBe(true);
    expect(await passwords.verify("cafe under the bridge", hash)).toBe(false);
    expect(await passwords.verify("Caf\u00e9 under the bridge", null)).toBe(false);
    expect(await passwords.hash("Caf\u00e9 under the bridge")).not.toBe(hash);
    expect(passwords.isDated(hash)).toBe(false);
    expect(passwords.isDated(hash.replace("t=2", "t=1"))).toBe(true);
  });

  test("a flood of logins waits in a short queue and is then told so", async () => {
    const passwords = createPasswords({ atOnce: 1, waiting: 3 });
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => passwords.verify("x", null)));
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    for (const answer of answers)
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ status: 503 });
    expect(await passwords.verify("x", null)).toBe(false);
  });

  test.each([
    ["short", /at least 12/],
    ["password1234", /tried first/],
    ["P@ssw0rd!!!!!", /tried first|repeats/],
    ["qwertyuiop12", /keyboard|tried first/],
    ["123456789012", /keyboard|repeats/],
    ["aaaaaaaaaaaa", /repeats/],
    ["abcabcabcabcabc", /repeats/],
    ["1q2w3e4r5t6y", /keyboard|tried first/],
    ["wang.xiaoming1", /mostly a name/],
    ["x1y2".repeat(500), /at most/],
  ])("%s is refused", (password, why) => {
    expect(() => checkPassword(password, 12, ["wang.xiaoming", "Wang"])).toThrow(why);
  });

  test.each([GIVEN, OWN, "环卫 车辆 清晨 出发 第七 小队", "tr0ub4dor&3-on-a-wet-bench"])(
    "%s is accepted",
    (password) => {
      expect(() => checkPassword(password, 12, ["wang.xiaoming"])).not.toThrow();
    },
  );
});

describe("wrong passwords", () => {
  const limits = {
    failures: 3,
    lockMs: 10 * SECOND,
    lockMaxMs: 60 * SECOND,
    perAddress: 8,
    addressWindowMs: 5 * MINUTE,
  };
  const refusedFor = (run: () => void): number => {
    try {
      run();
    } catch (error) {
      return (error as Problem).extra.retryAfterSeconds as number;
    }
    return 0;
  };

  test("the wait grows, ends at its maximum, and is forgotten by the right password", () => {
    let now = START;
    const grown = createAttempts({ ...limits, perAddress: 1_000 });
    const seen: number[] = [];
    for (let i = 0; i < 7; i++) {
      grown.begin("wang", "a", now);
      seen.push(grown.lockedFor("wang", now));
      now += grown.lockedFor("wang", now) * SECOND;
    }
    expect(seen).toEqual([0, 0, 10, 20, 40, 60, 60]);
    grown.begin("wang", "a", now);
    grown.succeeded("wang", "a");
    expect(grown.lockedFor("wang", now)).toBe(0);
  });

  test("one address cannot try many accounts; a hundred guesses at once are a hundred guesses", () => {
    const attempts = createAttempts(limits);
    let refused = 0;
    for (let i = 0; i < 100; i++) if (refusedFor(() => attempts.begin(`name-${i}`, "10.0.0.1", START)) > 0) refused++;
    expect(refused).toBe(100 - limits.perAddress);
    expect(refusedFor(() => attempts.begin("name", "10.0.0.1", START + 5 * MINUTE))).toBe(0);
  });
});

describe("logging in", () => {
  test("a password that was given must be changed before anything else; the change ends every session", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/people", { id: "Wang", name: "王", role: "dispatcher", password: GIVEN });
    const first = await logIn(center, "wang", GIVEN);
    expect(first).toMatchObject({ status: 201, body: { login: "wang", mustChangePassword: true } });
    const { token } = first.body as Session;
    expect(await call(center, token, "GET", "/alerts")).toMatchObject({
      status: 403,
      body: { code: "passwordMustChange" },
    });
    expect((await call(center, token, "GET", "/session")).status).toBe(200);
    const change = (password: string, current = GIVEN) =>
      call(center, token, "PUT", "/session/password", { current, password });
    expect((await change(OWN, "not the password")).status).toBe(401);
    expect((await change("short")).status).toBe(400);
    expect((await change(GIVEN)).status).toBe(400);
    const changed = (await change(OWN)).body as Session;
    expect(changed.mustChangePassword).toBe(false);
    expect((await call(center, token, "GET", "/session")).status).toBe(401);
    expect((await call(center, changed.token, "GET", "/alerts")).status).toBe(200);
    expect((await logIn(center, "wang", GIVEN)).status).toBe(401);
    expect((await logIn(center, "wang", OWN)).status).toBe(201);
  });

  test("wrong name, wrong password and disabled account give one answer; then all are locked alike", async () => {
    await using center = await startTestCenter({ LOGIN_FAILURES: "2", LOGIN_FAILURES_PER_ADDRESS: "100" });
    await employ(center, "wang", "dispatcher");
    await employ(center, "left", "dispatcher");
    await center.rest("PATCH", "/people/left", { disabled: true });
    const answers = async (password: string) =>
      Promise.all(["wang", "nobody", "left"].map(async (name) => (await logIn(center, name, password)).body));
    const wrong = { status: 401, code: "badCredentials", detail: "name or password is wrong" };
    expect(await answers("wrong")).toEqual([1, 2, 3].map(() => expect.objectContaining(wrong)));
    expect((await logIn(center, "left", OWN)).status).toBe(401);
    expect((await logIn(center, "wang", "wrong")).status).toBe(401);
    expect((await logIn(center, "nobody", "wrong")).status).toBe(401);
    for (const name of ["wang", "nobody", "left"]) {
      expect(await logIn(center, name, OWN), name).toMatchObject({
        status: 429,
        body: { code: "tooManyAttempts", retryAfterSeconds: expect.any(Number) },
      });
    }
    await center.rest("PUT", "/people/wang/password", { password: GIVEN });
    expect((await logIn(center, "wang", GIVEN)).status).toBe(201);
    const { items } = await center.rest<{ items: { action: string; target: string }[] }>(
      "GET",
      "/audit?action=session.refuse",
    );
    expect(items.map(({ target }) => target).sort()).toEqual(["left", "left", "nobody", "nobody", "wang", "wang"]);
  });

  test("a session ends when idle, at its age, on logout; reading keeps none alive; the stream closes with it", async () => {
    const clock = new ManualClock(START);
    await using center = await startTestCenter({ SESSION_IDLE_MINUTES: "10", SESSION_HOURS: "1" }, { clock });
    await employ(center, "wang", "dispatcher");
    const begin = async () => ((await logIn(center, "wang", OWN)).body as Session).token;
    const alive = async (token: string) => (await call(center, token, "GET", "/session")).status === 200;

    const idle = await begin();
    const refused = new Promise<void>((done) => {
      const client = connect({
        url: `${center.http.replace("http", "ws")}/api/v1/stream`,
        token: idle,
        onStatus: (status) => {
          if (status === "live") clock.advanceTo(START + 9 * MINUTE);
          if (status === "refused") {
            client.close();
            done();
          }
        },
      });
    });
    await expect.poll(() => clock.now()).toBe(START + 9 * MINUTE);
    expect(await alive(idle)).toBe(true);
    clock.advanceTo(clock.now() + MINUTE);
    expect(await alive(idle)).toBe(false);
    await refused;

    const busy = await begin();
    for (let i = 0; i < 7; i++) {
      expect(await alive(busy), `after ${i * 9} minutes`).toBe(true);
      expect((await call(center, busy, "PUT", "/session")).status).toBe(204);
      clock.advanceTo(clock.now() + 9 * MINUTE);
    }
    expect(await alive(busy)).toBe(false);

    const left = await begin();
    expect((await call(center, left, "DELETE", "/session")).status).toBe(204);
    expect(await alive(left)).toBe(false);
  });

  test("sessions and accounts survive a restart; rights that are taken away end the sessions at once", async () => {
    using directory = temporaryDirectory();
    const before = await startTestCenter({ DATA_DIR: directory.path });
    const kept = await employ(before, "kept", "dispatcher");
    await before[Symbol.asyncDispose]();
    await using first = await startTestCenter({ DATA_DIR: directory.path });
    expect((await call(first, kept, "GET", "/alerts")).status).toBe(200);
    const token = await employ(first, "wang", "manager");
    expect((await call(first, token, "GET", "/audit")).status).toBe(200);
    await first.rest("PATCH", "/people/wang", { role: "dispatcher" });
    expect((await call(first, token, "GET", "/session")).status).toBe(401);
    const { body } = await logIn(first, "wang", OWN);
    expect((body as Session).may).not.toContain("readAudit");
    expect(JSON.stringify(await first.rest("GET", "/people"))).not.toContain("argon2");
    expect(await first.rest("DELETE", "/people/wang/sessions")).toEqual({ ended: 1 });
    await first.rest("DELETE", "/people/wang");
    expect((await logIn(first, "wang", OWN)).status).toBe(401);
  });
});

describe("a crew sees its own work only", () => {
  test("list, single, actions, pictures and stream; a report of its own is possible everywhere", async () => {
    await using center = await startTestCenter();
    const place = { lat: 22.733, lon: 113.9033 };
    const report = (id: string, ruleId = "street.exposed_garbage") =>
      center.rest<AlertView>("POST", "/alerts", { ruleId, subject: { kind: "spot", id }, place });
    const ours = await report("ours", "street.illegal_dumping");
    const theirs = await report("theirs", "street.stacked_goods");
    const personal = await report("personal", "street.vending");
    await center.rest("POST", `/alerts/${ours.id}/dispatch`, { crewId: "crew-1" });
    await center.rest("POST", `/alerts/${theirs.id}/dispatch`, { crewId: "crew-2" });
    await center.rest("POST", `/alerts/${personal.id}/dispatch`, { assignee: "user:li" });
    const token = await employ(center, "li", "crew", { crewId: "crew-1" });

    const listed = (await call(center, token, "GET", "/alerts?open=true")).body.items.map(({ id }: AlertView) => id);
    expect(listed.sort()).toEqual([ours.id, personal.id].sort());
    expect((await call(center, token, "GET", `/alerts/${theirs.id}`)).status).toBe(404);
    expect((await call(center, token, "POST", `/alerts/${theirs.id}/accept`, {})).status).toBe(404);
    expect((await call(center, token, "POST", `/alerts/${theirs.id}/comment`, { note: "x" })).status).toBe(404);
    const bulk = await call(center, token, "POST", "/alerts/bulk", {
      action: "accept",
      items: [{ id: ours.id }, { id: theirs.id }],
    });
    expect(bulk.body.items).toMatchObject([
      { id: ours.id, status: 200, state: "accepted" },
      { id: theirs.id, status: 404, code: "notFound" },
    ]);

    const client = connect({ url: `${center.http.replace("http", "ws")}/api/v1/stream`, token });
    const view = client.subscribe("alerts");
    await expect.poll(() => [...view.items.keys()].sort()).toEqual([ours.id, personal.id].sort());
    await center.rest("POST", `/alerts/${ours.id}/dispatch`, { crewId: "crew-2" });
    await expect.poll(() => [...view.items.keys()]).toEqual([personal.id]);
    const sos = await call(center, token, "POST", "/alerts", {
      ruleId: "help.sos",
      subject: { kind: "spot", id: "help-li" },
      place,
    });
    expect(sos.status).toBe(201);
    await expect.poll(() => [...view.items.keys()].sort()).toEqual([personal.id, sos.body.id].sort());
    client.close();
  });
});

describe("many at once, and taking back", () => {
  test("each item has its own result; the same key does nothing twice", async () => {
    await using center = await startTestCenter();
    const ids: string[] = [];
    for (const id of ["a", "b", "c"]) {
      await center.rest("POST", "/devices", { id, kind: "bin", place: { lat: 22.73, lon: 113.9 + ids.length / 100 } });
      const made = await center.rest<AlertView>("POST", "/alerts", {
        ruleId: "bin.overflow",
        subject: { kind: "bin", id },
      });
      ids.push(made.id);
    }
    await center.rest("POST", `/alerts/${ids[1]}/acknowledge`);
    const body = { action: "acknowledge", items: [...ids, "none"].map((id) => ({ id })) };
    const send = () => center.rest("POST", "/alerts/bulk", body, { "idempotency-key": "k" });
    const answer = await send();
    expect(answer).toMatchObject({
      items: [{ status: 200, state: "acknowledged" }, { status: 409, code: "state" }, { status: 200 }, { status: 404 }],
    });
    expect(await send()).toEqual(answer);
    const undone = await center.rest<AlertView>("POST", `/alerts/${ids[0]}/undo`);
    expect(undone.state).toBe("open");
    await expect(center.rest("POST", `/alerts/${ids[0]}/undo`)).rejects.toThrow(/nothingToUndo/);
    const other = await employ(center, "li", "dispatcher");
    expect(await call(center, other, "POST", `/alerts/${ids[2]}/undo`)).toMatchObject({ status: 409 });
  });

  test("only while nothing else has happened, and only for a while", async () => {
    const clock = new ManualClock(START);
    await using center = await startTestCenter({ UNDO_SECONDS: "60" }, { clock });
    await center.rest("POST", "/devices", { id: "a", kind: "bin", place: { lat: 22.73, lon: 113.9 } });
    const { id } = await center.rest<AlertView>("POST", "/alerts", {
      ruleId: "bin.overflow",
      subject: { kind: "bin", id: "a" },
    });
    const act = (action: string, body: object = {}) => center.rest<AlertView>("POST", `/alerts/${id}/${action}`, body);
    await act("acknowledge");
    await act("dispatch", { crewId: "crew-1" });
    expect(await act("undo")).toMatchObject({ state: "acknowledged", crewId: null });
    await act("shelve", { until: clock.now() + HOUR });
    expect(await act("undo")).toMatchObject({ shelvedUntil: null });
    await act("dispatch", { crewId: "crew-1" });
    await act("handle");
    await expect(act("undo")).rejects.toThrow(/nothingToUndo/);
    await act("verify");
    clock.advanceTo(clock.now() + 61 * SECOND);
    await expect(act("undo")).rejects.toThrow(/nothingToUndo/);
  });
});

describe("the change of shifts", () => {
  test("two signatures of two people over one state; it cannot be signed again", async () => {
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "a", kind: "bin", place: { lat: 22.73, lon: 113.9 } });
    await center.rest("POST", "/alerts", { ruleId: "bin.overflow", subject: { kind: "bin", id: "a" } });
    const outgoing = await employ(center, "wang", "dispatcher");
    await employ(center, "li", "dispatcher");
    await employ(center, "crewman", "crew", { crewId: "crew-1" });
    const draft = (await call(center, outgoing, "GET", "/handovers/draft")).body;
    expect(draft).toMatchObject({ open: 1, byState: { open: 1 }, byAge: { upTo30Minutes: 1 }, overdue: { count: 0 } });
    const made = (await call(center, outgoing, "POST", "/handovers", { notes: "灯坏了 <b>" })).body;
    expect(made).toMatchObject({ notes: "灯坏了 <b>", given: { by: "user:wang" }, taken: null });
    const take = (token: string, body: object = {}) => call(center, token, "POST", `/handovers/${made.id}/take`, body);
    expect(await take(outgoing)).toMatchObject({ status: 409, body: { code: "sameSignature" } });
    expect((await take(outgoing, { signature: { name: "li", password: "wrong" } })).status).toBe(401);
    expect((await take(outgoing, { signature: { name: "crewman", password: OWN } })).status).toBe(403);
    const taken = await take(outgoing, { signature: { name: "li", password: OWN }, note: "ok" });
    expect(taken).toMatchObject({ status: 200, body: { digest: made.digest, taken: { by: "user:li", note: "ok" } } });
    expect(await take(outgoing, { signature: { name: "li", password: OWN } })).toMatchObject({ status: 409 });
    const audit = await center.rest<{ items: { action: string; details: { digest?: string } }[] }>(
      "GET",
      `/audit?target=${made.id}`,
    );
    expect(audit.items.map(({ action }) => action)).toEqual(["handover.take", "handover.give"]);
    expect(audit.items[0]?.details.digest).toBe(made.digest);
    expect((await call(center, outgoing, "GET", "/handovers")).body.items).toEqual([taken.body]);
  });
});
