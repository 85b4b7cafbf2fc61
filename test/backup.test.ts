import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import type { Alert } from "../src/domain/alert.ts";
import { MINUTE } from "../src/domain/time.ts";
import { connect } from "../src/stream/client.ts";
import type { StateFrame } from "../src/stream/protocol.ts";
import { type Login, registerBin, startCenterProcess } from "./support/center-process.ts";
import { kerbside } from "./support/command-line.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { freePort } from "./support/influx.ts";
import { ADMIN_TOKEN, startTestCenter } from "./support/running-center.ts";

// Each command is a process of its own: on a busy machine they take their time.
vi.setConfig({ testTimeout: 90_000 });

async function backedUp(data: string, to: string): Promise<{ folder: string; rows: number }> {
  const { out, error } = await kerbside("backup", "--data-dir", data, "--to", to);
  expect(error).toBe("");
  return JSON.parse(out) as { folder: string; rows: number };
}

const PLACE = { lat: 22.733, lon: 113.9033 };

describe("a backup", () => {
  test("under load has everything that was receipted before it began, and is another epoch when restored", async () => {
    using outside = temporaryDirectory();
    const data = join(outside.path, "restored");
    let folder = "";
    let before: string[] = [];
    let epoch = "";
    {
      await using center = await startTestCenter();
      epoch = center.center.store.restored.epoch;
      const receipted: string[] = [];
      const register = async () => {
        const id = `bin-${receipted.length}`;
        await center.rest("POST", "/devices", { id, kind: "bin", place: { lat: 22.733, lon: 113.9033 } });
        receipted.push(id);
      };
      for (let n = 0; n < 50; n++) await register();
      before = [...receipted];
      let copying = true;
      const load = (async () => {
        while (copying) await register();
      })();
      ({ folder } = await backedUp(center.directory, join(outside.path, "backups")).finally(() => {
        copying = false;
      }));
      await load;
      expect(receipted.length).toBeGreaterThan(before.length);
    }
    const restored = await kerbside("restore", folder, "--data-dir", data);
    expect(restored).toMatchObject({ code: 0, error: "" });
    await using center = await startTestCenter({ DATA_DIR: data });
    expect(center.center.store.restored.epoch).not.toBe(epoch);
    for (const id of before) expect(await center.rest("GET", `/devices/${id}`)).toMatchObject({ id });
    // A second time would overwrite what the new center knows by now.
    expect(await kerbside("restore", folder, "--data-dir", data)).toMatchObject({
      code: 1,
      error: expect.stringContaining("is not empty"),
    });
  });

  const ways = {
    async "a backup, restored"(data: string, outside: string, to: string) {
      const { folder } = await backedUp(data, join(outside, "backups"));
      return () => kerbside("restore", folder, "--data-dir", to);
    },
    async "an export, imported"(data: string, outside: string, to: string) {
      const file = join(outside, "center.ndjson");
      expect(await kerbside("export", "--data-dir", data, "--to", file)).toMatchObject({ code: 0 });
      return () => kerbside("import", file, "--data-dir", to);
    },
  };
  test.each(Object.entries(ways))("%s, has every message receipted before it, under ingest", async (_name, take) => {
    using outside = temporaryDirectory();
    const [data, restored] = [join(outside.path, "data"), join(outside.path, "restored")];
    const running = await startCenterProcess(data);
    const logins: Login[] = [];
    for (let n = 0; n < 4; n++) logins.push(await registerBin(running, `bin-${n}`));
    const began = Date.now() - 100 * MINUTE;
    /** Times whose receipt came, by device, in order. */
    const receipted = logins.map((): number[] => []);
    let going = true;
    const talking = logins.map(async (login, n) => {
      const device = await connectAsync(running.mqtt, login);
      for (let step = 0; going; step++) {
        const ts = began + step;
        const said = JSON.stringify({ ts, fillPct: step % 90 });
        await device.publishAsync(`kerbside/v1/bin/bin-${n}/telemetry`, said, { qos: 1 });
        receipted[n]?.push(ts);
      }
      await device.endAsync();
    });
    await expect
      .poll(() => Math.min(...receipted.map(({ length }) => length)), { timeout: 20_000 })
      .toBeGreaterThan(200);
    const before = receipted.map((times) => [...times]);
    const bringBack = await take(data, outside.path, restored);
    going = false;
    await Promise.all(talking);
    await running.stop("SIGKILL");
    expect(receipted.every((times, n) => times.length > (before[n]?.length ?? 0))).toBe(true);

    expect(await bringBack()).toMatchObject({ code: 0 });
    await using center = await startTestCenter({ DATA_DIR: restored });
    for (const [n, times] of before.entries()) {
      const span = `from=${began}&to=${Date.now()}&limit=100000`;
      type Series = { points: { at: number }[] };
      const { points } = await center.rest<Series>("GET", `/devices/bin-${n}/history?metric=fillPct&${span}`);
      expect(points.slice(0, times.length).map(({ at }) => at)).toEqual(times);
    }
  });

  test("that is restored makes a screen that knew more start anew, under the address it knows", async () => {
    using outside = temporaryDirectory();
    const [data, restored] = [join(outside.path, "data"), join(outside.path, "restored")];
    const port = { HTTP_PORT: String(await freePort()) };
    const frames: StateFrame[] = [];
    let client: ReturnType<typeof connect> | null = null;
    let view: ReturnType<typeof alertsOf> | null = null;
    const alertsOf = (own: ReturnType<typeof connect>) => own.subscribe("alerts", { filter: {} });
    const raise = (center: { rest: (...given: [string, string, object]) => Promise<unknown> }, id: string) =>
      center.rest("POST", "/alerts", { ruleId: "bin.disturbed", subject: { kind: "bin", id } }) as Promise<Alert>;
    let kept: Alert | null = null;
    {
      await using center = await startTestCenter({ DATA_DIR: data, ...port });
      for (const id of ["bin-1", "bin-2"]) await center.rest("POST", "/devices", { id, kind: "bin", place: PLACE });
      kept = await raise(center, "bin-1");
      const { folder } = await backedUp(data, join(outside.path, "backups"));
      client = connect({
        url: `${center.http.replace("http", "ws")}/api/v1/stream`,
        token: ADMIN_TOKEN,
        WebSocket: WebSocket as never,
        onFrame: (frame) => frames.push(frame),
      });
      view = alertsOf(client);
      const lost = await raise(center, "bin-2");
      await expect.poll(() => [...(view?.items.keys() ?? [])].sort()).toEqual([kept?.id, lost.id].sort());
      expect(await kerbside("restore", folder, "--data-dir", restored)).toMatchObject({ code: 0 });
    }
    const seen = frames.length;
    await using center = await startTestCenter({ DATA_DIR: restored, ...port });
    await expect.poll(() => [...(view?.items.keys() ?? [])], { timeout: 20_000 }).toEqual([kept?.id]);
    expect(frames.slice(seen).find(({ reset }) => reset)).toMatchObject({ since: 0, reset: "epoch" });
    // And from there on as ever.
    const next = await raise(center, "bin-2");
    await expect.poll(() => view?.items.has(next.id)).toBe(true);
    client?.close();
  });

  test("goes on when a picture is removed while it copies", async () => {
    using outside = temporaryDirectory();
    await using center = await startTestCenter();
    const pictures = join(center.directory, "pictures/ab");
    mkdirSync(pictures, { recursive: true });
    const [whole, gone] = ["c", "d"].map((letter) => `ab${letter.repeat(62)}.png`) as [string, string];
    writeFileSync(join(pictures, whole), "a picture");
    // Listed, but not there when it is read.
    symlinkSync(join(outside.path, "nowhere"), join(pictures, gone));
    const { folder } = await backedUp(center.directory, outside.path);
    expect(readdirSync(join(folder, "pictures/ab"))).toEqual([whole]);
  });

  test("that is damaged or changed is not restored", async () => {
    using outside = temporaryDirectory();
    await using center = await startTestCenter();
    const { folder } = await backedUp(center.directory, outside.path);
    const restore = () => kerbside("restore", folder, "--data-dir", join(outside.path, "restored"));
    const path = join(folder, "kerbside.db");
    const bytes = readFileSync(path);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 100] = (flipped[bytes.length - 100] as number) ^ 0xff;
    writeFileSync(path, flipped);
    expect(await restore()).toMatchObject({ code: 1, error: expect.stringContaining("its sum differs") });
    writeFileSync(path, bytes);
    rmSync(join(folder, "manifest.json"));
    expect(await restore()).toMatchObject({ code: 1, error: expect.stringContaining("is no backup") });
  });

  test("that cannot be written says why in one sentence, and leaves nothing behind", async () => {
    using outside = temporaryDirectory();
    await using center = await startTestCenter();
    const file = join(outside.path, "a-file");
    writeFileSync(file, "");
    const failed = await kerbside("backup", "--data-dir", center.directory, "--to", join(file, "backups"));
    expect(failed).toMatchObject({ code: 1, out: "" });
    expect(failed.error).toMatch(/^The backup cannot be written to .*a part of the path is a file.*\n$/);
    expect(await kerbside("backup", "--data-dir", outside.path)).toMatchObject({
      code: 1,
      error: expect.stringContaining("holds no kerbside.db"),
    });
    // Node's own way of making folders never comes back from there.
    const refused = await kerbside("backup", "--data-dir", center.directory, "--to", "/proc/backups");
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining("no such file or folder") });
  });
});
