import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecentKeys } from "../src/center/recent-keys.ts";
import { Revisions } from "../src/center/revisions.ts";

interface Item {
  readonly id: string;
  readonly rev: number;
  readonly value: number;
}

const operations = fc.array(
  fc.record({
    id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    value: fc.integer(),
    remove: fc.boolean(),
    look: fc.boolean(),
  }),
  { maxLength: 120 },
);

describe("Revisions", () => {
  test("what changed since n, folded onto what was known at n, is what is there now", () => {
    fc.assert(
      fc.property(operations, (steps) => {
        const revisions = new Revisions<Item>(100);
        const model = new Map<string, Item>();
        let client = new Map<string, Item>();
        let clientRev = 100;
        let rev = 100;
        for (const { id, value, remove, look } of steps) {
          rev++;
          if (remove) {
            model.delete(id);
            revisions.remove(id, rev);
          } else {
            const item = { id, rev, value };
            model.set(id, item);
            revisions.put(item);
          }
          if (!look) continue;
          client = new Map(client);
          revisions.since(
            clientRev,
            (item) => client.set(item.id, item),
            (gone) => client.delete(gone),
          );
          clientRev = revisions.head;
          expect(client).toEqual(model);
        }
        expect(revisions.size).toBe(model.size);
        expect(new Map([...revisions.values()].map((item) => [item.id, item]))).toEqual(model);
      }),
    );
  });

  test("says from which revision on its answer is complete once old tombstones are forgotten", () => {
    const revisions = new Revisions<Item>(0, 10);
    for (let i = 1; i <= 50; i++) revisions.put({ id: `x${i}`, rev: i, value: 0 });
    for (let i = 1; i <= 50; i++) revisions.remove(`x${i}`, 50 + i);
    expect(revisions.size).toBe(0);
    expect(revisions.floor).toBeGreaterThan(50);
    const gone: string[] = [];
    revisions.since(
      revisions.floor,
      () => expect.unreachable(),
      (id) => gone.push(id),
    );
    expect(gone).toHaveLength(100 - revisions.floor);
  });
});

describe("RecentKeys", () => {
  test("remembers exactly the last keys, however many came before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 0xffffffff }), { maxLength: 200 }),
        fc.integer({ min: 8, max: 64 }),
        (keys, limit) => {
          const recent = new RecentKeys(limit);
          for (const key of keys) recent.add(key);
          const expected = keys.slice(-limit).map((key) => key | 0);
          expect(recent.toArray().slice(-expected.length || undefined)).toEqual(expected.length ? expected : []);
          for (const key of keys.slice(-limit)) expect(recent.has(key)).toBe(true);
        },
      ),
    );
  });

  test("does not take the unused part of its memory for a key", () => {
    const recent = new RecentKeys(64);
    expect(recent.has(0)).toBe(false);
    recent.add(0);
    expect(recent.has(0)).toBe(true);
  });
});
