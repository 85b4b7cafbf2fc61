import type { Config } from "../config.ts";
import { SECOND } from "../domain/time.ts";
import type { ConnectionLimits } from "./connection-limits.ts";
import type { GuardLimits } from "./wire-guard.ts";

/** Settings of the door, in the units its parts use. */
export function guardLimitsOf(config: Config): GuardLimits {
  return {
    clientIdBytes: config.MQTT_CLIENT_ID_BYTES,
    topicBytes: config.MQTT_TOPIC_BYTES,
    topicLevels: config.MQTT_TOPIC_LEVELS,
    filtersPerSubscribe: config.MQTT_FILTERS_PER_SUBSCRIBE,
    willBytes: config.MQTT_WILL_BYTES,
    packetBeforeConnectBytes: config.MQTT_PACKET_BEFORE_CONNECT_BYTES,
    packetBytes: config.MQTT_PACKET_BYTES,
    connectMs: config.MQTT_CONNECT_SECONDS * SECOND,
    keepAliveMaxMs: config.MQTT_KEEPALIVE_MAX_SECONDS * SECOND,
    messagesPerSecond: config.MQTT_MESSAGES_PER_SECOND,
    messagesBurst: config.MQTT_MESSAGES_BURST,
    bytesPerSecond: config.MQTT_BYTES_PER_SECOND,
    bytesBurst: config.MQTT_BYTES_BURST,
    overRateMs: config.MQTT_OVER_RATE_SECONDS * SECOND,
    outboundBytes: config.MQTT_OUTBOUND_BYTES,
  };
}

export function connectionLimitsOf(config: Config): ConnectionLimits {
  return {
    total: config.MQTT_CONNECTIONS_TOTAL,
    perAddress: config.MQTT_CONNECTIONS_PER_ADDRESS,
    unauthenticated: config.MQTT_UNAUTHENTICATED,
    connectsPerSecond: config.MQTT_CONNECTS_PER_ADDRESS_PER_SECOND,
    connectsBurst: config.MQTT_CONNECTS_PER_ADDRESS_BURST,
    failuresPerAddress: config.MQTT_AUTH_FAILURES_PER_ADDRESS,
    failuresPerId: config.MQTT_AUTH_FAILURES_PER_ID,
    failureWindowMs: config.MQTT_AUTH_WINDOW_SECONDS * SECOND,
    flapsPerMinute: config.MQTT_FLAPS_PER_MINUTE,
    banMs: config.MQTT_BAN_SECONDS * SECOND,
  };
}
