import type { Logger } from "pino";
import type { Registry } from "../../center/access.ts";
import type { Config } from "../../config.ts";
import type { Device } from "../../domain/device.ts";
import { Problem } from "../../domain/problem.ts";
import { type Clock, SECOND } from "../../domain/time.ts";
import { createConnectionLimits } from "../connection-limits.ts";
import type { Inbox } from "../inbox.ts";
import { connectionLimitsOf } from "../limits.ts";
import { createSampledLog } from "../sampled-log.ts";
import { TokenBucket } from "../token-bucket.ts";
import { type Login, loginOf, mayUse } from "../topic-gate.ts";
import { type Credentials, credentialsOf, type RequestHead, signedBy, signingSecret } from "./credentials.ts";
import { type BodyPart, boundaryOf, isDangerousXml, isMessage, partsOf } from "./multipart.ts";
import { createReplayGuard } from "./replay-guard.ts";

export interface HttpCounters {
  messages: number;
  bytes: number;
  readonly refused: Map<string, number>;
}

/** A request that may go on: who sends, and the signature that its body must still fit. */
export interface Admitted {
  readonly device: Device;
  readonly login: Login;
  readonly signature: Extract<Credentials, { type: "signature" }> | null;
}

export interface HttpDoor {
  readonly counters: HttpCounters;
  /**
   * Before the body is read: who is it?
   * @param anonymous who it is taken for without credentials, where a setting allows that
   * @throws Problem 401, 429
   */
  admit(head: RequestHead, address: string, anonymous?: Device): Admitted;
  /**
   * Takes the body to the inbox and resolves when its effect is on disk.
   * @throws Problem 400, 401, 403, 409, 429, 503
   */
  take(admitted: Admitted, message: PushedMessage): Promise<void>;
  /** What this login signs with; null while it has no secret. */
  signingSecretOf(device: Device): string | null;
}

export interface PushedMessage {
  readonly topic: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly address: string;
  /** The topic is the sender's own by the device it belongs to; nothing need be granted. */
  readonly own?: boolean;
}

interface Parts {
  readonly config: Config;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly inbox: Inbox;
  readonly logger: Logger;
  readonly pepper: Uint8Array;
}

interface Rates {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
}

/** Logins whose rates are remembered. */
const REMEMBERED = 50_000;
const GATEWAY_FACTOR = 16;
const PRINTABLE = /^[^\p{Cc}#+]+$/u;

/**
 * What devices, platforms and cameras push by HTTP, taken as the message they would publish by MQTT: the path is the topic, the
 * same gate decides, the same limits hold, and the answer is a receipt.
 */
export function createHttpDoor({ config, clock, registry, inbox, logger, pepper }: Parts): HttpDoor {
  const gate = createConnectionLimits(connectionLimitsOf(config));
  const replays = createReplayGuard(config.INGEST_SIGNATURE_SECONDS * SECOND);
  const sampledLog = createSampledLog(logger.child({ door: "http" }), config.CLIENT_ERROR_LOGS_PER_SECOND);
  const counters: HttpCounters = { messages: 0, bytes: 0, refused: new Map() };
  const rates = new Map<string, Rates>();

  const refuse = (status: number, code: string, detail: string, address: string, extra: object = {}): Problem => {
    counters.refused.set(code, (counters.refused.get(code) ?? 0) + 1);
    sampledLog(code, { address });
    return new Problem(status, code, detail, { ...extra });
  };
  const badLogin = (id: string, address: string): Problem => {
    gate.failed(id, address, performance.now());
    return refuse(401, "unauthenticated", "unknown login, or its secret or signature is wrong", address);
  };
  const ratesOf = (login: Login, now: number): Rates => {
    const known = rates.get(login.deviceId);
    if (known) return known;
    const factor = login.gateway ? GATEWAY_FACTOR : 1;
    const perSecond = login.gateway ? config.MQTT_GATEWAY_MESSAGES_PER_SECOND : config.MQTT_MESSAGES_PER_SECOND;
    const burst = login.gateway ? perSecond * 10 : config.MQTT_MESSAGES_BURST;
    const made = {
      messages: new TokenBucket(perSecond, burst, now),
      bytes: new TokenBucket(config.MQTT_BYTES_PER_SECOND * factor, config.INGEST_BODY_BYTES * factor, now),
    };
    rates.set(login.deviceId, made);
    if (rates.size > REMEMBERED) rates.delete(rates.keys().next().value as string);
    return made;
  };

  /** Resolves when all of them are on disk. */
  const settle = (topic: string, login: Login, messages: readonly BodyPart[], address: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let open = messages.length;
    const giveUp = setTimeout(() => {
      reject(refuse(503, "notConfirmed", "not on disk yet; send it again", address, { retryAfterSeconds: 5 }));
    }, config.INGEST_ANSWER_SECONDS * SECOND);
    for (const { bytes: payload } of messages) {
      counters.messages++;
      counters.bytes += payload.length;
      inbox.submit({ topic, payload, receivedAt: clock.now(), principal: login }, () => {
        if (--open > 0) return;
        clearTimeout(giveUp);
        resolve();
      });
    }
    return promise;
  };

  return {
    counters,
    admit(head, address, anonymous) {
      const now = performance.now();
      if (gate.isBanned(address, now))
        throw refuse(429, "banned", "too many failed logins; wait some minutes", address);
      const credentials = credentialsOf(head);
      if (!credentials) {
        if (anonymous) return { device: anonymous, login: loginOf(anonymous), signature: null };
        throw refuse(401, "unauthenticated", "send a login: Basic, Bearer <id>.<secret>, or a signature", address);
      }
      const { id } = credentials;
      if (!gate.mayTry(id, now)) throw refuse(429, "banned", "too many failed logins; wait some minutes", address);
      if (credentials.type === "secret" && !registry.verify(id, credentials.secret)) throw badLogin(id, address);
      const device = registry.get(id);
      if (!device) throw badLogin(id, address);
      const signature = credentials.type === "signature" ? credentials : null;
      return { device, login: loginOf(device), signature };
    },

    signingSecretOf({ secretHashes: [hash] }) {
      return hash === undefined ? null : signingSecret(hash, pepper);
    },

    async take({ device, login, signature }, { topic, contentType, body, address, own }) {
      const now = performance.now();
      if (topic.length > config.MQTT_TOPIC_BYTES || topic.split("/").length > config.MQTT_TOPIC_LEVELS) {
        throw refuse(400, "topic", "the path after /ingest/ is too long", address);
      }
      if (!PRINTABLE.test(topic)) throw refuse(400, "topic", "the path after /ingest/ is no topic", address);
      if (!own && !mayUse(login, "publish", topic)) {
        const detail = `${login.deviceId} may not publish on ${topic}; its attribute dialects lists what it may`;
        throw refuse(403, "topic", detail, address);
      }
      if (inbox.full)
        throw refuse(503, "busy", "more has come than can be taken; send it again", address, { retryAfterSeconds: 1 });
      const limits = ratesOf(login, now);
      const waitMs = Math.max(limits.messages.take(1, now), limits.bytes.take(body.length, now));
      if (waitMs > 0) {
        const retryAfterSeconds = Math.ceil(waitMs / SECOND);
        throw refuse(429, "tooMany", `too much at once; try again in ${retryAfterSeconds} s`, address, {
          retryAfterSeconds,
        });
      }
      const messages = messagesOf(contentType, body);
      if (messages === null) throw refuse(400, "multipart", "the body holds no part with text, XML or JSON", address);
      if (messages.some(isDangerousXml)) throw refuse(400, "entities", "XML with a document type or entities", address);
      if (!signature) return settle(topic, login, messages, address);

      // A signature is judged by the machine's own time, whatever day is being played here.
      const window = { now: Date.now(), ms: config.INGEST_SIGNATURE_SECONDS * SECOND, pepper };
      if (!signedBy(device, signature.headers, body, window)) throw badLogin(device.id, address);
      const key = `${device.id} ${signature.headers["webhook-id"]}`;
      const met = replays.meet(key, window.now);
      if (met === "settled") return;
      if (met === "underWay") throw refuse(409, "underWay", "the same message is being taken just now", address);
      try {
        await settle(topic, login, messages, address);
        replays.settled(key);
      } catch (error) {
        replays.forget(key);
        throw error;
      }
    },
  };
}

/** The message, or the messages of a multipart body; null when there is none. */
function messagesOf(contentType: string, body: Buffer): BodyPart[] | null {
  const boundary = boundaryOf(contentType);
  if (boundary === null) return [{ type: contentType.toLowerCase(), bytes: body }];
  const messages = partsOf(body, boundary)?.filter((part) => isMessage(part) && part.bytes.length > 0);
  return messages && messages.length > 0 ? messages : null;
}
