import { describe, expect, test } from "vitest";
import type { Changes } from "../src/center/changes.ts";
import { createLoop, type LoopParts } from "../src/center/loop.ts";
import { ManualClock } from "../src/domain/time.ts";
import type { CommitBatch } from "../src/store/batch.ts";

const START = 1_790_000_000_000;

/** A loop whose commits finish when the test says so. */
function startLoop(overrides: Partial<LoopParts> = {}) {
  const clock = new ManualClock(START);
  const commits: { finish: () => void; fail: (error: Error) => void }[] = [];
  const waiting: (() => void)[] = [];
  const applied: string[] = [];
  const loop = createLoop({
    clock,
    limits: { waitMs: 0, batchMessages: 3, queueMessages: 8, queueBytes: 1_000 },
    apply(message, now, changes) {
      applied.push(message.topic);
      changes.audit.push({ at: now, actor: "test", action: "message", target: message.topic, details: null });
    },
    tick: () => {},
    nextDueAt: () => null,
    complete: (changes: Changes) => ({ audit: changes.audit }) as unknown as CommitBatch,
    commit: () =>
      new Promise<void>((resolve, reject) => {
        commits.push({ finish: resolve, fail: reject });
        for (const listener of waiting.splice(0)) listener();
      }),
    committed: () => {},
    mayHeal: (error) => (error as Error).message === "disk full",
    fatal: (error) => {
      throw error;
    },
    ...overrides,
  });
  /** The next commit that is asked for. */
  const nextCommit = async () => {
    while (commits.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return commits.shift() as (typeof commits)[number];
  };
  const submit = (topic: string, settled: () => void = () => {}) =>
    loop.inbox.submit({ topic, payload: new Uint8Array(10), receivedAt: START, principal: null }, settled);
  return { loop, clock, applied, nextCommit, submit };
}

describe("the loop", () => {
  test("lets no receipt go before its commit, and lets them go in order", async () => {
    const { submit, nextCommit, loop } = startLoop();
    const settled: string[] = [];
    for (const topic of ["a", "b", "c", "d"]) submit(topic, () => settled.push(topic));
    const first = await nextCommit();
    expect(settled).toEqual([]);
    expect(loop.settled).toBe(false);
    first.finish();
    const second = await nextCommit();
    expect(settled).toEqual(["a", "b", "c"]);
    second.finish();
    await loop.idle();
    expect(settled).toEqual(["a", "b", "c", "d"]);
    expect(loop.settled).toBe(true);
  });

  test("forms the next batch from what arrives during a commit", async () => {
    const { submit, nextCommit, applied, loop } = startLoop();
    submit("first");
    const commit = await nextCommit();
    submit("second");
    submit("third");
    expect(applied).toEqual(["first"]);
    commit.finish();
    const next = await nextCommit();
    expect(applied).toEqual(["first", "second", "third"]);
    next.finish();
    await loop.idle();
    expect(loop.counters.batches).toBe(2);
  });

  test("keeps receipts back while the disk is full, says so, and heals by itself", async () => {
    const { submit, nextCommit, loop } = startLoop();
    let settled = false;
    submit("kept", () => {
      settled = true;
    });
    (await nextCommit()).fail(new Error("disk full"));
    const retry = await nextCommit();
    expect(loop.health.storeFailing).toEqual({ since: START, reason: "disk full" });
    expect(settled).toBe(false);
    retry.finish();
    await loop.idle();
    expect(settled).toBe(true);
    expect(loop.health.storeFailing).toBeNull();
  });

  test("ends the process on an error of its own making", async () => {
    let fatal: unknown = null;
    const done = Promise.withResolvers<void>();
    const { submit, nextCommit } = startLoop({
      fatal: (error) => {
        fatal = error;
        done.resolve();
      },
    });
    submit("x");
    (await nextCommit()).fail(new Error("two open alerts for one key"));
    await done.promise;
    expect((fatal as Error).message).toBe("two open alerts for one key");
  });

  test("tells doors to stop reading when too much is queued, and to go on when there is room", async () => {
    const { submit, nextCommit, loop } = startLoop();
    let relieved = 0;
    loop.inbox.onRelief(() => relieved++);
    submit("under way");
    const commit = await nextCommit();
    for (let i = 0; i < 8; i++) submit(`queued ${i}`);
    expect(loop.inbox.full).toBe(true);
    commit.finish();
    (await nextCommit()).finish();
    (await nextCommit()).finish();
    (await nextCommit()).finish();
    await loop.idle();
    expect(loop.inbox.full).toBe(false);
    expect(relieved).toBe(1);
  });

  test("answers an operation after its commit, and rejects one that throws without disturbing the batch", async () => {
    const { loop, nextCommit, submit } = startLoop();
    submit("a message");
    const refused = loop.operate(() => {
      throw new Error("not allowed");
    });
    let answered = false;
    const accepted = loop.operate((now, changes) => {
      changes.audit.push({ at: now, actor: "test", action: "operate", target: "x", details: null });
      return now;
    });
    void accepted.then(() => {
      answered = true;
    });
    refused.catch(() => {});
    const commit = await nextCommit();
    expect(answered).toBe(false);
    commit.finish();
    await expect(accepted).resolves.toBe(START);
    await expect(refused).rejects.toThrow("not allowed");
  });

  test("wakes for a deadline when a manual clock reaches it", async () => {
    const ticks: number[] = [];
    const clock = new ManualClock(START);
    const { loop } = startLoop({
      clock,
      tick: (now) => ticks.push(now),
      nextDueAt: () => START + 60_000,
    });
    clock.advanceTo(START + 60_000);
    await loop.operate(() => null);
    expect(ticks.at(-1)).toBe(START + 60_000);
  });
});
