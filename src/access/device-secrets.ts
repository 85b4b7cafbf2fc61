import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SECRET_BYTES = 32;
const PEPPER_BYTES = 32;

/**
 * A keyed hash is enough for a random 256-bit secret, and 20 times faster than a password hash: after a restart ten
 * thousand devices log in within seconds.
 */
export function hashSecret(secret: string, pepper: Uint8Array): string {
  return createHmac("sha256", pepper).update(secret).digest("hex");
}

/** Compares in constant time. */
export function verifySecret(secret: string, hash: string, pepper: Uint8Array): boolean {
  const given = createHmac("sha256", pepper).update(secret).digest();
  const known = Buffer.from(hash, "hex");
  return known.length === given.length && timingSafeEqual(given, known);
}

/**
 * A secret for another purpose, made of a device's own: it can be told whenever it is needed, is kept nowhere, and ends with the
 * secret it comes from.
 */
export function derivedSecret(hash: string, purpose: string, pepper: Uint8Array): Buffer {
  return createHmac("sha256", pepper).update(`${purpose} ${hash}`).digest();
}

/** Compares two texts in constant time. */
export function sameText(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

/** A new random secret of 256 bits, in letters that need no quoting. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

/** The key of all device hashes, made at the first start. It lies beside the database, not in it. */
export function loadPepper(directory: string): Uint8Array {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "pepper");
  if (!existsSync(path)) {
    writeFileSync(path, randomBytes(PEPPER_BYTES).toString("hex"), { mode: 0o600, flag: "wx" });
  }
  chmodSync(path, 0o600);
  const pepper = Buffer.from(readFileSync(path, "utf8").trim(), "hex");
  if (pepper.length !== PEPPER_BYTES) {
    throw new Error(`${path} must hold ${PEPPER_BYTES} bytes in hexadecimal; put the one from your backup back`);
  }
  return pepper;
}
