import type { Device } from "../domain/device.ts";
import type { Principal } from "./inbox.ts";

export type TopicAction = "publish" | "subscribe" | "forward";

const UPWARD = new Set(["telemetry", "event", "status", "reply"]);

/** Whether a topic filter covers a topic name; `#` and `+` as MQTT defines them. */
export function covers(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const given = topic.split("/");
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === "#") return true;
    if (i >= given.length || (wanted[i] !== "+" && wanted[i] !== given[i])) return false;
  }
  return wanted.length === given.length;
}

/** Who a login is, as the gate and the pipeline see it. */
export interface Login extends Principal {
  readonly kind: Device["kind"];
  /** Topic filters of the dialects it may publish; whom it speaks for there, the pipeline checks. */
  readonly dialects: readonly string[];
  /** Communities whose alerts a gateway may hear, `*` for all, `none` for those without a place. */
  readonly alerts: ReadonlySet<string>;
}

export function loginOf(device: Device): Login {
  const list = (value: unknown): string[] =>
    typeof value === "string"
      ? value
          .split(",")
          .map((part) => part.trim())
          .filter(Boolean)
      : [];
  const gateway = device.kind === "gateway";
  return {
    deviceId: device.id,
    kind: device.kind,
    gateway,
    devices: new Set(gateway ? list(device.attributes.devices) : []),
    dialects: list(device.attributes.dialects),
    alerts: new Set(gateway ? list(device.attributes.alerts) : []),
  };
}

const ALERTS = "kerbside/v1/alerts/";

/** Which part of the tree of alerts: a community that was given, or with `*` any filter below. */
function mayHear({ alerts }: Login, community: string): boolean {
  return alerts.has("*") || (community !== "+" && community !== "#" && alerts.has(community));
}

/**
 * The one decision about topics. A device speaks on its own telemetry, event, status and reply, and hears its own commands.
 * A gateway does so for its children too. Either publishes the dialect topics it was given, and only a gateway is believed there
 * about others than itself. It hears the alerts of the communities it was given. Everything else is refused: `$SYS`, shared subscriptions, wildcards, other people's topics.
 */
export function mayUse(login: Login, action: TopicAction, topic: string): boolean {
  if (topic.startsWith("$") || topic === "") return false;
  const levels = topic.split("/");
  // Thing models publish on `/sys/…`: one empty level may stand first, and only there.
  if (levels.indexOf("", 1) >= 0) return false;
  if (topic.startsWith(ALERTS)) return action !== "publish" && mayHear(login, levels[3] ?? "");
  if (action !== "publish" && (topic.includes("#") || topic.includes("+"))) return false;
  const [root, version, kind, id, channel] = levels;
  if (root === "kerbside") {
    if (version !== "v1" || levels.length !== 5 || id === undefined || channel === undefined) return false;
    const own = id === login.deviceId && kind === login.kind;
    const child = login.gateway && (login.devices.has("*") || login.devices.has(id));
    if (!own && !child) return false;
    return action === "publish" ? UPWARD.has(channel) : channel === "command";
  }
  return action === "publish" && login.dialects.some((filter) => covers(filter, topic));
}
