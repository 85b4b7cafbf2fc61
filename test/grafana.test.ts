import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { MINUTE } from "../src/domain/time.ts";
import { startInflux, startVictoria } from "./support/influx.ts";
import { startTestCenter } from "./support/running-center.ts";

const root = join(import.meta.dirname, "..");
const yaml = (path: string): unknown => parse(readFileSync(join(root, path), "utf8"));

const source = z.object({ type: z.enum(["prometheus", "influxdb"]), uid: z.string() });
const target = z.object({
  refId: z.string(),
  datasource: source,
  expr: z.string().optional(),
  query: z.string().optional(),
});
const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number(),
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
      targets: z.array(target).min(1),
    }),
  ),
});
const sources = z.object({ datasources: z.array(z.object({ uid: z.string(), type: z.string(), url: z.url() })) });
const services = z.object({
  services: z.record(z.string(), z.object({ profiles: z.array(z.string()).optional() }).loose()),
});

const folder = join(root, "deploy/grafana/dashboards");
const boards = readdirSync(folder).map((file) => dashboard.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))));
const targets = boards.flatMap(({ panels }) => panels.flatMap((panel) => panel.targets));
const promQueries = targets.flatMap(({ expr }) => expr ?? []);
const influxQueries = targets.flatMap(({ query }) => query ?? []);

describe("Grafana", () => {
  test("has the sources that its dashboards name, at services of the compose file", () => {
    const given = sources.parse(yaml("deploy/grafana/provisioning/datasources/kerbside.yml")).datasources;
    const { services: known } = services.parse(yaml("docker-compose.yml"));
    for (const { url } of given) expect(Object.keys(known)).toContain(new URL(url).hostname);
    for (const { datasource } of targets) {
      expect(given.map(({ uid, type }) => ({ uid, type }))).toContainEqual(datasource);
    }
    expect(boards.map(({ uid }) => uid).sort()).toEqual(["kerbside-devices", "kerbside-ingest", "kerbside-operations"]);
    for (const { panels } of boards) expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const scrape = JSON.stringify(yaml("deploy/prometheus/prometheus.yml"));
    expect(scrape).toContain('"center:8080"');
  });

  test("asks for metrics that there are, in questions that a real server answers", async () => {
    await using influx = await startInflux();
    await using victoria = await startVictoria();
    await using center = await startTestCenter({ INFLUX_URL: influx.url, INFLUX_TOKEN: "x" });
    const text = await (await fetch(`${center.http}/metrics`)).text();
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    for (const expr of promQueries) {
      const names = expr.match(/\b(?:kerbside|nodejs|process)_\w+/g) ?? [];
      expect(names.length, expr).toBeGreaterThan(0);
      for (const name of names) expect(known, expr).toContain(name);
      const answer = await fetch(`${victoria.url}/api/v1/query?query=${encodeURIComponent(expr)}`);
      expect(await answer.json(), expr).toMatchObject({ status: "success" });
    }
  });

  test("asks InfluxDB what it has: every question finds what a center has sent", async () => {
    await using influx = await startInflux();
    await using center = await startTestCenter({
      INFLUX_URL: influx.url,
      INFLUX_TOKEN: "x",
      INFLUX_EVERY_MS: "10",
      INFLUX_KPI_SECONDS: "0",
    });
    const place = { lat: 22.733, lon: 113.9033 };
    await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
    await center.rest("POST", "/devices", { id: "vehicle-1", kind: "vehicle" });
    const now = Date.now();
    await center.center.operate((_now, changes) => {
      const reading = { at: now - MINUTE, receivedAt: now };
      changes.readings.append({ ...reading, device: 1, key: 1, metrics: { fillPct: 40 } });
      changes.readings.append({ ...reading, device: 2, key: 2, metrics: { speedKmh: 12 } });
      const event = { type: "card", code: "x" } as const;
      changes.readings.append({ ...reading, device: 1, key: 3, at: now - 2 * MINUTE, metrics: {}, event });
    });
    const dumped = { ruleId: "street.illegal_dumping", place, note: "a heap" };
    const { id } = await center.rest<{ id: string }>("POST", "/alerts", dumped);
    const steps = [
      ["acknowledge", {}],
      ["dispatch", { crewId: "crew-3" }],
      ["accept", {}],
      ["arrive", {}],
      ["handle", { note: "removed", evidence: { picture: "p-1" } }],
      ["verify", {}],
      ["close", {}],
    ] as const;
    for (const [action, body] of steps) await center.rest("POST", `/alerts/${id}/${action}`, body);
    const since = now - 60 * MINUTE;
    for (const query of influxQueries) {
      const asked = query
        .replaceAll("$timeFilter", `time >= ${since}ms AND time <= ${now + 60 * MINUTE}ms`)
        .replaceAll("$__interval", "1m");
      expect(asked).not.toContain("$");
      // The follower is behind by some milliseconds: asked until it has come.
      await expect
        .poll(async () => (await influx.query(asked)).length, { timeout: 10_000, message: query })
        .toBeGreaterThan(0);
    }
    expect(influxQueries.length).toBeGreaterThan(0);
  });
});
