import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { connectAsync } from "mqtt";
import { describe, expect, test } from "vitest";
import { type Login, registerBin, startCenterProcess } from "./support/center-process.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { watchPower } from "./support/power.ts";

const CUTS = 6;
const TOPIC = "kerbside/v1/bin/bin-1/telemetry";

/** Writes rows and says of each one that it is safe, with whatever care the given mode takes. */
const CARELESS = `
  const { DatabaseSync } = require("node:sqlite");
  const database = new DatabaseSync(process.argv[1]);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE IF NOT EXISTS row (n INTEGER)");
  const insert = database.prepare("INSERT INTO row VALUES (?)");
  let n = 0;
  setInterval(() => { insert.run(n); process.stdout.write(n++ + "\\n"); }, 0);
`;

describe("a power cut", () => {
  test(`takes nothing that was receipted, ${CUTS} times; the database stays whole`, { timeout: 120_000 }, async () => {
    using place = temporaryDirectory();
    const directory = join(place.path, "data");
    mkdirSync(directory);
    const power = watchPower(directory, place.path);
    const startedAt = Date.now() - 3_600_000;
    const receipted = new Set<number>();
    let login: Login | null = null;
    let next = 0;
    for (let cut = 0; cut < CUTS; cut++) {
      const center = await startCenterProcess(directory, power.environment);
      login ??= await registerBin(center);
      const client = await connectAsync(center.mqtt, { ...login, reconnectPeriod: 0 });
      client.on("error", () => {});
      const gone = once(center.child, "exit");
      let count = 0;
      const killAfter = 20 + ((cut * 61) % 150);
      for (let i = 0; i < 300; i++) {
        const n = next++;
        client.publish(TOPIC, JSON.stringify({ ts: startedAt + n * 1_000, fillPct: 40 }), { qos: 1 }, (error) => {
          if (error) return;
          receipted.add(n);
          if (++count === killAfter) center.child.kill("SIGKILL");
        });
      }
      await gone;
      client.end(true);
      power.cut();
    }
    const center = await startCenterProcess(directory);
    const { points } = await center.rest<{ points: { at: number }[] }>(
      "GET",
      `/devices/bin-1/history?metric=fillPct&from=${startedAt}&to=${startedAt + next * 1_000 + 1}`,
    );
    const stored = new Set(points.map(({ at }) => (at - startedAt) / 1_000));
    expect(receipted.size).toBeGreaterThanOrEqual(CUTS * 20);
    expect([...receipted].filter((n) => !stored.has(n))).toEqual([]);
    expect(await center.stop()).toBe(0);
    const database = new DatabaseSync(join(directory, "kerbside.db"), { readOnly: true });
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    database.close();
  });

  test("is a real one: a writer that does not sync loses what it had confirmed", { timeout: 60_000 }, async () => {
    using place = temporaryDirectory();
    const directory = join(place.path, "data");
    mkdirSync(directory);
    const power = watchPower(directory, place.path);
    const path = join(directory, "careless.db");
    const writer = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "-e", CARELESS, path], {
      env: { ...process.env, ...power.environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let confirmed = -1;
    for await (const chunk of writer.stdout) {
      confirmed = Number(String(chunk).trim().split("\n").at(-1));
      if (confirmed >= 200) break;
    }
    writer.kill("SIGKILL");
    expect(power.cut()).toBeGreaterThan(0);
    const database = new DatabaseSync(path);
    const exists = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'row'").get();
    const kept = exists?.count ? Number(database.prepare("SELECT count(*) AS count FROM row").get()?.count) : 0;
    database.close();
    expect(kept).toBeLessThan(confirmed);
  });
});
