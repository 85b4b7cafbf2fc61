import { spawnSync } from "node:child_process";
import ExcelJS from "exceljs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOUR, ManualClock, MINUTE } from "../src/domain/time.ts";
import type { Report } from "../src/reports/report.ts";
import { ADMIN_TOKEN, startTestCenter, type TestCenter } from "./support/running-center.ts";

/** A Tuesday, 09:00 in Yutang. */
const START = Date.parse("2026-09-22T01:00:00Z");
const clock = new ManualClock(START);
let center: TestCenter;

beforeAll(async () => {
  center = await startTestCenter({}, { clock });
  for (let n = 0; n < 6; n++) {
    const subject = { kind: "bin", id: `bin-${n}` };
    await center.rest("POST", "/devices", { id: subject.id, kind: "bin", place: { lat: 22.71 + n / 200, lon: 113.9 } });
    const place = { lat: 22.71 + n / 200, lon: 113.9 };
    const { id } = await center.rest<{ id: string }>("POST", "/alerts", { ruleId: "bin.overflow", subject, place });
    clock.advanceTo(clock.now() + 10 * MINUTE);
    if (n % 2 === 0) await center.rest("POST", `/alerts/${id}/close`, { note: "emptied" });
    if (n === 5) await center.rest("POST", `/alerts/${id}/reject`, { note: "<img src=x onerror=alert(1)>" });
  }
});
afterAll(() => center?.[Symbol.asyncDispose]());

const get = async (path: string, token = ADMIN_TOKEN) => {
  const answer = await fetch(`${center.http}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { answer, body: Buffer.from(await answer.arrayBuffer()) };
};

describe("reports", () => {
  test("while the day goes on they are preliminary and follow it", async () => {
    const report = await center.rest<Report>("GET", "/reports/day-2026-09-22");
    expect(report).toMatchObject({ kind: "day", from: Date.parse("2026-09-21T21:00:00Z"), timeZone: "Asia/Shanghai" });
    const overflow = report.alerts.byRule.find(({ ruleId }) => ruleId === "bin.overflow");
    expect(overflow).toMatchObject({ opened: 6, closed: 3, falsePositive: 1 });
    expect(report.alerts.overTime).toHaveLength(24);
    expect(report.alerts.overTime.reduce((sum, { opened }) => sum + opened, 0)).toBe(report.alerts.opened);
    expect(report.frozenAt).toBe(null);
    const { items, running } = await center.rest<{ items: object[]; running: { id: string }[] }>("GET", "/reports");
    expect(items).toEqual([]);
    expect(running.map(({ id }) => id)).toEqual(["day-2026-09-22", "week-2026-09-21", "month-2026-09-01"]);
  });

  test("its figures are those that are asked for one by one", async () => {
    const report = await center.rest<Report>("GET", "/reports/day-2026-09-22");
    const { items } = await center.rest<{ items: { id: string; value: number | null }[] }>(
      "GET",
      `/kpis?from=${report.from}`,
    );
    const valuesOf = (figures: readonly { id: string; value: number | null }[]) =>
      Object.fromEntries(figures.map(({ id, value }) => [id, value]));
    expect(valuesOf(report.figures)).toEqual(valuesOf(items));
    expect(Object.values(valuesOf(items)).some((value) => value !== null)).toBe(true);
  });

  test("an hour after the day's end they are frozen: what comes later changes nothing", async () => {
    // The day is over, but what comes late still counts.
    clock.advanceTo(Date.parse("2026-09-22T21:30:00Z"));
    const { running } = await center.rest<{ running: { id: string }[] }>("GET", "/reports?kind=day");
    expect(running.map(({ id }) => id)).toEqual(["day-2026-09-23", "day-2026-09-22"]);
    expect(String((await get("/reports/day-2026-09-22?format=html&lang=en")).body)).toContain("late data still counts");
    clock.advanceTo(Date.parse("2026-09-22T22:30:00Z"));
    const frozen = await center.rest<Report>("GET", "/reports/day-2026-09-22");
    const { items: open } = await center.rest<{ items: { id: string }[] }>("GET", "/alerts?open=true");
    expect(frozen.frozenAt).toBe(clock.now());
    for (const { id } of open) await center.rest("POST", `/alerts/${id}/close`, { note: "late" });
    clock.advanceTo(clock.now() + HOUR);
    expect(await center.rest<Report>("GET", "/reports/day-2026-09-22")).toEqual(frozen);
    const { items } = await center.rest<{ items: { id: string }[] }>("GET", "/reports?kind=day");
    expect(items.map(({ id }) => id)).toEqual(["day-2026-09-22"]);
  });

  test("as a page: both languages, nothing that runs, whatever people wrote", async () => {
    for (const [lang, word] of [
      ["zh", "日报"],
      ["en", "Daily report"],
    ]) {
      const { answer, body } = await get(`/reports/day-2026-09-22?format=html&lang=${lang}`);
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
      const page = String(body);
      expect(page).toContain(word);
      expect(page).toContain("<svg");
      expect(page).not.toMatch(/<script|onerror|<img/);
    }
  });

  test("as PDF by the machine's Chromium, and as workbook with the same figures", { timeout: 90_000 }, async () => {
    const pdf = await get("/reports/day-2026-09-22?format=pdf");
    expect(pdf.answer.headers.get("content-type")).toBe("application/pdf");
    expect(pdf.body.subarray(0, 5).toString()).toBe("%PDF-");
    expect(spawnSync("chromium", ["--version"]).status).toBe(0);
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load((await get("/reports/day-2026-09-22?format=xlsx&lang=en")).body as never);
    const report = await center.rest<Report>("GET", "/reports/day-2026-09-22");
    expect(workbook.getWorksheet("Figures")?.rowCount).toBe(report.figures.length + 1);
    expect(workbook.getWorksheet("Alerts")?.getCell("B2").value).toBe(report.alerts.byRule[0]?.opened);
  });

  test("figures are told apart as the reader wants it, under the names people know", async () => {
    const page = async (more: string) => String((await get(`/reports/day-2026-09-22?format=html&${more}`)).body);
    expect(await page("lang=zh")).toMatch(/按社区[\s\S]*<td>\S+社区<\/td>/);
    const lines = await page("lang=en&groupBy=line");
    expect(lines).toMatch(/By business line[\s\S]*<td>Sweeping and cleaning<\/td>/);
    expect(lines).not.toContain("By community");
    expect((await get("/reports/day-2026-09-22?format=html&groupBy=weather")).answer.status).toBe(400);
  });

  test("the city's index stands beside the own figures, as far as it was published for the period", async () => {
    await center.rest("POST", "/city-index", [
      { period: "2026-Q4", index: 95 },
      { period: "2026-Q3", index: 91.2, rank: 12, outOf: 74, clean: 92 },
      { period: "2026-Q2", index: 86.9 },
    ]);
    const path = "/reports/week-2026-09-21";
    expect((await center.rest<Report>("GET", path)).cityIndex).toEqual([
      { period: "2026-Q3", index: 91.2, rank: 12, outOf: 74, clean: 92, grade: "A" },
      { period: "2026-Q2", index: 86.9, grade: "C" },
    ]);
    expect(String((await get(`${path}?format=html`)).body)).toMatch(/市容环境综合指数[\s\S]*12 \/ 74/);
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load((await get(`${path}?format=xlsx&lang=en`)).body as never);
    expect(workbook.getWorksheet("City index")?.getCell("B2").value).toBe(91.2);
    expect(workbook.getWorksheet("Alerts")?.getCell("A2").value).toBe("Bin overflowing");
  });

  test("a month, a week, what is not over and what makes no sense", async () => {
    const month = await center.rest<Report>("GET", "/reports/month-2026-09-01");
    expect(month.alerts.overTime).toHaveLength(30);
    expect((await get("/reports/day-2026-13-40")).answer.status).toBe(404);
    expect((await get("/reports/day-2027-01-01")).answer.status).toBe(400);
    const { token } = await center.rest<{ token: string }>("POST", "/tokens", {
      name: "part",
      role: "dispatcher",
      scope: { communityId: ["tianliao"] },
    });
    expect((await get("/reports/month-2026-09-01", token)).answer.status).toBe(403);
  });
});
