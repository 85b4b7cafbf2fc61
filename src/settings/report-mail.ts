import { z } from "zod";
import { list, optional } from "./forms.ts";

/** Reports as mail, once they are frozen. */
export const reportMail = {
  /** Where mail is handed in: `smtps://user:password@mail.example.com`, or `smtp://…:587` (STARTTLS where it is offered). */
  REPORT_MAIL_URL: optional,
  REPORT_MAIL_FROM: optional,
  /** Who gets them, comma-separated; nobody when it is empty. */
  REPORT_MAIL_TO: list,
  REPORT_MAIL_LANGUAGE: z.enum(["zh", "en"]).default("zh"),
  /** Which of them: day, week, month. */
  REPORT_MAIL_KINDS: z
    .string()
    .default("day,month")
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(z.enum(["day", "week", "month"]))),
} as const;
