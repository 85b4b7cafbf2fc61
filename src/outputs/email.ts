import { isIP } from "node:net";
import { createTransport } from "nodemailer";
import { finalStates } from "../domain/alert.ts";
import { levels } from "../domain/levels.ts";
import type { Clock } from "../domain/time.ts";
import { type Carrier, Refused } from "./courier.ts";
import { type ListedHosts, reachOutside } from "./guarded-request.ts";
import type { Output } from "./output-shape.ts";
import type { AlertEvent, OutwardAlert } from "./outward.ts";

/** Lines of one mail: who gets more needs a screen, not a longer mail. */
const LINES = 40;
/** Steps that fit into one mail: a storm is one mail, too. */
const BATCH = 2_000;

interface EmailParts {
  readonly clock: Clock;
  readonly inside: ListedHosts;
  readonly timeoutMs: number;
  readonly timeZone: string;
}

const words = {
  en: { alerts: "alerts", new: "new", ended: "ended", changed: "changed", more: "and so many more", test: "Test" },
  zh: { alerts: "条告警", new: "新增", ended: "已结束", changed: "有变化", more: "其余条数", test: "测试" },
} as const;

/** One mail about everything that has happened since the last one. */
export function digest(events: readonly AlertEvent[], language: "zh" | "en", timeZone: string) {
  const text = words[language];
  const latest = new Map<string, { alert: OutwardAlert; opened: boolean }>();
  for (const { alert, fromState } of events) {
    latest.set(alert.id, { alert, opened: fromState === null || (latest.get(alert.id)?.opened ?? false) });
  }
  const all = [...latest.values()].sort((a, b) => a.alert.level - b.alert.level || a.alert.openedAt - b.alert.openedAt);
  const clock = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    ...{ timeZone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  });
  const group = ({ alert, opened }: (typeof all)[number]): "new" | "ended" | "changed" =>
    finalStates.has(alert.state) ? "ended" : opened ? "new" : "changed";
  const counts = { new: 0, ended: 0, changed: 0 };
  for (const item of all) counts[group(item)]++;
  const line = (item: (typeof all)[number]): string => {
    const { level, title, subject, place, openedAt, id } = item.alert;
    const where = place.communityId === null ? "" : ` · ${place.communityId}`;
    const what = `[${levels[level].roman} ${levels[level].title[language]}] ${text[group(item)]}: ${title[language]}`;
    return `${what} · ${subject.id}${where} · ${clock.format(openedAt)} · ${id}`;
  };
  const summary = (["new", "changed", "ended"] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => `${text[name]} ${counts[name]}`)
    .join(", ");
  const worst = all[0]?.alert.level ?? 4;
  const rest = all.length > LINES ? [`${text.more}: ${all.length - LINES}`] : [];
  return {
    subject: `[Kerbside ${levels[worst].roman}] ${all.length} ${text.alerts}: ${summary}`,
    text: [...all.slice(0, LINES).map(line), ...rest].join("\n"),
  };
}

/** Mails about alerts through an SMTP server: what happens together goes together, and no more often than is wanted. */
export function emailCarrier(output: Output<"email">, { clock, inside, timeoutMs, timeZone }: EmailParts): Carrier {
  const { host, port, security, username, secrets } = output;

  const post = async (subject: string, text: string): Promise<string> => {
    const [address] = await reachOutside(inside)(host);
    // One connection per mail, to an address that was checked; the certificate is still that of the name.
    const transport = createTransport({
      host: address?.address ?? host,
      port,
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      ...(!isIP(host) && { tls: { servername: host } }),
      ...(username !== undefined && { auth: { user: username, pass: secrets.password ?? "" } }),
      ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    try {
      const { response } = await transport.sendMail({ from: output.from, to: [...output.to], subject, text });
      return response;
    } catch (error) {
      // 5xx about this mail is for good; a refused login can be mended, so it is tried again.
      const { responseCode, code } = error as { responseCode?: number; code?: string };
      if (responseCode !== undefined && responseCode >= 550 && code !== "EAUTH") throw new Refused(String(error));
      throw error;
    } finally {
      transport.close();
    }
  };

  return {
    batch: BATCH,
    collectMs: output.collectSeconds * 1_000,
    everyMs: output.everySeconds * 1_000,
    async send(events) {
      const { subject, text } = digest(events, output.language, timeZone);
      await post(subject, text);
    },
    async test() {
      const { test } = words[output.language];
      return post(`[Kerbside] ${test}`, `${test} · ${new Date(clock.now()).toISOString()}`);
    },
  };
}
