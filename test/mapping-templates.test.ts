import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drivers } from "../devices/index.ts";
import { checkMapping, claimedBy } from "../devices/mapping/check.ts";
import { mappingTemplates } from "../devices/mapping/templates.ts";
import { tryMapping } from "../devices/mapping/try.ts";
import type { Detection, Observation } from "../src/domain/observation.ts";

const NOW = Date.UTC(2026, 4, 4, 4);

describe("templates of mappings", () => {
  test.for(mappingTemplates.map((mapping) => [mapping.id, mapping] as const))("%s reads its samples", ([, mapping]) => {
    expect(checkMapping(mapping)).toHaveProperty("mapping");
    expect(claimedBy(mapping, drivers)).toBeNull();
    const tried = tryMapping(mapping, NOW);
    expect(mapping.samples.length).toBeGreaterThan(0);
    for (const { topic, payload } of mapping.samples) {
      const trial = tried(topic, payload);
      expect(trial.problems).toEqual([]);
      expect(trial.observations.length).toBeGreaterThan(0);
      for (const observation of trial.observations) {
        expect(observation.at).toBeGreaterThan(NOW - 3_600_000);
        expect(observation.atSource).toBe("device");
      }
    }
  });
});

/** Recorded messages of others, where the folder is at hand: `KERBSIDE_SAMPLES=FOLDER npx vitest run …`. */
const recorded: readonly (readonly [string, string, string, string])[] = [
  ["nbiot-bins", "05-sensoneo-cloud-measurement.json", "sensoneo-cloud", "sensoneo/a/measurements"],
  ["ai-box", "01-bm-app-alarm.json", "bm-ai-box", "boxes/bm/a/alarm"],
  ["ai-box", "03-vias-bin-overflow.json", "vias", "vias/a/alarm"],
  ["ai-box", "05-xyxy-float-seconds.json", "algorithm-box", "boxes/algorithm/a/alarm"],
  ["ai-box", "06-cloud-camera-callback.json", "cloud-camera", "cloudcamera/a/callback"],
  ["ai-box", "07-telecom-vision-callback.json", "telecom-vision", "vaas/a/event"],
  ["weighing", "01-kitchen-waste-card-weigh.json", "card-scale", "scales/CK-0031/event"],
  ["weighing", "02-collection-offline-dto.json", "handheld-collection", "collection/a/records"],
];

interface Expected {
  readonly [key: string]: unknown;
  readonly bboxPx?: readonly Record<"x" | "y" | "w" | "h", number>[];
  readonly bbox?: Record<"x" | "y" | "w" | "h", number>;
  readonly fill?: Record<string, number | boolean>;
  readonly position?: { readonly lat: number; readonly lon: number };
}

/** What an observation says, in the words of the recordings. */
function said({ device, at, metrics, event, buffered }: Observation, expected: Expected): Record<string, unknown> {
  const seen = event?.type === "detection" ? (event as Detection) : undefined;
  const details = event && "details" in event ? event.details : undefined;
  const named =
    expected.channel === undefined ? expected.device : [expected.device, expected.channel].filter(Boolean).join("/");
  return {
    device: device.replace(/^\w+:/, "") === named ? expected.device : device,
    channel: expected.channel,
    observedAt: at,
    eventId: seen?.eventId,
    label: expected.label === "binOverflow" ? seen?.category : seen?.label,
    labelText: details?.eventName,
    score: seen?.confidence ?? null,
    imageUrl: seen?.snapshotUrl,
    gbId: details?.gbId,
    cardId: details?.cardId,
    seq: Number(details?.seq),
    netKg: metrics.weightKg,
    grossKg: metrics.grossKg,
    tareKg: metrics.tareKg,
    binTag: details?.binTag,
    vehicle: details?.vehicle,
    worker: details?.worker,
    buffered,
  };
}

const fillNames = {
  fillPct: "fillPct",
  tilted: "tilted",
  temperatureC: "tempC",
  batteryV: "batteryV",
  fireAlarm: "smoke",
} as const;
const NOT_KEPT = new Set(["kind", "observedAtSource", "fill", "position", "bbox", "bboxPx", "prediction", "image"]);
const root = process.env.KERBSIDE_SAMPLES;

describe.runIf(root !== undefined && existsSync(root))("recorded messages", () => {
  test.for(recorded)("%s/%s", ([folder, file, id, topic]) => {
    const mapping = mappingTemplates.find((each) => each.id === id);
    if (!mapping || root === undefined) throw new Error(`no template ${id}`);
    const index = JSON.parse(readFileSync(join(root, folder, "index.json"), "utf8")) as {
      file: string;
      expected: Expected;
    }[];
    const expected = index.find((each) => each.file === file)?.expected as Expected;
    const trial = tryMapping(mapping, NOW)(topic, readFileSync(join(root, folder, file), "utf8"));
    expect(trial.problems).toEqual([]);
    const [first] = trial.observations as [Observation];
    const found = said(first, expected);
    for (const [key, wanted] of Object.entries(expected)) {
      if (NOT_KEPT.has(key)) continue;
      if (key === "observedAt")
        expect(Math.abs(Date.parse(String(wanted)) - Number(found[key]))).toBeLessThanOrEqual(1);
      else expect([key, found[key]]).toEqual([key, wanted]);
    }
    for (const [key, wanted] of Object.entries(expected.fill ?? {})) {
      expect([key, first.metrics[fillNames[key as keyof typeof fillNames]]]).toEqual([key, Number(wanted)]);
    }
    if (expected.position) expect(first.metrics).toMatchObject(expected.position);
    const boxes = expected.bboxPx ?? (expected.bbox ? [expected.bbox] : []);
    const [width, height] = expected.bboxPx ? [1_920, 1_080] : [1, 1];
    expect(trial.observations).toHaveLength(Math.max(1, boxes.length));
    for (const [i, { x, y, w, h }] of boxes.entries()) {
      const [left, top, wide, tall] = (trial.observations[i] as Observation & { event: Detection }).event.bbox ?? [];
      for (const [side, size, wanted] of [
        [left, width, x],
        [top, height, y],
        [wide, width, w],
        [tall, height, h],
      ]) {
        expect(Number(side) * Number(size)).toBeCloseTo(Number(wanted), 2);
      }
    }
  });
});
