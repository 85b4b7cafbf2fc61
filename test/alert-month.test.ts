import { beforeAll, describe, expect, test } from "vitest";
import { createMonth, type ProblemClass } from "../bench/alert-month.ts";
import { byCatalogue, byThreshold } from "../bench/alert-rules.ts";
import { type Quality, score, total } from "../bench/alert-score.ts";

/** Nine days of the labelled month that `npm run bench -- alerts` measures, with one failure of the gateway. */
describe("over labelled days", () => {
  let own: Map<ProblemClass, Quality>;
  let plain: Map<ProblemClass, Quality>;

  beforeAll(() => {
    const month = createMonth({ seed: 1, days: 9, points: 20, blindSpots: 6, vehicles: 2 });
    own = score(month.problems, byCatalogue(month).raised);
    plain = score(month.problems, byThreshold(month));
  }, 60_000);

  const of = (kind: ProblemClass) => ({ own: own.get(kind) as Quality, plain: plain.get(kind) as Quality });
  const precision = ({ right, alerts }: Quality) => right / alerts;

  test("hardly anything is missed", () => {
    const { problems, found } = total(own.values());
    expect(problems).toBeGreaterThan(150);
    expect(found / problems).toBeGreaterThan(0.96);
  });

  test("one problem is one alert", () => {
    const { duplicates, found } = total(own.values());
    expect(duplicates / found).toBeLessThan(0.05);
    expect(total(plain.values()).duplicates / found).toBeGreaterThan(1);
  });

  test("full bins: most alerts are right, a tenth of what a plain rule wakes people with is wrong", () => {
    const { own: ours, plain: theirs } = of("overflow");
    expect(precision(ours)).toBeGreaterThan(0.75);
    expect(precision(ours)).toBeGreaterThan(precision(theirs));
    expect(ours.wrong * 10).toBeLessThan(theirs.wrong);
    expect(ours.delayMinutes).toBeLessThan(30);
  });

  test("speeds that a jumping position made are nobody's", () => {
    expect(of("overspeed").own.wrong).toBe(0);
    expect(of("overspeed").plain.wrong).toBeGreaterThan(0);
  });

  test("a failed gateway is one alert, and later outages ring again", () => {
    expect(of("offline").own.found).toBe(of("offline").own.problems);
    expect(of("offline").own.duplicates).toBeLessThanOrEqual(1);
    expect(of("offline").plain.duplicates).toBeGreaterThan(20);
  });

  test("stuck sensors are found, which no threshold can", () => {
    expect(of("stuck").own.found).toBeGreaterThan(0);
    expect(of("stuck").plain.found).toBe(0);
  });
});
