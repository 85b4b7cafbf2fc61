/**
 * What MQTT 3.1.1 demands of a packet and the broker library does not check. Pure functions over the bytes of one whole
 * packet; the answer is null, or why the connection must end (with the statement of the standard).
 */

export interface PacketLimits {
  readonly clientIdBytes: number;
  readonly topicBytes: number;
  readonly topicLevels: number;
  readonly filtersPerSubscribe: number;
  readonly willBytes: number;
}

/** `connack`: the code a refused CONNECT is answered with before the connection ends. */
export interface Violation {
  readonly cause: string;
  readonly connack?: number;
}

export const CONNECT = 1;
export const PUBLISH = 3;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;
const PINGREQ = 12;
const DISCONNECT = 14;

/** Flags of the fixed header by packet type [MQTT-2.2.2-2]; −1: not for clients to send; null: free (PUBLISH). */
const FLAGS: readonly (number | null)[] = [-1, 0, -1, null, 0, 0, 2, 0, 2, -1, 2, -1, 0, -1, 0, -1];

const utf8 = new TextDecoder("utf-8", { fatal: true });
const violation = (cause: string, connack?: number): Violation => ({
  cause,
  ...(connack !== undefined && { connack }),
});

/** @param body the packet without its fixed header */
export function checkPacket(first: number, body: Buffer, limits: PacketLimits): Violation | null {
  const type = first >> 4;
  const flags = first & 0x0f;
  const expected = FLAGS[type] as number | null;
  if (expected === -1) return violation("packet type not for clients");
  if (expected !== null && flags !== expected) return violation("MQTT-2.2.2-2 reserved flags");
  switch (type) {
    case CONNECT:
      return checkConnect(body, limits);
    case PUBLISH:
      return checkPublish(flags, body, limits);
    case SUBSCRIBE:
      return checkFilters(body, limits, true);
    case UNSUBSCRIBE:
      return checkFilters(body, limits, false);
    case PINGREQ:
    case DISCONNECT:
      return body.length === 0 ? null : violation("MQTT-3.12 spare bytes");
    default:
      // PUBACK, PUBREC, PUBREL, PUBCOMP: a packet id and nothing else.
      if (body.length !== 2) return violation(`MQTT-3.${type} length`);
      return body.readUInt16BE(0) === 0 ? violation("MQTT-2.3.1-1 packet id 0") : null;
  }
}

/** Reads a length-prefixed text; null when it is cut, is no UTF-8, or holds U+0000 [MQTT-1.5.3-1, -2]. */
function readText(body: Buffer, at: number): { text: string; next: number } | null {
  if (at + 2 > body.length) return null;
  const next = at + 2 + body.readUInt16BE(at);
  if (next > body.length) return null;
  const bytes = body.subarray(at + 2, next);
  if (isPlain(bytes)) return { text: bytes.toString("latin1"), next };
  try {
    const text = utf8.decode(bytes);
    // Control characters and non-characters have no place in names; the standard allows to refuse them.
    return /[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text) ? null : { text, next };
  } catch {
    return null;
  }
}

function isPlain(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

function checkConnect(body: Buffer, limits: PacketLimits): Violation | null {
  const name = readText(body, 0);
  if (!name || name.next + 4 > body.length) return violation("MQTT-3.1.2 truncated CONNECT");
  const level = body[name.next] as number;
  if (!(name.text === "MQTT" && level === 4) && !(name.text === "MQIsdp" && level === 3)) {
    const known = name.text === "MQTT" || name.text === "MQIsdp";
    return violation("MQTT-3.1.2-2 protocol name or level", known ? 1 : undefined);
  }
  const flags = body[name.next + 1] as number;
  const will = (flags & 0x04) !== 0;
  const willQos = (flags >> 3) & 3;
  if (flags & 0x01) return violation("MQTT-3.1.2-3 reserved flag");
  if (willQos === 3) return violation("MQTT-3.1.2-14 will QoS 3");
  if (!will && (flags & 0x38) !== 0) return violation("MQTT-3.1.2-13 will flags without a will");
  if (!(flags & 0x80) && flags & 0x40) return violation("MQTT-3.1.2-22 password without user name");
  const id = readText(body, name.next + 4);
  if (!id) return violation("MQTT-3.1.3-4 client id");
  if (id.next - name.next - 6 > limits.clientIdBytes) return violation("client id too long", 2);
  if (id.text === "" && !(flags & 0x02)) return violation("MQTT-3.1.3-8 empty client id with a session", 2);
  let at = id.next;
  if (will) {
    const topic = readText(body, at);
    if (!topic || !isTopicName(topic.text)) return violation("MQTT-3.1.3-10 will topic");
    if (topic.next + 2 > body.length) return violation("MQTT-3.1.2 truncated will");
    const length = body.readUInt16BE(topic.next);
    if (length > limits.willBytes) return violation("will too large");
    at = topic.next + 2 + length;
    if (at > body.length) return violation("MQTT-3.1.2 truncated will");
  }
  if (flags & 0x80) {
    const user = readText(body, at);
    if (!user) return violation("MQTT-3.1.3-11 user name");
    at = user.next;
  }
  if (flags & 0x40) {
    if (at + 2 > body.length) return violation("MQTT-3.1.3 truncated password");
    at += 2 + body.readUInt16BE(at);
  }
  return at === body.length ? null : violation("MQTT-3.1.3 fields and flags disagree");
}

function isTopicName(topic: string): boolean {
  return topic.length > 0 && !topic.includes("+") && !topic.includes("#");
}

/** The hot one: no allocation for a good packet beyond what is looked at. */
function checkPublish(flags: number, body: Buffer, limits: PacketLimits): Violation | null {
  const qos = (flags >> 1) & 3;
  if (qos === 3) return violation("MQTT-3.3.1-4 QoS 3");
  if (qos === 0 && flags & 0x08) return violation("MQTT-3.3.1-2 DUP with QoS 0");
  if (body.length < 2) return violation("MQTT-3.3.2 truncated PUBLISH");
  const length = body.readUInt16BE(0);
  const end = 2 + length;
  if (length === 0) return violation("MQTT-3.3.2-1 empty topic");
  if (end > body.length) return violation("MQTT-3.3.2 truncated topic");
  if (length > limits.topicBytes) return violation("topic too long");
  let levels = 1;
  let plain = true;
  for (let i = 2; i < end; i++) {
    const byte = body[i] as number;
    if (byte === 0x2f) levels++;
    else if (byte === 0x2b || byte === 0x23) return violation("MQTT-3.3.2-2 wildcard in a topic");
    else if (byte < 0x20 || byte > 0x7e) plain = false;
  }
  if (levels > limits.topicLevels) return violation("too many topic levels");
  if (!plain && !readText(body, 0)) return violation("MQTT-1.5.3-1 topic is no UTF-8");
  if (qos > 0) {
    if (end + 2 > body.length) return violation("MQTT-2.3.1-1 packet id missing");
    if (body.readUInt16BE(end) === 0) return violation("MQTT-2.3.1-1 packet id 0");
  }
  return null;
}

function checkFilters(body: Buffer, limits: PacketLimits, withQos: boolean): Violation | null {
  const name = withQos ? "MQTT-3.8" : "MQTT-3.10";
  if (body.length < 2) return violation(`${name} truncated`);
  if (body.readUInt16BE(0) === 0) return violation("MQTT-2.3.1-1 packet id 0");
  let at = 2;
  let filters = 0;
  while (at < body.length) {
    const filter = readText(body, at);
    if (!filter || !isFilter(filter.text)) return violation(`${name}.3-1 topic filter`);
    at = filter.next;
    if (withQos) {
      const qos = body[at++];
      if (qos === undefined || qos > 2) return violation("MQTT-3.8.3-4 requested QoS");
    }
    if (++filters > limits.filtersPerSubscribe) return violation("too many filters");
  }
  return filters === 0 ? violation(`${name}.3-3 no filter`) : null;
}

function isFilter(filter: string): boolean {
  if (filter.length === 0) return false;
  const levels = filter.split("/");
  return levels.every(
    (level, i) =>
      (level === "#" && i === levels.length - 1) || level === "+" || (!level.includes("#") && !level.includes("+")),
  );
}
