import { createTransport } from "nodemailer";
import type { Center } from "../center/access.ts";
import { DAY, HOUR, MINUTE, type Millis, SECOND } from "../domain/time.ts";
import type { Language } from "../exports/table.ts";
import type { ReportKind, ReportNote } from "./period.ts";
import type { ReportRenderer } from "./renderer.ts";
import type { Report } from "./report.ts";
import { reportTitle } from "./words.ts";

/** Reports that are frozen go to those who asked for them, once each. */

export interface ReportMailSettings {
  /** SMTP server with login, as nodemailer takes it. */
  readonly url: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly language: Language;
  readonly kinds: readonly ReportKind[];
}

export interface ReportMailParts {
  readonly center: Pick<Center, "store" | "operate" | "clock">;
  readonly renderer: ReportRenderer;
  readonly settings: ReportMailSettings;
  /** A mail was not taken; it will be tried again. */
  readonly failed: (error: unknown, reportId: string) => void;
}

interface Sent {
  readonly id: string;
  readonly at: Millis;
}

const SENT = "reportMail";
/** Nobody wants a pile of old reports when mail is set up, or when its server was away for a week. */
const WORTH_SENDING_MS = 3 * DAY;
const REMEMBERED_MS = 30 * DAY;
const LOOKS_EVERY_MS = MINUTE;
const LONGEST_PAUSE_MS = HOUR;
const REPORTS_LOOKED_AT = 20;
const TIMEOUT_MS = 30 * SECOND;

export type ReportMail = ReturnType<typeof createReportMail>;

/**
 * What was sent is written down after the server took it: a crash in between sends it again, and none is left out.
 */
export function createReportMail({ center, renderer, settings, failed }: ReportMailParts) {
  const { store, clock } = center;
  const counts = { sent: 0, failed: 0 };
  let pauseMs = LOOKS_EVERY_MS;
  let notBefore = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;

  const due = async (now: Millis): Promise<readonly ReportNote[]> => {
    const sent = (await store.documents(SENT)) as unknown as readonly Sent[];
    const known = new Set(sent.map(({ id }) => id));
    const forgotten = sent.filter(({ at }) => now - at > REMEMBERED_MS);
    if (forgotten.length > 0) {
      await center.operate((_now, changes) => {
        for (const { id } of forgotten) changes.putDocument(SENT, id, null);
      });
    }
    const { items } = await store.reports({ limit: REPORTS_LOOKED_AT });
    return items.filter(
      ({ id, kind, madeAt }) => !known.has(id) && settings.kinds.includes(kind) && now - madeAt <= WORTH_SENDING_MS,
    );
  };

  const send = async (report: Report): Promise<void> => {
    const { language, url, from, to } = settings;
    const reading = { language };
    const page = renderer.page(report, reading);
    const workbook = { filename: `${report.id}.xlsx`, content: renderer.workbook(report, reading) };
    const printed = await renderer.pdf(report, reading).then(
      (content) => ({ filename: `${report.id}.pdf`, content }),
      // Where it cannot be printed the page itself goes: better a plain report in the morning than none.
      () => ({ filename: `${report.id}.html`, content: page }),
    );
    const transport = createTransport({
      url,
      ...{ connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    try {
      const subject = reportTitle(report.id, language);
      await transport.sendMail({ from, to: [...to], subject, html: page, attachments: [printed, workbook] });
    } finally {
      transport.close();
    }
  };

  const look = async (): Promise<void> => {
    const now = clock.now();
    if (now < notBefore) return;
    for (const { id } of await due(now)) {
      try {
        const report = await store.report(id);
        if (!report) continue;
        await send(report);
        await center.operate((at, changes) => changes.putDocument(SENT, id, { id, at }));
        counts.sent++;
        pauseMs = LOOKS_EVERY_MS;
      } catch (error) {
        counts.failed++;
        failed(error, id);
        notBefore = now + pauseMs;
        pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
        return;
      }
    }
  };

  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
  const looks = setInterval(() => lookOnce().catch((error) => failed(error, "")), LOOKS_EVERY_MS);
  looks.unref();

  return {
    counts: counts as Readonly<typeof counts>,
    /** Sends what is due. It looks by itself every minute, and after a failure ever more rarely, up to an hour. */
    look: lookOnce,
    async stop(): Promise<void> {
      clearInterval(looks);
      await looking;
    },
  };
}
