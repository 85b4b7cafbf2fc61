import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test, vi } from "vitest";
import { nearest } from "../src/cli/nearest.ts";
import { startCenterProcess } from "./support/center-process.ts";
import { kerbside, kerbsideWith } from "./support/command-line.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";
import { batchOf, openTestStore, T0 } from "./support/store.ts";

// Each command is a process of its own: on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000 });

describe("the command line", () => {
  test("lists its commands, and helps with each", async () => {
    const { out } = await kerbside("--help");
    expect((await kerbside()).out).toBe(out);
    const names = [...out.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name as string);
    expect(names).toEqual(expect.arrayContaining(["serve", "backup", "restore", "export", "import"]));
    for (const name of names) {
      const help = await kerbside(name, "--help");
      expect(help).toMatchObject({ code: 0, error: "" });
      expect(help.out).toContain(`Usage: kerbside ${name}`);
      if (["simulate", "replay"].includes(name)) continue;
      for (const line of help.out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(140);
    }
    expect((await kerbside("help", "backup")).out).toBe((await kerbside("backup", "--help")).out);
  });

  test("names what it does not know, and what was probably meant, with exit code 2", async () => {
    const cases = [
      [["bakcup"], /no command "bakcup". Did you mean backup\?/],
      [["dance"], /no command "dance". kerbside help lists them/],
      [["backup", "--data-dri", "x"], /no option "--data-dri". Did you mean --data-dir\?/],
      [["export", "--colour", "x"], /no option "--colour". kerbside export --help lists them/],
      [["backup", "--to"], /--to/],
      [["restore"], /Name one backup/],
    ] as const;
    for (const [given, why] of cases) {
      expect(await kerbside(...given)).toMatchObject({ code: 2, out: "", error: expect.stringMatching(why) });
    }
  });

  test("takes a slip of the finger for what was meant, and nothing else", () => {
    expect(nearest("improt", ["export", "import", "serve"])).toBe("import");
    expect(nearest("expo", ["export", "import"])).toBe("export");
    expect(nearest("lsit", ["list", "revoke"])).toBe("list");
    expect(nearest("xyz", ["export", "import"])).toBeNull();
  });
});

test("kerbside serve says why it cannot start, also where no folder can be made", async () => {
  const environment = { DATA_DIR: "/proc/kerbside", HTTP_PORT: "0", MQTT_PORT: "0" };
  expect(await kerbsideWith({ environment }, "serve")).toMatchObject({
    code: 1,
    error: expect.stringMatching(/^Kerbside cannot start: .*\/proc\/kerbside/),
  });
});

test("a second center is kept out of a folder, until the first has ended, however it ends", async () => {
  using directory = temporaryDirectory();
  const environment = { DATA_DIR: directory.path, HTTP_PORT: "0", MQTT_PORT: "0" };
  const first = await startCenterProcess(directory.path);
  expect(await kerbsideWith({ environment }, "serve")).toMatchObject({
    code: 1,
    error: expect.stringMatching(
      /another center runs on the data in .*: stop it, or give this one a DATA_DIR of its own/,
    ),
  });
  expect(await first.rest("GET", "/me")).toMatchObject({ role: "admin" });
  await first.stop("SIGKILL");
  const second = await startCenterProcess(directory.path);
  expect(await second.stop("SIGTERM")).toBe(0);
});

describe("kerbside check", () => {
  test("finds a sound center sound, running or not, and says what it looked at", async () => {
    using directory = temporaryDirectory();
    const fresh = await kerbside("check", "--data-dir", join(directory.path, "none"));
    expect(fresh).toMatchObject({ code: 0, error: "" });
    await using center = await startTestCenter();
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place: { lat: 22.733, lon: 113.9033 } });
    const running = await kerbside("check", "--data-dir", center.directory);
    expect(running).toMatchObject({ code: 0, error: "" });
    for (const what of ["settings", "district", "data", "version", "database", "log", "audit", "pepper", "disk"]) {
      expect(running.out).toMatch(new RegExp(`^well {3}${what}`, "m"));
    }
  });

  test("lists everything that is wrong, and ends with 1", async () => {
    using directory = temporaryDirectory();
    const data = join(directory.path, "data");
    {
      await using store = await openTestStore(data);
      await store.commit(
        batchOf([{ device: 1, at: T0, receivedAt: T0, key: 1, metrics: { fillPct: 1 } }], {
          audit: ["a", "b", "c"].map((target) => ({ at: T0, actor: "x", action: "look", target, details: null })),
        }),
      );
      await store.pack();
    }
    {
      using database = new DatabaseSync(join(data, "kerbside.db"));
      database.exec(`DROP TRIGGER audit_update; UPDATE audit SET target = 'z' WHERE id = 2;
        UPDATE chunk SET body = x'00';
        INSERT INTO device (id, number, body) VALUES ('bin-1', 1, '{}')`);
    }
    const district = join(directory.path, "district.geojson");
    writeFileSync(district, JSON.stringify({ type: "FeatureCollection", features: [{ type: "Feature" }] }));
    const environment = { DISTRICT: district, HTTP_PORT: "many", DISK_RESERVE_BYTES: "1e30", DATA_DIR: data };
    const { code, out } = await kerbsideWith({ environment }, "check", "--json");
    expect(code).toBe(1);
    const { sound, findings } = JSON.parse(out) as { sound: boolean; findings: { what: string; problem: string }[] };
    expect(sound).toBe(false);
    const wrong = findings.filter(({ problem }) => problem !== null).map(({ what, problem }) => `${what}: ${problem}`);
    for (const named of [
      /^settings: HTTP_PORT/,
      /^district: .*1 problem/,
      /^packed readings: 1 of 1 cannot be read: device 1 on day/,
      /^audit: entry 2 does not follow/,
      /^pepper: .*is missing/,
    ]) {
      expect(wrong).toContainEqual(expect.stringMatching(named));
    }
  });

  test("sees damaged pages, a newer version, and a folder that cannot be", async () => {
    using directory = temporaryDirectory();
    const newer = join(directory.path, "newer");
    mkdirSync(newer);
    {
      using database = new DatabaseSync(join(newer, "kerbside.db"));
      database.exec("PRAGMA user_version = 9999");
    }
    expect(await kerbside("check", "--data-dir", newer)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^WRONG {2}version: it has version 9999/m),
    });
    const noise = join(directory.path, "noise");
    mkdirSync(noise);
    writeFileSync(join(noise, "kerbside.db"), "nothing of the kind ".repeat(500));
    expect(await kerbside("check", "--data-dir", noise)).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^WRONG {2}database: /m),
    });
    expect(await kerbside("check", "--data-dir", "/proc/kerbside")).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^WRONG {2}data: \/proc cannot be written to/m),
    });
  });
});

describe("the simulators on the command line", () => {
  test("are asked as by npm run simulate, and say as much", async () => {
    const list = await kerbside("simulate", "--list");
    expect(list).toMatchObject({ code: 0, out: expect.stringContaining("evening-peak") });
    expect((await kerbside("replay", "--help")).out).toContain("kerbside replay FILE");
    expect(await kerbside("replay")).toMatchObject({ code: 2, error: expect.stringContaining("Name what is to be") });
    expect(await kerbside("simulate", "--scenario", "none")).toMatchObject({
      code: 2,
      error: expect.stringContaining("there is no scenario none"),
    });
  });

  test("play a recorded file into a center of their own", async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, "tracks.csv");
    const rows = [0, 1, 2, 3].map((minute) => `v1,2026-11-02T08:0${minute}:00Z,22.73${minute},113.903`);
    writeFileSync(file, `id,time,lat,lon\n${rows.join("\n")}\n`);
    const played = await kerbside("replay", file, "--map", "kind=vehicle,id=id,ts=time,lat=lat,lon=lon");
    expect(played).toMatchObject({ code: 0, out: expect.stringMatching(/sent 4, receipted 4/) });
  });
});
