import { derivedSecret } from "../../access/device-secrets.ts";
import { type SignedHeaders, signatureFits } from "../../access/signature.ts";
import type { Device } from "../../domain/device.ts";
import type { Millis } from "../../domain/time.ts";

/** What a request shows to be let in. */
export type Credentials =
  | { readonly type: "secret"; readonly id: string; readonly secret: string }
  | { readonly type: "signature"; readonly id: string; readonly headers: SignedHeaders };

export interface RequestHead {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: URLSearchParams;
}

/**
 * `Authorization: Basic` (id and secret), `Authorization: Bearer <id>.<secret>`, the three headers of Standard Webhooks with
 * `login` in the query, or `login` and `key` in the query, for devices that can be told nothing but an address.
 */
export function credentialsOf({ headers, query }: RequestHead): Credentials | null {
  const [scheme = "", value = ""] = String(headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() === "basic") {
    const text = Buffer.from(value, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return colon < 1 ? null : { type: "secret", id: text.slice(0, colon), secret: text.slice(colon + 1) };
  }
  if (scheme.toLowerCase() === "bearer") {
    const dot = value.lastIndexOf(".");
    return dot < 1 ? null : { type: "secret", id: value.slice(0, dot), secret: value.slice(dot + 1) };
  }
  const id = query.get("login");
  if (!id) return null;
  const one = (name: string) => (typeof headers[name] === "string" ? headers[name] : undefined);
  const signed = { id: one("webhook-id"), timestamp: one("webhook-timestamp"), signature: one("webhook-signature") };
  if (signed.id && signed.timestamp && signed.signature) {
    return {
      type: "signature",
      id,
      headers: {
        ...{ "webhook-id": signed.id, "webhook-timestamp": signed.timestamp },
        "webhook-signature": signed.signature,
      },
    };
  }
  const secret = query.get("key");
  return secret ? { type: "secret", id, secret } : null;
}

const SIGNING = "webhook signature";

/** The secret a sender signs with: made of the device's own, so a manager can be told it again, and a new secret ends it. */
export function signingSecret(hash: string, pepper: Uint8Array): string {
  return `whsec_${derivedSecret(hash, SIGNING, pepper).toString("base64")}`;
}

/** Whether the body was signed with a secret of this device, not long ago. */
export function signedBy(
  device: Device,
  headers: SignedHeaders,
  body: Uint8Array,
  window: { readonly now: Millis; readonly ms: Millis; readonly pepper: Uint8Array },
): boolean {
  const at = Number(headers["webhook-timestamp"]) * 1_000;
  if (!(Math.abs(window.now - at) <= window.ms)) return false;
  return device.secretHashes.some((hash) => signatureFits(signingSecret(hash, window.pepper), headers, body));
}
