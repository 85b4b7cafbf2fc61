import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

let center: TestCenter;
beforeAll(async () => {
  center = await startTestCenter({ CLOCK_START: "2026-09-22T12:00:00+08:00" });
});
afterAll(() => center?.[Symbol.asyncDispose]());

async function csv(path: string, body: string) {
  const answer = await fetch(`${center.http}/api/v1${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "text/csv" },
    body,
  });
  return { status: answer.status, body: (await answer.json()) as { errors: { row: number; problem: string }[] } };
}

describe("what others reckon", () => {
  test("tickets come as the other system prints them and count when they are due", async () => {
    const head = "id,openedAt,dueAt,closedAt,communityId\n";
    const file = `${head}t-1,2026-09-22 06:00,2026-09-22 09:00,2026-09-22 08:00,tianliao\nt-2,2026-09-22T06:00:00+08:00,2026-09-22 10:00,,tianliao\n`;
    expect(await csv("/tickets/import", file)).toEqual({ status: 200, body: { imported: 2 } });
    // The same file again changes nothing.
    expect((await csv("/tickets/import", file)).status).toBe(200);
    const { items } = await center.rest<{ items: { id: string; numerator: number; denominator: number }[] }>(
      "GET",
      "/kpis?id=citizen.on_time",
    );
    expect(items).toMatchObject([{ id: "citizen.on_time", numerator: 1, denominator: 2, value: 50 }]);
  });

  test("a file with a bad row is refused as a whole, and the row is named", async () => {
    const { status, body } = await csv(
      "/tickets/import",
      "id,openedAt,dueAt\nt-3,2026-09-22 06:00,2026-09-22 05:00\nt-4,yesterday,2026-09-22 09:00\n",
    );
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([
      { row: 1, problem: expect.stringContaining("dueAt must not be before openedAt") },
      { row: 2, problem: expect.stringContaining("openedAt") },
    ]);
  });

  test("the city's index has its grade and its place types", async () => {
    const file = "period,index,rank,outOf,clean,placeType.market\n2026-Q2,91.2,12,74,92,88\n2026-Q1,86.9,40,74,,\n";
    expect(await csv("/city-index", file)).toEqual({ status: 200, body: { imported: 2 } });
    const { items } = await center.rest<{ items: object[] }>("GET", "/city-index");
    expect(items).toEqual([
      { period: "2026-Q2", index: 91.2, rank: 12, outOf: 74, clean: 92, byPlaceType: { market: 88 }, grade: "A" },
      { period: "2026-Q1", index: 86.9, rank: 40, outOf: 74, grade: "C" },
    ]);
    expect((await csv("/city-index", "period,index\n2026-Q5,90\n")).body.errors[0]?.problem).toContain("2026-Q3");
  });
});
