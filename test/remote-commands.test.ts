import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { describe, expect, test, vi } from "vitest";
import { MINUTE } from "../src/domain/time.ts";
import { type Ended, kerbsideWith } from "./support/command-line.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startInflux } from "./support/influx.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

// Each command is a process of its own: on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000 });

const place = { lat: 22.733, lon: 113.9033 };

/** The command line as the administrator of a center has it. */
const at =
  (center: TestCenter, environment: Record<string, string> = { KERBSIDE_TOKEN: ADMIN_TOKEN }) =>
  (...given: string[]): Promise<Ended> =>
    kerbsideWith({ environment: { KERBSIDE_URL: center.http, ...environment } }, ...given);
const json = <T>({ out }: Ended): T => JSON.parse(out) as T;
const status = async (center: TestCenter, token: string, path: string) =>
  (await fetch(`${center.http}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;

describe("kerbside token", () => {
  test("creates what opens as much as it says, lists it without its secret, and revokes it", async () => {
    await using center = await startTestCenter();
    const kerbside = at(center);
    const made = await kerbside("token", "create", "--name", "大屏", "--role", "viewer", "--community", "tianliao");
    expect(made).toMatchObject({ code: 0, error: expect.stringContaining("shown only this once") });
    const secret = made.out.trim();
    expect(await status(center, secret, "/alerts")).toBe(200);
    expect(await status(center, secret, "/tokens")).toBe(403);
    const listed = await kerbside("token", "list");
    expect(listed.out).not.toContain(secret);
    const lines = listed.out.trimEnd().split("\n");
    const own = lines.find((line) => line.includes("大屏")) as string;
    expect(own).toMatch(/viewer +tianliao .*never$/);
    // Wide letters do not push the columns apart.
    expect(own.indexOf("viewer") + 2).toBe((lines[0] as string).indexOf("ROLE"));
    const { id } = json<{ id: string; name: string }[]>(await kerbside("token", "list", "--json")).find(
      ({ name }) => name === "大屏",
    ) as { id: string };
    expect(await kerbside("token", "revoke", id)).toMatchObject({ code: 0, out: `Token ${id} is revoked.\n` });
    expect(await status(center, secret, "/alerts")).toBe(401);
    expect(await kerbside("token", "revoke", id)).toMatchObject({ code: 1, error: expect.stringContaining("(404)") });
    expect(await kerbside("token", "create", "--name", "x", "--role", "boss")).toMatchObject({ code: 2 });
  });

  test("takes its own token from the environment, a file or an option, and says what is missing or wrong", async () => {
    using directory = temporaryDirectory();
    await using center = await startTestCenter();
    const file = join(directory.path, "token");
    writeFileSync(file, `${ADMIN_TOKEN}\n`);
    const without = at(center, {});
    expect(await without("token", "list")).toMatchObject({ code: 1, error: expect.stringContaining("KERBSIDE_TOKEN") });
    for (const given of [
      ["--token", ADMIN_TOKEN],
      ["--token-file", file],
    ]) {
      expect(await without("token", "list", ...given)).toMatchObject({ code: 0, error: "" });
    }
    expect(await at(center, { KERBSIDE_TOKEN_FILE: file })("token", "list")).toMatchObject({ code: 0 });
    const wrong = await at(center, { KERBSIDE_TOKEN: "wrong" })("token", "list");
    expect(wrong).toMatchObject({ code: 1, error: expect.stringContaining("does not know this token") });
    const nobody = await at(center)("token", "list", "--url", "http://127.0.0.1:9");
    expect(nobody).toMatchObject({ code: 1, error: expect.stringMatching(/^The center at .*:9 does not answer/) });
  });

  test("lets an administrator in again who has lost every token, on the stopped center's data", async () => {
    using directory = temporaryDirectory();
    const data = join(directory.path, "data");
    const reset = (...more: string[]) => kerbsideWith({}, "token", "reset-admin", "--data-dir", data, ...more);
    let wall = "";
    {
      await using center = await startTestCenter({ DATA_DIR: data });
      wall = (await center.rest<{ token: string }>("POST", "/tokens", { name: "wall", role: "viewer" })).token;
      expect(await reset()).toMatchObject({ code: 1, out: "", error: expect.stringContaining("stop it first") });
    }
    const first = (await reset()).out.trim();
    const second = (await reset("--revoke-others")).out.trim();
    await using center = await startTestCenter({ DATA_DIR: data });
    expect(await status(center, second, "/tokens")).toBe(200);
    expect(await status(center, first, "/tokens")).toBe(401);
    expect(await status(center, wall, "/alerts")).toBe(401);
    const audit = await center.rest<{ items: object[] }>("GET", "/audit?action=token.reset");
    expect(audit.items).toMatchObject([
      { actor: "command line", details: { revoked: 3 } },
      { actor: "command line", details: { revoked: 0 } },
    ]);
  });
});

describe("kerbside device", () => {
  test("adds one that can log in with what is printed, lists, gives a new secret, removes", async () => {
    await using center = await startTestCenter();
    const kerbside = at(center);
    const given = ["--kind", "bin", "--at", "22.733,113.9033", "--alias", "eui:1", "--attribute", "emptyMm=1200"];
    const added = await kerbside("device", "add", "bin-7", ...given, "--name", "田寮");
    const login = (password: string) => connectAsync(center.mqtt as string, { username: "bin-7", password });
    await (await login(added.out.trim())).endAsync();
    expect(await center.rest("GET", "/devices/bin-7")).toMatchObject({
      name: "田寮",
      aliases: ["eui:1"],
      attributes: { emptyMm: 1200 },
      place,
    });
    expect((await kerbside("device", "list", "--kind", "bin")).out).toMatch(/^bin-7 +bin +田寮/m);
    expect(json(await kerbside("device", "list", "--kind", "camera", "--json"))).toEqual([]);
    const renewed = await kerbside("device", "secret", "bin-7");
    expect(renewed.out).not.toBe(added.out);
    await (await login(renewed.out.trim())).endAsync();
    expect(await kerbside("device", "remove", "bin-7")).toMatchObject({ code: 0 });
    await expect(center.rest("GET", "/devices/bin-7")).rejects.toThrow("404");
    expect(await kerbside("device", "add", "bin-8", "--kind", "bin", "--at", "22")).toMatchObject({ code: 2 });
    expect(await kerbside("device", "add", "bin-8", "--kind", "bni")).toMatchObject({ code: 1 });
    expect(await kerbside("device", "lsit")).toMatchObject({
      code: 2,
      error: expect.stringContaining("Did you mean list?"),
    });
  });

  test("imports a file, names the rows that do not fit, and keeps the logins where only their owner reads", async () => {
    using directory = temporaryDirectory();
    await using center = await startTestCenter();
    const kerbside = at(center);
    const [file, secrets] = [join(directory.path, "devices.csv"), join(directory.path, "logins")];
    writeFileSync(file, "id,kind,lat,lon\nbin-1,bin,22.7,113.9\nbin-2,nothing,22.7,113.9\n");
    const refused = await kerbside("device", "import", file);
    expect(refused).toMatchObject({ code: 1, out: "", error: expect.stringMatching(/row 2: kind/) });
    const taken = await kerbside("device", "import", file, "--partial", "--secrets", secrets);
    expect(taken).toMatchObject({ code: 0, out: "1 devices are new, 0 changed, 1 refused.\n" });
    expect(statSync(secrets).mode & 0o777).toBe(0o600);
    const [username = "", password = ""] = readFileSync(secrets, "utf8").trim().split(",");
    await (await connectAsync(center.mqtt as string, { username, password })).endAsync();
    // A second time would overwrite logins that nothing else knows.
    const again = await kerbside("device", "import", file, "--partial", "--secrets", secrets);
    expect(again).toMatchObject({ code: 1, error: expect.stringContaining("of that name already") });
  });
});

/** Half an hour of a bin that is full. */
async function fullBin(center: TestCenter): Promise<void> {
  await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
  const now = Date.now();
  await center.center.operate((_now, changes) => {
    for (let minute = 60; minute > 0; minute--) {
      const moment = { at: now - minute * MINUTE, receivedAt: now - minute * MINUTE };
      changes.readings.append({ device: 1, ...moment, key: minute, metrics: { fillPct: 97, tempC: minute } });
    }
  });
}

describe("kerbside backtest", () => {
  test("tells what a rule and a draft of it would have raised", async () => {
    using directory = temporaryDirectory();
    await using center = await startTestCenter();
    await fullBin(center);
    const kerbside = at(center);
    const told = await kerbside("backtest", "bin.overflow");
    expect(told).toMatchObject({ code: 0, error: "" });
    expect(told.out).toMatch(/^1 alerts .* from 60 observations\.\n\nOPENED.*\n.* bin-1 /);
    const rule = await center.rest("GET", "/rules/bin.overflow");
    const draft = join(directory.path, "draft.json");
    writeFileSync(draft, JSON.stringify(rule).replace('"set":95', '"set":98'));
    expect(readFileSync(draft, "utf8")).toContain('"set":98');
    expect(json(await kerbside("backtest", "bin.overflow", "--rule", draft, "--json"))).toMatchObject({ raised: 0 });
    expect(await kerbside("backtest", "no.rule")).toMatchObject({ code: 1, error: expect.stringContaining("(404)") });
  });
});

describe("kerbside influx", () => {
  test("fills a lost bucket again from the journal, and ends when it has everything", async () => {
    await using server = await startInflux();
    await using center = await startTestCenter({
      INFLUX_URL: server.url,
      INFLUX_TOKEN: "secret",
      INFLUX_ORG: "kerbside",
      INFLUX_BUCKET: "kerbside",
      INFLUX_EVERY_MS: "20",
    });
    await fullBin(center);
    const kerbside = at(center);
    const count = async () => Number((await server.query("SELECT count(tempC) FROM bin"))[0]?.[1] ?? 0);
    await expect.poll(count).toBe(60);
    await server.query("DROP MEASUREMENT bin").catch(() => {});
    await fetch(`${server.url}/query?db=kerbside&q=${encodeURIComponent("DROP MEASUREMENT bin")}`, { method: "POST" });
    expect(await count()).toBe(0);
    const rebuilt = await kerbside("influx", "rebuild", "--wait");
    expect(rebuilt).toMatchObject({ code: 0, out: expect.stringMatching(/^following: 0 s behind/) });
    expect(await count()).toBe(60);
    expect(json(await kerbside("influx", "status", "--json"))).toMatchObject({ state: "following", entries: 0 });
  });

  test("says that there is none", async () => {
    await using center = await startTestCenter();
    const none = await at(center)("influx", "status");
    expect(none).toMatchObject({ code: 1, error: expect.stringContaining("INFLUX_URL") });
    expect(await at(center)("influx", "rebuild")).toMatchObject({ code: 1, error: expect.stringContaining("(409)") });
  });
});
