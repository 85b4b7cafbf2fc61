import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createDecoder } from "../devices/index.ts";
import { checkMapping } from "../devices/mapping/check.ts";
import { tryMapping } from "../devices/mapping/try.ts";
import type { AlertAction } from "../src/alerts/alerting.ts";
import { nextState, transitions } from "../src/alerts/lifecycle.ts";
import { actionBody } from "../src/api/alerts.ts";
import { influxHealth } from "../src/api/influx.ts";
import { wallOrderShape } from "../src/api/walls.ts";
import { settings } from "../src/config.ts";
import { readFeatures } from "../src/district/read.ts";
import { alertStates, finalStates } from "../src/domain/alert.ts";
import { metricNames } from "../src/domain/metrics.ts";
import { systemActor } from "../src/domain/roles.ts";
import { unknown } from "../src/forecast/forecast.ts";
import { unfollowed } from "../src/influx/following.ts";
import { kpiCatalogue } from "../src/kpi/catalogue.ts";
import { wasteLedger } from "../src/operations/waste-ledger.ts";
import { outputShape } from "../src/outputs/output-shape.ts";
import { alertFilter, cellFilter, clientFrame, crewFilter, deviceFilter, wallFilter } from "../src/stream/protocol.ts";
import { alertOf } from "./support/store.ts";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
const examples = [...read("docs/protocol.md").matchAll(/```json (\S+) ?(\S*)\n([\s\S]*?)```/g)].map(
  ([, kind = "", topic = "", body = ""]) => ({ kind, topic, body }),
);

const filters: Readonly<Record<string, { parse(filter: unknown): unknown }>> = {
  alerts: alertFilter,
  devices: deviceFilter,
  marks: deviceFilter,
  cells: cellFilter,
  crews: crewFilter,
  walls: wallFilter,
};

describe("docs/protocol.md", () => {
  test("has examples of every sort", () => {
    expect(new Set(examples.map(({ kind }) => kind))).toEqual(
      new Set([
        "mqtt",
        "client-frame",
        "server-frame",
        "problem",
        "alert",
        "action",
        "forecast",
        "kpi",
        "waste-vehicle",
        "latest",
        "mapping",
        "output",
        "influx",
        "wall-order",
        "feature",
        "export",
      ]),
    );
  });

  test.for(examples.map((example, i) => [`${i} ${example.kind} ${example.topic}`, example] as const))(
    "%s",
    ([, { kind, topic, body }]) => {
      const value = JSON.parse(body);
      if (kind === "mqtt") {
        const decoded = createDecoder().decode(topic, new TextEncoder().encode(body), Date.now());
        expect(decoded).not.toHaveProperty("refused");
        expect("observations" in decoded && decoded.observations.length).toBeGreaterThan(0);
      } else if (kind === "client-frame") {
        const frame = clientFrame.parse(value);
        if (frame.type === "subscribe") filters[frame.topic]?.parse(frame.filter ?? {});
      } else if (kind === "alert") {
        expect(Object.keys(value).sort()).toEqual([...Object.keys(alertOf({})), "subjectName"].sort());
        expect(alertStates).toContain(value.state);
      } else if (kind === "action") {
        const action = topic as AlertAction;
        const [state = "open"] = transitions[action].from;
        expect(actionBody.parse(value)).toEqual(value);
        expect(nextState(alertOf({ state }), action, value, systemActor, 0)).toBe(transitions[action].to ?? state);
      } else if (kind === "waste-vehicle") {
        const load = { step: "taken", at: 0, kg: 1, count: 1, stream: "food", placeId: "p", vehicleId: "v" } as const;
        const [account] = wasteLedger([{ ...load, lat: null, lon: null }], 0).vehicles;
        expect(Object.keys(value).sort()).toEqual(Object.keys(account ?? {}).sort());
      } else if (kind === "feature") {
        expect(readFeatures({ type: "FeatureCollection", features: [value] }).issues).toEqual([]);
      } else if (kind === "mapping") {
        const checked = checkMapping(value);
        if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
        const tried = tryMapping(checked.mapping, Date.now());
        for (const sample of checked.mapping.samples)
          expect(tried(sample.topic, sample.payload)).toMatchObject({ sound: true });
      } else if (kind === "output") {
        outputShape.parse(value);
      } else if (kind === "kpi") {
        expect(kpiCatalogue.map(({ id }) => id)).toContain(value.id);
        expect(Object.keys(value)).toEqual(["id", "from", "to", "group", "value", "numerator", "denominator"]);
      } else if (kind === "forecast") {
        expect(Object.keys(value).sort()).toEqual(Object.keys(unknown("loading", null)).sort());
      } else if (kind === "latest") {
        expect(metricNames).toContain(value.metric);
        expect(value.items.length).toBeLessThanOrEqual(value.asked);
      } else if (kind === "influx") {
        expect(Object.keys(value)).toEqual(Object.keys(influxHealth({ status: unfollowed }, 0)));
      } else if (kind === "wall-order") {
        expect(wallOrderShape.parse(value)).toMatchObject(value);
      } else if (kind === "export") {
        // test/moving.test.ts imports them, one after the other.
        expect(Object.keys(value)).toHaveLength(1);
      } else if (kind === "problem") {
        expect(value).toMatchObject({
          status: expect.any(Number),
          code: expect.any(String),
          detail: expect.any(String),
        });
      } else {
        expect(["hello", "state", "replay", "error"]).toContain(value.type);
      }
    },
  );
});

test("the table of actions is the lifecycle's own", () => {
  const rows = [
    ...read("docs/protocol.md").matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| (\w+) \| ([^|]+) \|[^|]+\|$/gm),
  ].filter(([, action = ""]) => action in transitions);
  expect(rows.map(([, action]) => action)).toEqual(Object.keys(transitions));
  const standing = alertStates.filter((state) => !finalStates.has(state));
  for (const [, action, from = "", to = "", role, needs = ""] of rows) {
    const { from: allowed, ...rest } = transitions[action as AlertAction];
    expect([action, from.trim() === "any" ? standing : from.trim().split(", ")]).toEqual([action, [...allowed]]);
    const fields = [...needs.matchAll(/`(\w+)`/g)].map(([, field]) => field as string);
    const [first] = fields;
    expect([action, { to: to.trim() === "–" ? null : to.trim(), role }]).toEqual([
      action,
      { to: rest.to, role: rest.role },
    ]);
    expect([action, fields]).toEqual([action, rest.needs === undefined ? [] : [rest.needs].flat()]);
    if (first && fields.length > 1) expect([action, needs.includes(" and ")]).toEqual([action, rest.all === true]);
  }
});

test("every setting the documents name exists", () => {
  const named = new Set(
    [
      ...`${read("README.md")}${read("docs/operations.md")}${read("docs/protocol.md")}${read("docs/decisions/0005-time.md")}`.matchAll(
        /`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g,
      ),
    ].map(([, name]) => name as string),
  );
  named.delete("NAME_FILE");
  for (const name of named) expect(Object.keys(settings)).toContain(name);
});
