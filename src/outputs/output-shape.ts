import { z } from "zod";
import type { Level } from "../domain/levels.ts";

/**
 * An output: where alerts go beside the center's own screens, as managers configure it. Secrets are written and never
 * read back: `null` removes one, leaving it out keeps it.
 */

const words = z.array(z.string().min(1).max(64)).min(1).max(100).optional();
const secret = z.string().min(8).max(512).nullable().optional();
const address = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === "" && password === "";
  }, "must not carry a login: use the field for the token or secret");
const seconds = (preset: number, least: number) => z.number().int().min(least).max(86_400).default(preset);

const filter = z
  .strictObject({
    level: z
      .array(z.number().int().min(1).max(4) as unknown as z.ZodType<Level>)
      .min(1)
      .optional(),
    ruleId: words,
    communityId: words,
  })
  .default({});

const common = {
  title: z.string().min(1).max(128),
  enabled: z.boolean().default(true),
  /** Of alerts; an absent list limits nothing. */
  filter,
};

const webhook = z.strictObject({
  ...common,
  type: z.literal("webhook"),
  url: address,
  /** Signs every request (Standard Webhooks); without one there is no signature. */
  secret,
});

const alertmanager = z.strictObject({
  ...common,
  type: z.literal("alertmanager"),
  /** Base address: `/api/v2/alerts` is put behind it. */
  url: address,
  /** Sent as `Authorization: Bearer`. */
  token: secret,
  /** Open alerts are said again so often: an Alertmanager believes nobody who falls silent. */
  resendSeconds: seconds(60, 10),
});

const mqtt = z.strictObject({
  ...common,
  type: z.literal("mqtt"),
  /** One output for each: a broker of others that is away must not hold up our own. */
  broker: z.enum(["embedded", "external"]).default("embedded"),
});

const ngsi = z.strictObject({
  ...common,
  type: z.literal("ngsi"),
  /** `notify`: the address takes notifications; `upsert`: it is the base address of a context broker. */
  url: address,
  mode: z.enum(["notify", "upsert"]).default("upsert"),
  entities: z
    .array(z.enum(["WasteContainer", "Vehicle", "Alert"]))
    .min(1)
    .default(["WasteContainer", "Vehicle", "Alert"]),
  tenant: z.string().min(1).max(64).optional(),
  token: secret,
  /** Bins and vehicles that changed are told so often. */
  everySeconds: seconds(30, 5),
});

const mailbox = z.email().max(254);
const email = z.strictObject({
  ...common,
  type: z.literal("email"),
  host: z.string().min(1).max(253),
  port: z.number().int().min(1).max(65_535).default(587),
  /** `tls` from the first byte, `starttls` before anything is said, `none` for a relay inside. */
  security: z.enum(["tls", "starttls", "none"]).default("starttls"),
  username: z.string().min(1).max(128).optional(),
  password: secret,
  from: mailbox,
  to: z.array(mailbox).min(1).max(20),
  language: z.enum(["zh", "en"]).default("zh"),
  /** What happens within so long goes into one mail. */
  collectSeconds: seconds(10, 0),
  /** Two mails are at least so far apart, however much happens. */
  everySeconds: seconds(300, 1),
});

export const outputShape = z.discriminatedUnion("type", [webhook, alertmanager, mqtt, ngsi, email]);
export type OutputInput = z.infer<typeof outputShape>;
export type OutputFilter = OutputInput["filter"];

/** Fields of an output that only the sender may see. */
export const secretFields = ["secret", "token", "password"] as const;
export type SecretField = (typeof secretFields)[number];
type Secrets = { readonly [name in SecretField]?: string };

/** An output as its sender gets it: with its secrets open. */
export type Output<T extends OutputInput["type"] = OutputInput["type"]> = Omit<
  Extract<OutputInput, { type: T }>,
  SecretField
> & { readonly id: string; readonly secrets: Secrets };
