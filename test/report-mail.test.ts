import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { HOUR, ManualClock, MINUTE } from "../src/domain/time.ts";
import { createReportMail } from "../src/reports/mail.ts";
import { createRenderer } from "../src/reports/renderer.ts";
import { startMail } from "./support/mail.ts";
import { startTestCenter, type TestCenter } from "./support/running-center.ts";

/** A Tuesday, 09:00 in Yutang. */
const START = Date.parse("2026-09-22T01:00:00Z");
const place = { lat: 22.71, lon: 113.9 };

/** A center with a day that is over and told of. */
async function openCenter() {
  const clock = new ManualClock(START);
  const center = await startTestCenter({}, { clock });
  await center.rest("POST", "/devices", { id: "bin-1", kind: "bin", place });
  await center.rest("POST", "/alerts", { ruleId: "bin.overflow", subject: { kind: "bin", id: "bin-1" }, place });
  clock.advanceTo(Date.parse("2026-09-22T22:30:00Z"));
  await center.rest("GET", "/reports/day-2026-09-22");
  return { clock, center };
}

function mailOf({ center }: TestCenter, port: number, chromium?: string) {
  const failures: string[] = [];
  const mail = createReportMail({
    center,
    renderer: createRenderer(center, chromium),
    settings: {
      url: `smtp://kerbside:secret@127.0.0.1:${port}`,
      from: "center@yutang.example",
      to: ["chief@yutang.example", "deputy@yutang.example"],
      language: "zh",
      kinds: ["day"],
    },
    failed: (_error, id) => void failures.push(id),
  });
  return { ...mail, failures };
}
const attachments = (mail: string): string[] =>
  [...mail.matchAll(/filename="?([\w.-]+)"?/g)].map(([, name = ""]) => name);

test("a frozen report is mailed once, with its workbook and as it is printed; a restart sends it to nobody again", async () => {
  await using server = await startMail();
  const { center, clock } = await openCenter();
  await using _center = center;
  const mail = mailOf(center, server.port);
  await mail.look();
  await mail.look();
  await mail.stop();
  expect(server.mails).toHaveLength(1);
  const [first = ""] = server.mails;
  expect(first).toMatch(/^To: chief@yutang.example, deputy@yutang.example/m);
  const printed = spawnSync("chromium", ["--version"]).status === 0 ? "pdf" : "html";
  expect(new Set(attachments(first))).toEqual(new Set([`day-2026-09-22.${printed}`, "day-2026-09-22.xlsx"]));
  expect(server.logins).toEqual(["kerbside:secret"]);
  clock.advanceTo(clock.now() + HOUR);
  const again = mailOf(center, server.port);
  await again.look();
  await again.stop();
  expect(server.mails).toHaveLength(1);
  expect(again.counts).toEqual({ sent: 0, failed: 0 });
});

test("without a browser to print, the page goes; a server that refuses is tried again, ever more rarely", async () => {
  let refuse: number | null = 451;
  await using server = await startMail(() => refuse);
  const { center, clock } = await openCenter();
  await using _center = center;
  const mail = mailOf(center, server.port, "/nowhere/chromium");
  await mail.look();
  expect(mail.failures).toEqual(["day-2026-09-22"]);
  await mail.look();
  expect(mail.counts).toEqual({ sent: 0, failed: 1 });
  clock.advanceTo(clock.now() + MINUTE);
  await mail.look();
  expect(mail.counts).toEqual({ sent: 0, failed: 2 });
  refuse = null;
  clock.advanceTo(clock.now() + MINUTE);
  await mail.look();
  expect(server.mails).toEqual([]);
  clock.advanceTo(clock.now() + MINUTE);
  await mail.look();
  await mail.stop();
  expect(server.mails.map(attachments).map((names) => new Set(names))).toEqual([
    new Set(["day-2026-09-22.html", "day-2026-09-22.xlsx"]),
  ]);
});

test("what is old is not sent, and whoever is to get reports needs a server to send them", async () => {
  await using server = await startMail();
  const { center, clock } = await openCenter();
  await using _center = center;
  clock.advanceTo(clock.now() + 4 * 24 * HOUR);
  const mail = mailOf(center, server.port);
  await mail.look();
  await mail.stop();
  expect(server.mails).toEqual([]);
  await expect(startTestCenter({ REPORT_MAIL_TO: "chief@yutang.example" })).rejects.toThrow(/REPORT_MAIL_URL/);
});
