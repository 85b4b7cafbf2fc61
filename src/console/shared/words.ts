import { kinds } from "../../domain/kinds.ts";
import { type Level, levels } from "../../domain/levels.ts";
import type { Text } from "../../domain/text.ts";
import { inLanguage, words } from "./language.ts";

/** Words that every application of the console needs; each has a table of its own besides. */
export const say = words({
  center: { zh: "城管业务一体化运营中心", en: "Integrated Operations Center" },
  otherLanguage: { zh: "English", en: "中文" },
  asOf: { zh: "数据截至 {time}", en: "Data as of {time}" },
  connecting: { zh: "正在连接…", en: "Connecting…" },
  silent: { zh: "连接中断 · 数据截至 {time}", en: "Connection lost · data as of {time}" },
  lagging: { zh: "数据延迟 {seconds} 秒 · 截至 {time}", en: "{seconds} s behind · data as of {time}" },
  storeFailing: { zh: "存储故障，数据可能滞后 · 截至 {time}", en: "Storage failing, data may be late · as of {time}" },
  historyBehind: { zh: "历史库滞后 · 数据截至 {time}", en: "History is behind · data as of {time}" },
  refused: { zh: "令牌已失效", en: "The token is no longer valid" },
  unconfirmed: { zh: "疑似", en: "suspected" },
  stale: { zh: "设备失联", en: "device silent" },
  late: { zh: "补报", en: "late" },
  now: { zh: "刚刚", en: "now" },
  minutesAgo: { zh: "{n} 分钟前", en: "{n} min ago" },
  hoursAgo: { zh: "{n} 小时前", en: "{n} h ago" },
  daysAgo: { zh: "{n} 天前", en: "{n} d ago" },
  noAlerts: { zh: "暂无待处置告警", en: "No open alerts" },
  noMap: {
    zh: "此浏览器不支持 WebGL，地图不可用；数字与列表照常更新",
    en: "No WebGL here: no map; numbers and list go on",
  },
  offline: { zh: "离线", en: "offline" },
  idle: { zh: "静止", en: "standing" },
});

/** States of an alert as people say them. */
const states: Readonly<Record<string, Text>> = {
  open: { zh: "待确认", en: "open" },
  acknowledged: { zh: "已确认", en: "acknowledged" },
  dispatched: { zh: "已派单", en: "dispatched" },
  accepted: { zh: "已接单", en: "accepted" },
  arrived: { zh: "已到场", en: "arrived" },
  handled: { zh: "已处置", en: "handled" },
  cleared: { zh: "已恢复", en: "cleared" },
  verified: { zh: "已核查", en: "verified" },
  closed: { zh: "已办结", en: "closed" },
  falsePositive: { zh: "误报", en: "false alarm" },
  merged: { zh: "已合并", en: "merged" },
  expired: { zh: "已失效", en: "expired" },
};

/** What kinds are called where there is little room. */
const shortKinds: Readonly<Record<string, Text>> = {
  vehicle: { zh: "作业车", en: "Vehicles" },
  person: { zh: "作业人员", en: "Crew" },
  bin: { zh: "垃圾桶", en: "Bins" },
  foodWastePoint: { zh: "厨余点", en: "Food waste" },
  camera: { zh: "摄像机", en: "Cameras" },
  toilet: { zh: "公厕", en: "Toilets" },
  station: { zh: "中转站", en: "Stations" },
  pestTrap: { zh: "病媒监测", en: "Pest traps" },
  gateway: { zh: "网关", en: "Gateways" },
};

const known = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export function stateText(state: string): string {
  const text = known(states, state);
  return text ? inLanguage(text) : state;
}

export function kindText(kind: string): string {
  const text = known(shortKinds, kind) ?? known<{ title: Text }>(kinds, kind)?.title;
  return text ? inLanguage(text) : kind;
}

export const levelText = (level: Level): string => inLanguage(levels[level].title);
