import { createHmac, timingSafeEqual } from "node:crypto";
import type { Millis } from "../domain/time.ts";

/**
 * Signatures of webhooks, out and in, as Standard Webhooks defines them: HMAC-SHA-256 over `id.timestamp.body`, base64, in
 * `webhook-signature` after `v1,`; the timestamp is epoch seconds. A secret that begins with `whsec_` is base64.
 */
export interface SignedHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

const keyOf = (secret: string): Buffer =>
  secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret, "utf8");

const sign = (secret: string, id: string, timestamp: string, body: Uint8Array | string): Buffer =>
  createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest();

export function signedHeaders(secret: string, id: string, now: Millis, body: string): SignedHeaders {
  const timestamp = String(Math.floor(now / 1_000));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${sign(secret, id, timestamp, body).toString("base64")}`,
  };
}

/** Whether one of the signatures (several stand in one header while a secret is changed) is ours. Constant time. */
export function signatureFits(secret: string, headers: SignedHeaders, body: Uint8Array): boolean {
  const expected = sign(secret, headers["webhook-id"], headers["webhook-timestamp"], body);
  return headers["webhook-signature"].split(" ").some((candidate) => {
    if (!candidate.startsWith("v1,")) return false;
    const given = Buffer.from(candidate.slice(3), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
