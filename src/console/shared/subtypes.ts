import { isKind, kinds } from "../../domain/kinds.ts";
import type { Text } from "../../domain/text.ts";
import type { AlertView } from "../../stream/protocol.ts";
import { inLanguage } from "./language.ts";
import type { Session } from "./session.ts";

/** What the subtypes of the catalogue are called; those that are kinds of devices have their titles already. */
const subtypes: Readonly<Record<string, Text>> = {
  battery: { zh: "电量低", en: "battery" },
  building: { zh: "乱搭建", en: "unauthorised building" },
  clock: { zh: "时钟错误", en: "clock" },
  closed: { zh: "未开放", en: "closed" },
  consumption: { zh: "油耗偏高", en: "consumption" },
  danger: { zh: "危险驾驶", en: "danger" },
  empty: { zh: "空投", en: "empty deposits" },
  fall: { zh: "跌倒", en: "fall" },
  habit: { zh: "不良习惯", en: "habit" },
  hanging: { zh: "乱挂晒", en: "hanging" },
  heartRate: { zh: "心率异常", en: "heart rate" },
  heat: { zh: "高温", en: "heat" },
  heavy: { zh: "超重投放", en: "heavy deposit" },
  h2s: { zh: "硫化氢", en: "hydrogen sulphide" },
  idling: { zh: "怠速", en: "idling" },
  leak: { zh: "漏水", en: "leak" },
  methane: { zh: "甲烷", en: "methane" },
  moved: { zh: "移位", en: "moved" },
  network: { zh: "运营商网络", en: "operator's network" },
  nightFlow: { zh: "夜间用水", en: "water at night" },
  noSignal: { zh: "无信号", en: "no signal" },
  offRoute: { zh: "偏航", en: "off route" },
  outOfRange: { zh: "超量程", en: "out of range" },
  overweight: { zh: "超重", en: "overweight" },
  oxygen: { zh: "缺氧", en: "lack of oxygen" },
  posting: { zh: "乱张贴", en: "posting" },
  power: { zh: "供电", en: "power" },
  refused: { zh: "刷卡被拒", en: "refused cards" },
  reported: { zh: "设备自报", en: "told by the device" },
  road: { zh: "道路超速", en: "on the road" },
  sensor: { zh: "传感器", en: "sensor" },
  statutory: { zh: "法定时限", en: "statutory limit" },
  stuck: { zh: "读数不变", en: "stuck" },
  suspect: { zh: "读数存疑", en: "doubtful" },
  tamper: { zh: "被拆动", en: "tampered with" },
  tipped: { zh: "倾倒", en: "tipped" },
  welfare: { zh: "关怀", en: "welfare" },
  willMiss: { zh: "将不达标", en: "will be missed" },
  working: { zh: "作业超速", en: "while working" },
};

/** What an alert is called: its rule, and which of the things that the rule watches. A spot's subtype is what comes back there. */
export function alertTitle(
  { ruleTitle }: Pick<Session, "ruleTitle">,
  { ruleId, subtype }: Pick<AlertView, "ruleId" | "subtype">,
): string {
  if (subtype === null) return ruleTitle(ruleId);
  const text = subtypes[subtype] ?? (isKind(subtype) ? kinds[subtype].title : undefined);
  return `${ruleTitle(ruleId)} · ${text ? inLanguage(text) : ruleTitle(subtype)}`;
}
