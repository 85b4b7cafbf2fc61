import { describe, expect, it } from "vitest";
import { z } from "zod";
import { faultsOf, linesOf } from "../src/domain/faults.ts";

const linesFor = (shape: z.ZodType, value: unknown): string[] => {
  const parsed = shape.safeParse(value);
  return parsed.success ? [] : linesOf(faultsOf(parsed.error, "the record"));
};

describe("what does not fit, in words", () => {
  it("names every form that would do where a choice was offered", () => {
    const shape = z.object({ from: z.union([z.number(), z.string()]), level: z.union([z.literal(1), z.literal(2)]) });
    expect(linesFor(shape, { level: 7 })).toEqual(["from: must be number or string", "level: must be 1 or 2"]);
  });

  it("follows the form that came furthest, through choices within choices", () => {
    const inner = z.union([z.object({ metres: z.number() }), z.string()]);
    const shape = z.object({ where: z.union([z.boolean(), z.object({ circle: inner })]) });
    expect(linesFor(shape, { where: { circle: { metres: "ten" } } })).toEqual([
      "where.circle.metres: Invalid input: expected number, received string",
    ]);
  });

  it("says the whole when the value itself does not fit, and every fault of many", () => {
    expect(linesFor(z.object({}), 3)).toEqual(["the record: Invalid input: expected object, received number"]);
    expect(linesFor(z.object({ a: z.number(), b: z.number() }), {})).toHaveLength(2);
  });
});
