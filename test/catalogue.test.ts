import { describe, expect, test } from "vitest";
import { catalogue } from "../src/alerts/catalogue.ts";
import { contradictionsIn } from "../src/alerts/contradictions.ts";
import type { Check, Rule } from "../src/alerts/rule.ts";
import { parseRule } from "../src/alerts/rulebook.ts";
import { kindNames } from "../src/domain/kinds.ts";
import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../src/domain/time.ts";
import { catalogueTable, type ExpectedRule } from "./support/catalogue-table.ts";

const foundByOperations = [
  "point.missed_collection",
  "vehicle.idle",
  "vehicle.not_on_duty",
  "person.absent",
  "person.off_post",
  "person.idle",
  "sweep.coverage_low",
  "task.overdue",
];

const units = [
  [DAY, "d"],
  [HOUR, "h"],
  [MINUTE, "m"],
] as const;
function shortly(ms: Millis): string {
  const [size, unit] = units.find(([size]) => ms > 0 && ms % size === 0) ?? [
    ms > 0 ? SECOND : MINUTE,
    ms > 0 ? "s" : "m",
  ];
  return `${ms / size}${unit}`;
}

function enough(wanted: Check["opens"] | null): string {
  if (!wanted) return "never";
  const { samples, spacingMs, withinMs, holdMs, heard } = wanted;
  const many = samples === undefined ? "" : `${samples}x${spacingMs ? `/${shortly(spacingMs)}` : ""}`;
  const dense = withinMs === undefined ? "" : ` in ${shortly(withinMs)}`;
  return [many + dense, holdMs === undefined ? "" : shortly(holdMs) + (heard ? ` heard ${heard}x` : "")]
    .filter((part) => part !== "")
    .join(" or ");
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(",");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name}:${plain(one)}`)
    .join(";");
}

function checkLine({ kinds, subtype, judge, opens, clears, frequent, groupMs, sighting, outliers }: Check): string {
  const { type, ...parameters } = judge;
  const values = Object.entries(parameters).map(([name, value]) =>
    name.endsWith("Ms") ? shortly(Number(value)) : plain(value),
  );
  const confirms = sighting?.confirms === null ? "a person confirms" : `confirms ${sighting?.confirms}`;
  return [
    `${kinds.length === kindNames.length ? "all" : kinds.join("+")}${subtype ? ` ${subtype}` : ""}: ${[type, ...values].join(" ")}`,
    enough(opens),
    enough(clears),
    ...(frequent ? [`level ${frequent.level} at ${frequent.times} in ${shortly(frequent.withinMs)}`] : []),
    ...(groupMs ? [`grouped ${shortly(groupMs)}`] : []),
    ...(sighting ? [confirms] : []),
    ...(outliers ? [`outliers ${outliers}`] : []),
  ].join("; ");
}

function inShort(rule: Rule): ExpectedRule {
  const targets = (rule.targets ?? [])
    .map(({ subtype, minutes, clock }) => `, ${subtype} ${minutes} ${clock}`)
    .join("");
  const upgrades = rule.upgrades?.map(({ level, areaGrade, hours, afterMs, attribute, fact }) =>
    [
      level,
      ...(areaGrade ? [`grade ${areaGrade}`] : []),
      ...(hours ? [`${hours.join("-")} h`] : []),
      ...(afterMs ? [`after ${shortly(afterMs)}`] : []),
      ...(attribute ? [attribute] : []),
      ...(fact ? [fact] : []),
    ].join(" "),
  );
  return {
    level: rule.level,
    target: rule.target && `${rule.target.minutes} ${rule.target.clock}${targets}`,
    codes: rule.matter
      .filter(({ standardRef }) => standardRef === "GB/T 47678.5-2026")
      .map(({ code }) => code)
      .join(" "),
    checks: rule.checks.map(checkLine),
    ...(upgrades && { upgrades }),
    ...(rule.quietMs !== undefined && { quiet: shortly(rule.quietMs) }),
    ...(rule.thresholds && { thresholds: rule.thresholds }),
    closes: rule.closesAfterMs === null ? "by a person" : `after ${shortly(rule.closesAfterMs)}`,
    enabled: rule.enabled,
  };
}

describe("the catalogue", () => {
  test.for(Object.keys(catalogueTable))("%s is as written", (id) => {
    const rule = catalogue.find((one) => one.id === id);
    expect(rule && inShort(rule)).toEqual(catalogueTable[id]);
  });

  test.for(catalogue)("$id can be read, opens and clears, and has a name in both languages", (rule) => {
    expect(contradictionsIn(rule)).toEqual([]);
    expect(parseRule(rule)).toMatchObject(rule);
    expect(rule.title.zh).toMatch(/\p{Script=Han}/u);
    expect(rule.title.en).not.toMatch(/\p{Script=Han}/u);
  });

  test("holds everything the center is to watch; what plans and rosters show is found by operations", () => {
    const ids = new Set(catalogue.map(({ id }) => id));
    const found = new Set(foundByOperations);
    expect(Object.keys(catalogueTable).filter((id) => !ids.has(id))).toEqual([]);
    expect([...ids].filter((id) => !(id in catalogueTable) && !found.has(id))).toEqual([]);
    expect(new Set([...Object.keys(catalogueTable), ...found]).size).toBe(41 + 9);
  });

  test("names each rule once", () => {
    expect(new Set(catalogue.map(({ id }) => id)).size).toBe(catalogue.length);
  });
});

describe("a rule that cannot be meant is refused with the element's name", () => {
  const overflow = catalogue.find(({ id }) => id === "bin.overflow") as Rule;
  const [sensor] = overflow.checks as [Check];
  const above = (set: number, reset: number, levels?: [number, 1 | 2 | 3 | 4][]): Check => ({
    ...sensor,
    judge: { type: "above", metric: "fillPct", set, reset, ...(levels && { levels }) },
  });
  const cases: readonly [why: string, change: Partial<Rule>, element: RegExp][] = [
    ["reset above set", { checks: [above(80, 90)] }, /checks\.0\.judge\.reset: 90 is above set 80/],
    ["a level that is never reached", { checks: [above(120, 90)] }, /checks\.0\.judge\.set: .*never open/],
    ["a level that is never left", { checks: [above(80, 0)] }, /checks\.0\.judge\.reset: .*never clear/],
    [
      "levels out of order",
      {
        checks: [
          above(80, 70, [
            [85, 2],
            [95, 1],
          ]),
        ],
      },
      /checks\.0\.judge\.levels\.1/,
    ],
    ["a level outside", { checks: [above(80, 70, [[60, 1]])] }, /checks\.0\.judge\.levels\.0: 60 lies outside/],
    ["nothing that clears", { checks: [{ ...sensor, clears: null }] }, /closesAfterMs: the rule can never clear/],
    [
      "an end for what has none",
      { checks: [{ ...sensor, judge: { type: "cardRead", codes: ["refused"] } }] },
      /checks\.0\.clears: what cardRead judges only happens/,
    ],
    [
      "an upgrade that is none",
      { upgrades: [{ level: 3, afterMs: HOUR }] },
      /upgrades\.0\.level: 3 is not graver than 3/,
    ],
    ["an upgrade without a condition", { upgrades: [{ level: 1 }] }, /upgrades\.0: it has no condition/],
    ["hours that are none", { upgrades: [{ level: 1, hours: [22, 7] }] }, /upgrades\.0\.hours/],
    [
      "a spacing longer than its window",
      { checks: [{ ...sensor, opens: { samples: 2, spacingMs: HOUR, withinMs: MINUTE } }] },
      /checks\.0\.opens\.withinMs/,
    ],
    ["a limit for nothing", { limits: [{ amount: 1, unit: "dutyHours", subtype: "smell" }] }, /limits\.0\.subtype/],
    ["a code it does not have", { checks: [{ ...sensor, code: "99999" }] }, /checks\.0\.code: 99999/],
  ];
  test.for(cases)("%s", ([, change, element]) => {
    expect(() => parseRule({ ...overflow, ...change })).toThrow(element);
  });
});
